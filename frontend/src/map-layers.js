// Further layers that a reader ticks: the borders of larger places, over the classes. In: the map and the layers that the
// server offers. Out: checkboxes, lines on the map, and lines of the legend for those that are shown.
import { element } from "./map-legend.js";
import { vector } from "./map-paint.js";
import { colour } from "./tokens.js";

const WIDTHS = { communes: 0.7, epci: 1.4, departements: 2.4 };
const CLOSE = 7; // the zoom from which lines round each commune do not hide the rest

/** `changed` is called after each tick; `keys()` are the legend's lines of what is shown. `under`: below what is painted,
 * where it is a ground for points. */
export function layersControl(map, layers, changed, under) {
  if (!layers?.length) return { box: null, keys: () => [], repaint: () => {} };
  const box = element("fieldset", "map-layers");
  box.append(element("legend", "", "Ajouter"));
  const shown = new Set();
  const seen = (layer) => layer.layer !== "communes" || map.getZoom() >= CLOSE;
  if (layers.some((layer) => layer.layer === "communes")) map.on("zoomend", changed);
  const paintOf = () => colour(under ? "edge" : "ink");
  const before = () => (under && map.getLayer("data-0") ? "data-0" : undefined);
  layers.forEach((layer) => {
    const label = element("label");
    const tick = Object.assign(document.createElement("input"), { type: "checkbox" });
    label.append(tick, layer.name);
    box.append(label);
    const apply = () => {
      if (tick.checked) {
        // Its tiles are fetched by the first who wants them.
        if (!map.getSource(layer.layer)) map.addSource(layer.layer, vector(layer));
        map.addLayer({
          id: `over-${layer.layer}`,
          type: "line",
          source: layer.layer,
          "source-layer": layer.layer,
          minzoom: layer.layer === "communes" ? CLOSE : 0,
          paint: { "line-color": paintOf(), "line-width": WIDTHS[layer.layer] ?? 1.4 },
        }, before());
        shown.add(layer);
      } else if (shown.has(layer)) {
        map.removeLayer(`over-${layer.layer}`);
        shown.delete(layer);
      }
    };
    tick.addEventListener("change", () => {
      apply();
      changed();
    });
    tick.checked = Boolean(layer.shown);
    if (tick.checked) apply();
  });
  return {
    box,
    keys: () => [...shown].filter(seen).map((layer) => ({ paint: paintOf(), line: true, words: layer.name })),
    repaint: () =>
      shown.forEach((layer) => {
        map.moveLayer(`over-${layer.layer}`, before());
        map.setPaintProperty(`over-${layer.layer}`, "line-color", paintOf());
      }),
  };
}
