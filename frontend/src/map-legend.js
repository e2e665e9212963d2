// The colours of a map's classes and its legend. In: the classes that the server cut ({tone, words, places}), in their
// order. Out: a colour for each, from the page's own tokens, and the list that says them.
import { colour, number, series } from "./tokens.js";

const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);

/** From pale to strong; below zero on the other side, orange against blue, which every eye tells apart. */
export function toned(tone) {
  if (tone === null) return colour("line");
  const from = channels(colour(tone < 0 ? "sunken" : "accent-soft"));
  const to = channels(colour(tone < 0 ? "serie-2" : "serie-1"));
  const t = 0.12 + 0.88 * Math.abs(tone);
  return `rgb(${from.map((c, i) => Math.round(c + (to[i] - c) * t)).join(", ")})`;
}

/** The colour of a line of the legend: of a group, one of those that tell series apart; else by its tone. */
export function paintOf({ group, tone }) {
  if (group === undefined) return toned(tone);
  const colours = series();
  return colours[group % colours.length];
}

/** The lines of the legend; each says how many places are in it. */
export function keysOf(legend) {
  return legend.map((line) => ({ paint: paintOf(line), words: line.words, places: line.places }));
}

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** `cut`: how the classes were cut, above the lines. Without one the lines are names: those of no place on the map are left out. */
export function legendOf(keys, cut) {
  const box = element("div", "map-key");
  if (cut) box.append(element("p", "map-cut", cut));
  const list = element("ul", "map-legend");
  list.setAttribute("aria-label", "Légende");
  keys.filter(({ places }) => cut || places !== 0).forEach(({ paint, size, line, words, places }) => {
    const row = element("li");
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const side = size ? Math.max(size * 2 + 2, 8) : 18;
    svg.setAttribute("width", side);
    svg.setAttribute("height", side);
    svg.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(space, size ? "circle" : "rect");
    let place = size ? { cx: side / 2, cy: side / 2, r: size } : { width: side, height: side, rx: 3 };
    if (line) place = { y: side / 2 - 1.5, width: side, height: 3 };
    Object.entries({ ...place, fill: paint, stroke: line ? "none" : colour("edge") }).forEach(([k, v]) => shape.setAttribute(k, v));
    svg.append(shape);
    row.append(svg, words);
    if (places) row.append(element("span", "muted", `(${number(places)})`));
    list.append(row);
  });
  box.append(list);
  return box;
}
