// Charts: a Vega-Lite description becomes an SVG, with French numbers and no eval (the site's policy forbids it).
// In: `data-src` answering a Vega-Lite specification, or one inside `<script type="application/json">`.
// Out: the drawing above the fallback; the table stays in its disclosure.
import embed from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";
import { offer, saveChart } from "./pictures.js";
import { colour, font, onThemeChange, series } from "./tokens.js";

const PAPER = { background: "#fff", font: "sans-serif", axis: { gridColor: "#ddd" }, view: { stroke: "transparent" } };
const SPACE = "\u00a0";
const NARROW = 420; // pixels of a drawing
const STEP = 46; // a name and its bar
const formatLocale = {
  decimal: ",",
  thousands: SPACE,
  grouping: [3],
  currency: ["", "\u00a0€"],
  percent: `${SPACE}%`,
};
const timeFormatLocale = {
  dateTime: "%A %e %B %Y à %X",
  date: "%d/%m/%Y",
  time: "%H:%M:%S",
  periods: ["AM", "PM"],
  days: ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
  shortDays: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
  months: [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
  ],
  shortMonths: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
};

function theme() {
  const ink = colour("ink");
  const quiet = colour("ink-2");
  const line = colour("line");
  const main = colour("serie-1");
  const sans = font("sans");
  return {
    background: "transparent",
    font: sans,
    padding: { left: 4, top: 8, right: 24, bottom: 4 },
    axis: {
      labelColor: quiet,
      titleColor: quiet,
      gridColor: line,
      domainColor: line,
      tickColor: line,
      labelFontSize: 13,
      titleFontSize: 13,
      titleFontWeight: 600,
      titlePadding: 10,
      labelPadding: 6,
      labelLimit: 220,
      labelSeparation: 8,
    },
    axisBand: { grid: false },
    axisX: { grid: false },
    legend: { labelColor: ink, titleColor: quiet, labelFontSize: 13, titleFontSize: 13, symbolType: "circle" },
    title: { color: ink, font: font("serif"), fontSize: 18, fontWeight: 600, anchor: "start" },
    header: { labelColor: ink, titleColor: quiet, labelFontSize: 13 },
    view: { stroke: "transparent" },
    bar: { fill: main, cornerRadiusEnd: 2 },
    rect: { fill: main },
    line: { stroke: main, strokeWidth: 2.5 },
    area: { fill: main },
    point: { fill: main, filled: true, size: 60 },
    circle: { fill: main },
    arc: { fill: main },
    rule: { stroke: quiet },
    text: { fill: ink, fontSize: 13 },
    range: { category: series(), ramp: [colour("accent-soft"), main], heatmap: [colour("accent-soft"), main] },
  };
}

async function specification(element) {
  const inline = element.querySelector('script[type="application/json"]');
  if (inline) return JSON.parse(inline.textContent);
  const answer = await fetch(element.dataset.src, {
    headers: { Accept: "application/json" },
    credentials: "same-origin",
  });
  if (!answer.ok) throw new Error(`${element.dataset.src}: HTTP ${answer.status}`);
  return answer.json();
}

/** Where there is no room beside the bars, each name goes above its own. */
function narrowed(worn) {
  const names = worn.encoding?.y;
  if (names?.type !== "nominal" || !worn.height?.step) return;
  worn.height = { step: STEP };
  names.axis = { ...names.axis, ticks: false, domain: false, labelAlign: "left", labelBaseline: "middle", labelPadding: 0, labelOffset: -STEP / 4, labelLimit: NARROW, zindex: 1 };
  (worn.layer ?? [worn]).forEach((layer) => {
    if (layer.mark?.type === "bar") layer.mark = { ...layer.mark, height: STEP / 3, yOffset: STEP / 5 };
    if (layer.mark?.type === "rule") layer.mark = { ...layer.mark, yOffset: STEP / 5 };
  });
}

/** The description says what is drawn; colours and formats are the page's, so that the dark theme has its own. */
function dressed(spec, room) {
  const worn = structuredClone(spec);
  if (room < NARROW) narrowed(worn);
  if (!worn.width && !worn.facet && !worn.hconcat && !worn.vconcat && !worn.repeat) worn.width = "container";
  if (worn.config) delete worn.config.locale;
  [worn, ...(worn.layer ?? [])].forEach(wear);
  return worn;
}

/** One layer in the page's colours: its series, and its parts edged by the surface. A ramp and the inks written on it
 * stay those of the description: a number is read on its cell whatever the page wears. */
function wear({ mark, encoding }) {
  if (typeof mark === "object") {
    if (!mark.style) delete mark.color;
    if (mark.stroke) mark.stroke = colour("surface");
  }
  const { type, scale } = encoding?.color ?? {};
  if (Array.isArray(scale?.range) && type !== "quantitative") scale.range = series().slice(0, Math.max(scale.range.length, 1));
}

function label(element, spec) {
  const frame = element.closest("figure");
  const title = frame?.querySelector("figcaption, .figure-title")?.textContent.trim();
  return element.dataset.label || title || spec.description || "Graphique";
}

/** Vega's pieces speak English to screen readers; one French name for the whole is better, and the table is below. */
function nameTheDrawing(view, name) {
  const svg = view.querySelector("svg");
  if (!svg) return;
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${name}. Les chiffres sont dans le tableau qui suit.`);
  svg.querySelectorAll("[aria-label], [role], [aria-roledescription], [aria-hidden]").forEach((part) => {
    ["aria-label", "role", "aria-roledescription", "aria-hidden"].forEach((name) => part.removeAttribute(name));
  });
}

const HOW = {
  mode: "vega-lite",
  renderer: "svg",
  actions: false,
  ast: true,
  expr: expressionInterpreter,
  defaultStyle: false,
  formatLocale,
  timeFormatLocale,
};

/** On paper: the colours of the description itself, whatever the page wears. */
async function onPaper(away, spec) {
  const plain = structuredClone(spec);
  if (plain.config) delete plain.config.locale;
  return (await embed(away, plain, { ...HOW, tooltip: false, config: PAPER })).view;
}

export async function mount(element) {
  const spec = await specification(element);
  const view = document.createElement("div");
  view.className = "island-view chart";
  const name = label(element, spec);
  element.prepend(view);
  let drawn;

  async function draw() {
    const result = await embed(view, dressed(spec, view.clientWidth), {
      ...HOW,
      tooltip: { disableDefaultStyle: true, theme: "custom" },
      config: theme(),
    });
    drawn?.finalize();
    drawn = result;
    view.removeAttribute("aria-label");
    nameTheDrawing(view, name);
  }

  try {
    await draw();
  } catch (error) {
    view.remove();
    throw error;
  }
  onThemeChange(draw);
  offer(element, ["svg", "png"], (kind, frame) => saveChart(kind, frame, spec, onPaper));
}
