// Further layers that a reader ticks: the borders of larger places, over the classes. In: the map and the layers that the
// server offers. Out: checkboxes, lines on the map, and lines of the legend for those that are shown.
import { element } from "./map-legend.js";
import { vector } from "./map-paint.js";
import { colour } from "./tokens.js";

const WIDTHS = { epci: 1.4, departements: 2.4 };

/** `changed` is called after each tick; `keys()` are the legend's lines of what is shown. */
export function layersControl(map, layers, changed) {
  if (!layers?.length) return { box: null, keys: () => [], repaint: () => {} };
  const box = element("fieldset", "map-layers");
  box.append(element("legend", "", "Ajouter"));
  const shown = new Set();
  const paintOf = () => colour("ink");
  layers.forEach((layer) => {
    const label = element("label");
    const tick = Object.assign(document.createElement("input"), { type: "checkbox" });
    label.append(tick, layer.name);
    box.append(label);
    tick.addEventListener("change", () => {
      if (tick.checked) {
        // Its tiles are fetched by the first who wants them.
        if (!map.getSource(layer.layer)) map.addSource(layer.layer, vector(layer));
        map.addLayer({
          id: `over-${layer.layer}`,
          type: "line",
          source: layer.layer,
          "source-layer": layer.layer,
          paint: { "line-color": paintOf(), "line-width": WIDTHS[layer.layer] ?? 1.4 },
        });
        shown.add(layer);
      } else {
        map.removeLayer(`over-${layer.layer}`);
        shown.delete(layer);
      }
      changed();
    });
  });
  return {
    box,
    keys: () => [...shown].map((layer) => ({ paint: paintOf(), line: true, words: layer.name })),
    repaint: () =>
      shown.forEach((layer) => {
        map.moveLayer(`over-${layer.layer}`);
        map.setPaintProperty(`over-${layer.layer}`, "line-color", paintOf());
      }),
  };
}
