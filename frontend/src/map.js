// Maps without anything from outside: a plain ground, then the places on our own vector tiles, or as shapes or circles.
// In: `data-src` answering the places to paint (tiles, codes, classes) or a GeoJSON FeatureCollection, or one of them inside
// `<script type="application/json">`; its member `beffroi` may say {value, label, unit, title}. Out: the map, a legend, layers
// to tick, a way to a place by its name.
import { Map as GlMap, Marker, NavigationControl, Popup, prewarm, setWorkerUrl } from "maplibre-gl";
import { layersControl } from "./map-layers.js";
import { element, legendOf } from "./map-legend.js";
import { grounds, painting } from "./map-paint.js";
import { placesControl } from "./map-places.js";
import { offer, saveMap } from "./pictures.js";
import { colour, number, onThemeChange } from "./tokens.js";

const LABELS = 25;
const NARROW = 480; // pixels of a map
const CLOSE = 9; // the zoom from which a commune is seen
const CLOSEST = 16;
const APART = 16; // pixels between two numbers
const FIRST_LINES = 5; // of lines, which names would hide, the first ones say theirs
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

async function told(host) {
  const inline = host.querySelector('script[type="application/json"]');
  if (inline) return JSON.parse(inline.textContent);
  const answer = await host.answer;
  if (!answer?.ok) throw new Error(`${host.dataset.src}: HTTP ${answer?.status}`);
  return answer.json();
}

/** Of two numbers at one place, the first is seen until one comes closer. */
function numbersOn(map, numbers) {
  const markers = numbers.map(([rank, point]) => {
    const label = element("span", "map-number", String(rank));
    new Marker({ element: label }).setLngLat(point).addTo(map);
    return [label, point];
  });
  const clear = () => {
    const taken = [];
    markers.forEach(([label, point]) => {
      const at = map.project(point);
      label.hidden = taken.some(({ x, y }) => Math.hypot(x - at.x, y - at.y) < APART);
      if (!label.hidden) taken.push(at);
    });
  };
  clear();
  map.on("zoomend", clear);
}

/** The canvas is empty by the time a page is printed, unless it was just drawn: a picture of it stands in. */
function printable(map, view) {
  let picture;
  addEventListener("beforeprint", () => {
    if (!view.isConnected) return;
    map.redraw();
    picture = Object.assign(new Image(), { src: map.getCanvas().toDataURL(), className: "map-print", alt: "" });
    view.append(picture);
  });
  addEventListener("afterprint", () => picture?.remove());
}

