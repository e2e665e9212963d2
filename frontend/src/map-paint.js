// How a map's places are painted. In: what the server said of them and the kind of their shapes (vector tiles, shapes,
// circles). Out: a source and its layers for MapLibre, the legend's lines and how the classes were cut, the value and the
// name of each place.
import { LngLatBounds } from "maplibre-gl";
import { keysOf, paintOf, toned } from "./map-legend.js";
import { colour, number } from "./tokens.js";

const BIGGEST = 26;
const NUMBERED = 9; // pixels of a circle that holds a number

export function boundsOf(features) {
  const bounds = new LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? bounds.extend(part.slice(0, 2)) : part.forEach(walk));
  features.forEach((feature) => feature.geometry && walk(feature.geometry.coordinates));
  return bounds;
}

function middle(feature) {
  return feature.geometry.type === "Point" ? feature.geometry.coordinates : boundsOf([feature]).getCenter().toArray();
}

/** The number of a place in the tiles, as the server writes it: decimal, or in base 36 beyond all of those. */
const LETTERED = 1e9;
export const numberOf = (code) => (/^\d+$/.test(code) ? Number(code) : LETTERED + parseInt(code, 36));

export const vector = ({ address, first, last }) => ({ type: "vector", tiles: [location.origin + address], minzoom: first, maxzoom: last });

/** Places on the tiles that every map shares: only the numbers of those to paint, class by class, are this map's. */
function tiled(data) {
  const codes = data.codes.split(" ");
  const numbers = codes.map(numberOf);
  const rank = new Map(numbers.map((number, n) => [number, n]));
  const groups = new Map();
  [...data.classes].forEach((held, n) => {
    if (!groups.has(held)) groups.set(held, []);
    groups.get(held).push(numbers[n]);
  });
  const kept = data.whole ? {} : { filter: ["match", ["id"], numbers, true, false] };
  const source = { source: "data", "source-layer": data.tiles.layer, ...kept };
  const valued = data.legend.length > 0;
  return {
    source: vector(data.tiles),
    round: false,
    bounds: new LngLatBounds(data.frames[0][1]),
    frames: data.frames,
    places: data.places,
    // A large map's names come with their points, for the whole layer: those of this map are kept.
    ask: async () => {
      const rows = data.places ?? (await (await fetch(data.places_at, { credentials: "omit" })).json());
      return rows.filter(([code]) => rank.has(numberOf(code)));
    },
    valueOf: (code) => data.values[rank.get(numberOf(code))],
    codeOf: (feature) => codes[rank.get(feature.id)],
    plan: () => {
      const painted = ["match", ["id"]];
      groups.forEach((held, name) => name !== "-" && painted.push(held, toned(data.legend[Number(name)].tone)));
      const fill = !valued ? toned(0.5) : painted.length > 2 ? [...painted, toned(null)] : toned(null);
      return {
        layers: [
          { type: "fill", ...source, paint: { "fill-color": fill, "fill-antialias": false } },
          {
            type: "line",
            ...source,
            // Far away a line round each place would hide them all.
            minzoom: codes.length > 2_000 ? 7 : 0,
            paint: { "line-color": colour("surface"), "line-width": codes.length > 400 ? ["interpolate", ["linear"], ["zoom"], 7, 0.3, 11, 1.2] : 1.2 },
          },
        ],
        keys: keysOf(data.legend),
        cut: data.cut,
      };
    },
  };
}

/** Circles at places of their own, each with the words that the server wrote of it; the largest come first. */
function spots(data, about) {
  if (!data.features.length) throw new Error("no point to draw");
  const bounds = boundsOf([...data.features, ...under(data).flatMap(({ features }) => features)]);
  const numbered = data.features.some(({ properties }) => properties.rank !== undefined);
  const byCode = new Map(data.features.map((feature) => [feature.properties.code, feature]));
  const places = [...byCode].map(([code, { properties, geometry }]) => [code, properties[about.label], ...geometry.coordinates]);
  const most = data.sizes.length ? data.sizes[0][0] : 0;
  const plain = numbered ? NUMBERED : data.features.length > 500 ? 4 : 6;
  const sized = (size) => Math.max(3, BIGGEST * Math.sqrt(Math.max(0, size ?? 0) / most));
  return {
    source: { type: "geojson", data },
    round: true,
    bounds,
    frames: [["", bounds]],
    places,
    ask: async () => places,
    valueOf: (code) => byCode.get(code)?.properties[about.value] ?? "",
    codeOf: (feature) => feature.properties.code,
    radius: (code) => (most ? sized(byCode.get(code)?.properties.size) : plain),
    numbers: numbered ? data.features.map(({ properties, geometry }) => [properties.rank, geometry.coordinates]).filter(([rank]) => rank !== undefined) : [],
    plan: () => {
      const painted = classesOf(data.legend);
      const fill = painted.length ? ["match", ["get", "class"], ...painted, toned(null)] : colour("serie-1");
      // A number is read on the ground of the page, in a ring of its group's colour.
      const ring = { "circle-radius": plain, "circle-color": colour("surface"), "circle-stroke-color": fill, "circle-stroke-width": 3 };
      if (numbered) return { layers: [{ type: "circle", source: "data", paint: ring }], keys: keysOf(data.legend), cut: data.cut };
      const radius = most ? ["max", 3, ["*", BIGGEST, ["sqrt", ["/", ["max", 0, ["to-number", ["get", "size"], 0]], most]]]] : plain;
      return {
        layers: [{ type: "circle", source: "data", paint: { "circle-radius": radius, "circle-color": fill, "circle-opacity": 0.85, "circle-stroke-color": colour("ink"), "circle-stroke-width": 1 } }],
        keys: [...keysOf(data.legend), ...data.sizes.map(([size, words]) => ({ paint: colour(painted.length ? "surface" : "serie-1"), size: sized(size), words }))],
        cut: data.cut,
      };
    },
  };
}

