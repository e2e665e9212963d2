// Maps without tiles and without anything from outside: a plain ground, the territory's own shapes or circles.
// In: `data-src` answering a GeoJSON FeatureCollection; its member `beffroi` may say {value, label, unit, title}
// (names of the properties to paint and to say). Out: the map, a legend, and a list that the keyboard can use.
import { LngLatBounds, Map as GlMap, Marker, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import { offer, saveMap } from "./pictures.js";
import { colour, number, onThemeChange } from "./tokens.js";

const CLASSES = 5;
const LABELS = 25;
const BIGGEST = 26;
const FRENCH = {
  "NavigationControl.ZoomIn": "Agrandir",
  "NavigationControl.ZoomOut": "Réduire",
  "Map.Title": "Carte",
  "Popup.Close": "Fermer",
  "CooperativeGesturesHandler.WindowsHelpText": "Ctrl + molette pour agrandir la carte",
  "CooperativeGesturesHandler.MacHelpText": "⌘ + molette pour agrandir la carte",
  "CooperativeGesturesHandler.MobileHelpText": "Deux doigts pour déplacer la carte",
};

function style() {
  return { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": colour("sunken") } }] };
}

function sheet() {
  const href = new URL("./map.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error("map.css"));
    document.head.append(link);
  });
}

/** Five classes of equal number, cut where values differ. */
function breaks(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cuts = [];
  for (let n = 1; n < CLASSES; n += 1) cuts.push(sorted[Math.floor((n * sorted.length) / CLASSES)]);
  return [...new Set(cuts)].filter((cut) => cut > sorted[0]);
}

const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);

function ramp(count) {
  const [from, to] = [channels(colour("accent-soft")), channels(colour("serie-1"))];
  return Array.from({ length: count }, (_, n) => {
    const t = count === 1 ? 1 : 0.12 + (0.88 * n) / (count - 1);
    return `rgb(${from.map((c, i) => Math.round(c + (to[i] - c) * t)).join(", ")})`;
  });
}

function boundsOf(features) {
  const bounds = new LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? bounds.extend(part.slice(0, 2)) : part.forEach(walk));
  features.forEach((feature) => feature.geometry && walk(feature.geometry.coordinates));
  return bounds;
}