export async function mount(host) {
  setWorkerUrl(new URL("./map-worker.js", import.meta.url).href);
  prewarm();
  const [data] = await Promise.all([told(host), sheet()]);
  const about = { value: "value", label: "name", unit: "", ...data.beffroi };
  performance.mark("map-data");
  const painted = painting(data, about);
  const title = host.dataset.label || about.title || "Carte";

  const tools = element("div", "map-tools");
  const view = element("div", "island-view map");
  host.prepend(tools, view);
  const { bounds, round } = painted;
  // A network of pipes may be as small as a few streets.
  const fit = { padding: round ? { top: 50, right: 70, bottom: 70, left: 70 } : 32, maxZoom: painted.thin ? CLOSEST : 13 };
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
    renderWorldCopies: false,
    minZoom: data.tiles?.first ?? 0,
    maxZoom: CLOSEST,
    fadeDuration: 0,
    locale: FRENCH,
    // Tiles are the same for everyone: asked for without the session, they are kept by every cache.
    transformRequest: (url) => ({ url, credentials: "omit" }),
  });
  // A browser keeps few drawings of this sort: a map that leaves the page gives its own back.
  host.addEventListener("beffroi:leaves", () => map.remove(), { once: true });
  map.touchZoomRotate.disableRotation();
  // On a narrow screen, out of the way of what a place says of itself, which opens above it.
  map.addControl(new NavigationControl({ showCompass: false }), view.clientWidth < NARROW ? "bottom-right" : "top-right");
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}. « Montrer » et le tableau donnent les mêmes chiffres.`);
  await new Promise((resolve) => map.once("load", resolve));

  performance.mark("map-load");
  let popup;
  function show([code, name, ...point]) {
    popup?.remove();
    const body = element("div");
    const unit = about.unit ? `\u00a0${about.unit}` : "";
    const value = painted.valueOf(code);
    body.append(element("strong", "", name));
    const words = number(value) + (typeof value === "number" ? unit : "");
    if (words) body.append(document.createElement("br"), words);
    popup = new Popup({ maxWidth: "18rem" }).setLngLat(point).setDOMContent(body).addTo(map);
  }

  let keys = [];
  let cut = "";
  const over = layersControl(map, data.layers, () => explain(), data.points);
  function explain() {
    const shown = [...keys, ...over.keys()];
    const former = tools.querySelector(".map-key");
    if (!shown.length) return former?.remove();
    // In the place that it had: a legend that moves to another line would move the map under the reader.
    const legend = legendOf(shown, cut);
    return former ? former.replaceWith(legend) : tools.insertBefore(legend, over.box?.parentNode === tools ? over.box : null);
  }
  function paint() {
    if (!view.isConnected) return;
    const plan = painted.plan();
    if (!map.getSource("data")) map.addSource("data", painted.source);
    const layered = (id, layer) => {
      if (map.getLayer(id)) map.removeLayer(id);
      map.addLayer({ id, ...layer });
    };
    grounds(data).forEach(([source, layer], n) => {
      if (!map.getSource(`under-${n}`)) map.addSource(`under-${n}`, source);
      layered(`under-${n}`, { source: `under-${n}`, ...layer });
    });
    plan.layers.forEach((layer, n) => layered(`data-${n}`, layer));
    map.setPaintProperty("ground", "background-color", colour("sunken"));
    ({ keys, cut } = plan);
    over.repaint();
    explain();
  }
  paint();
  onThemeChange(paint);

  const go = (place) => {
    map.easeTo({ center: place.slice(2), zoom: data.tiles || data.points ? Math.max(map.getZoom(), CLOSE) : map.getZoom(), animate: !still });
    show(place);
  };
  const frame = (where) => {
    popup?.remove();
    map.fitBounds(where, { ...fit, animate: !still });
  };
  tools.prepend(placesControl(painted.places, painted.ask, painted.frames, go, frame));
  if (over.box) tools.append(over.box);
  map.on("click", "data-0", async (event) => {
    const code = painted.codeOf(event.features[0]);
    const place = (await painted.ask()).find((one) => one[0] === code);
    if (place) show(round ? place : [place[0], place[1], event.lngLat.lng, event.lngLat.lat]);
  });
  map.on("mouseenter", "data-0", () => (canvas.style.cursor = "pointer"));
  map.on("mouseleave", "data-0", () => (canvas.style.cursor = ""));

  // The frame took its size from the sheet: look again at the whole territory.
  map.resize();
  map.fitBounds(bounds, { ...fit, animate: false });

  // Names and numbers as elements of the page: a map's own letters would need fonts from outside.
  if (painted.numbers?.length) numbersOn(map, painted.numbers);
  else if (painted.places && (painted.thin || painted.places.length <= LABELS) && view.clientWidth > NARROW) {
    const taken = [];
    const named = painted.thin ? painted.places.slice(0, FIRST_LINES) : painted.places;
    named.forEach(([code, name, ...point]) => {
      // Of two side by side, the larger, or the first, says its name.
      const at = map.project(point);
      if ((data.points || painted.thin) && taken.some(({ x, y }) => Math.abs(x - at.x) < 90 && Math.abs(y - at.y) < 24)) return;
      taken.push(at);
      const label = element("span", "map-label", name);
      const place = painted.round ? { anchor: "top", offset: [0, painted.radius(code) + 3] } : painted.thin ? { anchor: "left", offset: [10, 0] } : { anchor: "center" };
      new Marker({ element: label, ...place }).setLngLat(point).addTo(map);
    });
  }
  performance.mark("map-painted");
  map.once("idle", () => {
    performance.mark("map-idle");
    view.dataset.idle = "yes";
  });
  printable(map, view);
  // The drawing is only there to be read while the map draws: it is asked to draw once more.
  offer(host, ["png"], (_, figure) =>
    new Promise((resolve, reject) => {
      map.once("render", () => saveMap(figure, canvas, [...(cut ? [{ words: cut }] : []), ...keys, ...over.keys()]).then(resolve, reject));
      map.triggerRepaint();
    }),
  );
}