/** Shapes or circles that came whole. */
function given(data, about) {
  data.features = data.features.filter((feature) => feature.geometry);
  if (!data.features.length) throw new Error("no shape to draw");
  const round = data.features.some((feature) => feature.geometry.type === "Point");
  const thin = data.features.every((feature) => feature.geometry.type.endsWith("LineString"));
  const bounds = boundsOf(data.features);
  const byCode = new Map(data.features.map((feature, n) => [String(feature.properties?.code ?? n), feature]));
  const places = [...byCode].map(([code, feature]) => [code, String(feature.properties?.[about.label] ?? ""), ...middle(feature)]);
  const values = data.features.map((feature) => feature.properties?.[about.value]).filter((value) => typeof value === "number");
  const most = Math.max(...values, 0) || 1;
  const unit = about.unit ? `\u00a0${about.unit}` : "";
  const legend = data.legend ?? [];
  return {
    source: { type: "geojson", data },
    round,
    thin,
    bounds,
    frames: [["", bounds]],
    places,
    ask: async () => places,
    valueOf: (code) => byCode.get(code)?.properties?.[about.value],
    codeOf: (feature) => [...byCode].find(([code, one]) => code === String(feature.properties.code) || (feature.properties.code === undefined && one.properties?.[about.label] === feature.properties[about.label]))?.[0],
    radius: (code) => (values.length ? Math.max(3, BIGGEST * Math.sqrt(Math.max(0, byCode.get(code)?.properties?.[about.value] ?? 0) / most)) : 7),
    plan: () => {
      if (round) {
        const main = colour("serie-1");
        const radius = values.length ? ["max", 3, ["*", BIGGEST, ["sqrt", ["/", ["max", 0, ["to-number", ["get", about.value], 0]], most]]]] : 7;
        const shown = values.length ? [most, most / 4] : [];
        return {
          layers: [{ type: "circle", source: "data", paint: { "circle-radius": radius, "circle-color": main, "circle-opacity": 0.7, "circle-stroke-color": colour("surface"), "circle-stroke-width": 1.5 } }],
          keys: shown.map((v) => ({ paint: main, size: BIGGEST * Math.sqrt(v / most), words: `${number(v)}${unit}` })),
        };
      }
      const painted = classesOf(legend);
      const fill = painted.length ? ["match", ["get", "class"], ...painted, toned(null)] : toned(0.5);
      if (thin) {
        // The most worrying lines are drawn last and widest: they are what one looks for.
        const width = painted.length ? ["match", ["get", "class"], ...legend.flatMap(({ tone }, n) => (tone === null ? [] : [n, 1.5 + 4 * Math.abs(tone)])), 1.5] : 2.5;
        const order = { "line-sort-key": ["coalesce", ["get", "class"], -1], "line-cap": "round" };
        return { layers: [{ type: "line", source: "data", layout: order, paint: { "line-color": fill, "line-width": width } }], keys: keysOf(legend), cut: data.cut };
      }
      return {
        layers: [
          { type: "fill", source: "data", paint: { "fill-color": fill, "fill-opacity": 0.92 } },
          { type: "line", source: "data", paint: { "line-color": colour("surface"), "line-width": 1.2 } },
        ],
        keys: keysOf(legend),
        cut: data.cut,
      };
    },
  };
}

const under = (data) => data.under ?? [];
const classesOf = (legend) => legend.flatMap((line, n) => (line.tone === null ? [] : [n, paintOf(line)]));

/** What lies under the places: [source, layer] for each table, those of a group in its colour. */
export function grounds(data) {
  const painted = classesOf(data.legend ?? []);
  return under(data).map((table) => {
    const plain = colour("edge");
    const tint = painted.length ? ["match", ["get", "class"], ...painted, plain] : plain;
    const paints = {
      lines: { type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": tint, "line-width": ["case", ["==", ["get", "class"], null], 1, 3] } },
      surfaces: { type: "fill", paint: { "fill-color": tint, "fill-opacity": 0.25 } },
      points: { type: "circle", paint: { "circle-color": tint, "circle-radius": 3 } },
    };
    return [{ type: "geojson", data: table }, paints[table.kind]];
  });
}

export const painting = (data, about) => (data.tiles ? tiled(data) : data.points ? spots(data, about) : given(data, about));