function middle(feature) {
  return feature.geometry.type === "Point" ? feature.geometry.coordinates : boundsOf([feature]).getCenter().toArray();
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function legendOf(plan) {
  const list = element("ul", "map-legend");
  list.setAttribute("aria-label", "Légende");
  plan.keys.forEach(({ paint, size, words }) => {
    const row = element("li");
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const side = size ? Math.max(size * 2 + 2, 8) : 18;
    svg.setAttribute("width", side);
    svg.setAttribute("height", side);
    svg.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(space, size ? "circle" : "rect");
    const place = size ? { cx: side / 2, cy: side / 2, r: size } : { width: side, height: side, rx: 3 };
    Object.entries({ ...place, fill: paint, stroke: colour("edge") }).forEach(([k, v]) => shape.setAttribute(k, v));
    svg.append(shape);
    row.append(svg, words);
    list.append(row);
  });
  return list;
}

const unitOf = (about) => (about.unit ? `\u00a0${about.unit}` : "");
const span = (from, to) => (from === to ? number(from) : `${number(from)} à ${number(to)}`);

/** What is painted: shapes in classes, or circles whose surface follows the value. */
function planOf(data, about) {
  const named = data.features.map((feature) => feature.properties ?? {});
  const values = named.map((p) => p[about.value]).filter((v) => typeof v === "number");
  const unit = unitOf(about);
  const circles = data.features.some((f) => f.geometry?.type === "Point");
  const main = colour("serie-1");
  if (circles) {
    const most = Math.max(...values, 0) || 1;
    const radius = values.length
      ? ["max", 3, ["*", BIGGEST, ["sqrt", ["/", ["max", 0, ["to-number", ["get", about.value], 0]], most]]]]
      : 7;
    const shown = values.length ? [most, most / 4] : [];
    return {
      radius: (feature) =>
        values.length ? Math.max(3, BIGGEST * Math.sqrt(Math.max(0, feature.properties?.[about.value] ?? 0) / most)) : 7,
      layers: [{ type: "circle", paint: { "circle-radius": radius, "circle-color": main, "circle-opacity": 0.7, "circle-stroke-color": colour("surface"), "circle-stroke-width": 1.5 } }],
      keys: shown.map((v) => ({ paint: main, size: BIGGEST * Math.sqrt(v / most), words: `${number(v)}${unit}` })),
    };
  }
  const cuts = values.length ? breaks(values) : [];
  const colours = ramp(cuts.length + 1);
  const none = colour("line");
  const known = ["==", ["typeof", ["get", about.value]], "number"];
  const step = cuts.length ? ["step", ["get", about.value], colours[0], ...cuts.flatMap((cut, n) => [cut, colours[n + 1]])] : colours[0];
  const edges = [Math.min(...values), ...cuts, Math.max(...values)];
  const keys = values.length
    ? colours.map((paint, n) => ({ paint, words: span(edges[n], edges[n + 1]) + unit }))
    : [];
  if (values.length && values.length < named.length) keys.push({ paint: none, words: "non renseigné" });
  return {
    radius: null,
    layers: [
      { type: "fill", paint: { "fill-color": values.length ? ["case", known, step, none] : colours[0], "fill-opacity": 0.92 } },
      { type: "line", paint: { "line-color": colour("surface"), "line-width": 1.2 } },
    ],
    keys,
  };
}

export async function mount(host) {
  const answer = await fetch(host.dataset.src, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${host.dataset.src}: HTTP ${answer.status}`);
  const data = await answer.json();
  data.features = data.features.filter((feature) => feature.geometry);
  if (!data.features.length) throw new Error("no shape to draw");
  const about = { value: "value", label: "name", unit: "", ...data.beffroi };
  const title = host.dataset.label || about.title || "Carte";
  await sheet();
  setWorkerUrl(new URL("./map-worker.js", import.meta.url).href);

  const tools = element("div", "map-tools");
  const view = element("div", "island-view map");
  host.prepend(tools, view);
  const bounds = boundsOf(data.features);
  const round = data.features.some((feature) => feature.geometry.type === "Point");
  const fit = { padding: round ? { top: 50, right: 70, bottom: 70, left: 70 } : 32, maxZoom: 13 };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new GlMap({
    container: view,
    style: style(),
    bounds,
    fitBoundsOptions: fit,
    attributionControl: false,
    cooperativeGestures: true,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
    locale: FRENCH,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }));
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}. La liste « Montrer » et le tableau donnent les mêmes chiffres.`);
  await new Promise((resolve) => map.once("load", resolve));

  let popup;
  function show(feature) {
    popup?.remove();
    const body = element("div");
    body.append(element("strong", "", String(feature.properties?.[about.label] ?? "")), document.createElement("br"));
    body.append(`${number(feature.properties?.[about.value])}${unitOf(about)}`);
    popup = new Popup({ maxWidth: "18rem" }).setLngLat(middle(feature)).setDOMContent(body).addTo(map);
  }

  function paint() {
    const plan = planOf(data, about);
    if (!map.getSource("data")) map.addSource("data", { type: "geojson", data });
    plan.layers.forEach((layer, n) => {
      const id = `data-${n}`;
      if (map.getLayer(id)) map.removeLayer(id);
      map.addLayer({ id, source: "data", ...layer });
    });
    map.setPaintProperty("ground", "background-color", colour("sunken"));
    tools.querySelector(".map-legend")?.remove();
    if (plan.keys.length) tools.append(legendOf(plan));
    return plan;
  }
  const { radius, keys } = paint();
  onThemeChange(paint);

  const sorted = data.features
    .map((feature, index) => ({ index, name: String(feature.properties?.[about.label] ?? "") }))
    .filter((row) => row.name)
    .sort((a, b) => a.name.localeCompare(b.name, "fr"));
  const label = element("label", "", "Montrer");
  const choice = element("select");
  choice.append(new Option("tout le territoire", ""));
  sorted.forEach((row) => choice.append(new Option(row.name, row.index)));
  label.append(choice);
  tools.prepend(label);
  choice.addEventListener("change", () => {
    if (choice.value === "") {
      popup?.remove();
      map.fitBounds(bounds, { ...fit, animate: !still });
      return;
    }
    const feature = data.features[Number(choice.value)];
    map.easeTo({ center: middle(feature), animate: !still });
    show(feature);
  });
  map.on("click", "data-0", (event) => {
    const name = event.features[0].properties[about.label];
    const feature = data.features.find((f) => f.properties?.[about.label] === name) ?? event.features[0];
    show(feature);
  });
  map.on("mouseenter", "data-0", () => (canvas.style.cursor = "pointer"));
  map.on("mouseleave", "data-0", () => (canvas.style.cursor = ""));

  // The frame took its size from the sheet: look again at the whole territory.
  map.resize();
  map.fitBounds(bounds, { ...fit, animate: false });

  // Names as elements of the page: a map's own letters would need fonts from outside.
  if (sorted.length <= LABELS && view.clientWidth > 480) {
    sorted.forEach((row) => {
      const name = element("span", "map-label", row.name);
      const feature = data.features[row.index];
      const place = radius ? { anchor: "top", offset: [0, radius(feature) + 3] } : { anchor: "center" };
      new Marker({ element: name, ...place }).setLngLat(middle(feature)).addTo(map);
    });
  }
  map.once("idle", () => (view.dataset.idle = "yes"));
  // The drawing is only there to be read while the map draws: it is asked to draw once more.
  offer(host, ["png"], (_, frame) =>
    new Promise((resolve, reject) => {
      map.once("render", () => saveMap(frame, canvas, keys).then(resolve, reject));
      map.triggerRepaint();
    }),
  );
}
