// « Montrer »: go to a place by its name, with the keyboard. In: the places ([code, name, longitude, latitude]) or how to
// ask for them. Out: a list to choose in; a field that suggests where the list would be too long to be read.
import { element } from "./map-legend.js";

const LISTED = 200;
const SUGGESTED = 20;
const ALL = "tout le territoire";

const fold = (text) =>
  text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();

/** `frames`: [name, bounds] to look at; `go(place)` and `frame(bounds)` move the map. */
export function placesControl(places, ask, frames, go, frame) {
  const box = element("div", "map-places");
  const label = element("label", "", "Montrer");
  box.append(label);
  if (places && places.length <= LISTED) {
    const choice = element("select");
    choice.append(new Option(ALL, ""));
    const sorted = places.filter(([, name]) => name).sort((a, b) => a[1].localeCompare(b[1], "fr"));
    sorted.forEach(([, name], index) => choice.append(new Option(name, index)));
    choice.addEventListener("change", () => (choice.value === "" ? frame(frames[0][1]) : go(sorted[Number(choice.value)])));
    label.append(choice);
    return box;
  }
  searched(box, label, ask, go);
  if (frames.length > 1) {
    const where = element("label", "", "Cadre");
    const choice = element("select");
    frames.forEach(([name], index) => choice.append(new Option(name, index)));
    choice.addEventListener("change", () => frame(frames[Number(choice.value)][1]));
    where.append(choice);
    box.append(where);
  }
  return box;
}

function searched(box, label, ask, go) {
  const field = element("input");
  const list = element("datalist");
  const said = element("span", "visually-hidden");
  list.id = `places-${Math.random().toString(36).slice(2)}`;
  Object.assign(field, { type: "search", autocomplete: "off", placeholder: "Nom ou code" });
  field.setAttribute("list", list.id);
  said.setAttribute("role", "status");
  label.append(field);
  box.append(list, said);
  let known;
  // Tens of thousands of names are fetched by who begins to look for one, and by nobody else.
  const places = () =>
    (known ??= ask().then((rows) => rows.map((row) => ({ row, words: `${fold(row[1])} ${row[0].toLowerCase()}`, shown: `${row[1]} (${row[0]})` }))));
  async function found(text) {
    const sought = fold(text);
    if (!sought) return [];
    const all = await places();
    const exact = all.find((one) => one.shown === text);
    if (exact) return [exact];
    const first = all.filter((one) => one.words.startsWith(sought));
    const rest = all.filter((one) => !one.words.startsWith(sought) && one.words.includes(` ${sought}`));
    return [...first, ...rest].slice(0, SUGGESTED);
  }
  field.addEventListener("focus", places, { once: true });
  field.addEventListener("input", async () => {
    const text = field.value;
    const rows = await found(text);
    if (field.value !== text) return;
    list.replaceChildren(...rows.map((one) => new Option(one.shown, one.shown)));
    if (rows.length === 1 && rows[0].shown === text) go(rows[0].row);
  });
  field.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [one] = await found(field.value);
    said.textContent = one ? `${one.shown} est au centre de la carte.` : "Aucun territoire de ce nom.";
    if (one) {
      field.value = one.shown;
      go(one.row);
    }
  });
}
