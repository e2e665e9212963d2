"""The map of a run's table: each row's shape, coloured by its status or its value, with its words.

In comes a `Shown` with a geometry column; out goes what the map island draws, or None where no row has a shape.
"""

import json
from typing import Any

from beffroi.recipes.map_classes import class_labels, classify, describe_method
from beffroi.systems.manifest import OutputColumn
from beffroi.web.studio.map_tiles import borders
from beffroi.web.studio.maps import legend_lines

from .charts import told, told_in
from .reading import Shown, words

MOST_SHAPES = 3_000
LINES = frozenset({"LineString", "MultiLineString"})
POINTS = frozenset({"Point"})
DEPTHS = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
LONGEST = 200_000  # characters of one shape


def drawing(shown: Shown) -> dict[str, Any] | None:
    """A FeatureCollection for the island: points with their size, lines or surfaces, never mixed: the most numerous."""
    found = [(row, shape) for row in shown.rows if (shape := _shape(shown.value(row, "geometry")))]
    if not found:
        return None
    kind = _most(shape["type"] for _, shape in found)
    kept = [(row, shape) for row, shape in found if _kind(shape["type"]) == kind][:MOST_SHAPES]
    features = [_feature(shown, rank, row, shape) for rank, (row, shape) in enumerate(kept, 1)]
    key, cut = _coloured(shown, kept, features)
    drawn: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": features,
        "legend": key,
        "cut": cut,
        "layers": borders(),
        "beffroi": {"value": "words", "label": "name", "unit": "", "title": shown.output.title},
    }
    return _sized(shown, kept, drawn) if kind == "points" else drawn


def _shape(text: Any) -> dict[str, Any] | None:
    try:
        held = (
            json.loads(text, parse_constant=_refused)
            if isinstance(text, str) and 0 < len(text) <= LONGEST
            else None
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict) or held.get("type") not in DEPTHS:
        return None
    drawn = _has_points(held.get("coordinates"), DEPTHS[held["type"]])
    return {"type": held["type"], "coordinates": held["coordinates"]} if drawn else None


def _refused(word: str) -> float:
    raise ValueError(word)  # « NaN » is no place


def _has_points(held: Any, depth: int) -> bool:
    """Whether these are lists, as deep as the kind of shape asks, of pairs of degrees."""
    if not isinstance(held, list) or not held:
        return False
    if depth:
        return all(_has_points(part, depth - 1) for part in held)
    return len(held) >= 2 and all(
        isinstance(one, int | float) and abs(one) <= limit
        for one, limit in zip(held, (180, 90), strict=False)
    )


def _kind(name: str) -> str:
    return "points" if name in POINTS else "lines" if name in LINES else "surfaces"


def _most(names: Any) -> str:
    kinds = [_kind(name) for name in names]
    return max(dict.fromkeys(kinds), key=kinds.count)


def _feature(shown: Shown, rank: int, row: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    place, group = shown.value(row, "place"), shown.value(row, "group")
    said = []
    if (value := shown.column("value")) is not None and isinstance(row.get(value.name), int | float):
        said.append(told_in(value, row[value.name]))
    for role in ("status", "group"):
        column = shown.column(role)
        if column is not None and row.get(column.name):
            said.append(words(row[column.name], column))
    return {
        "type": "Feature",
        "geometry": shape,
        "properties": {
            "code": str(rank),
            "name": str(place or group or f"n° {rank}"),
            "words": " · ".join(said),
            "class": None,
        },
    }


def tones_of(status: OutputColumn) -> list[float]:
    """The tone of each level (-1..1): below nought what worries, above what is good news, each stronger as it goes."""
    levels = status.levels
    middle = levels.index(status.neutral) if status.neutral else 0
    worse, better = max(1, len(levels) - 1 - middle), max(1, middle)
    return [round((middle - rank) / (worse if rank > middle else better), 3) for rank in range(len(levels))]


def _coloured(
    shown: Shown, kept: list[tuple[dict[str, Any], dict[str, Any]]], features: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], str]:
    """Writes the class of each feature; returns the legend and how its classes were cut."""
    status = shown.column("status")
    if status is not None and status.levels:
        ranks = {word: rank for rank, word in enumerate(status.levels)}
        held = [ranks.get(str(row.get(status.name))) for row, _ in kept]
        for feature, rank in zip(features, held, strict=True):
            feature["properties"]["class"] = rank
        tones = tones_of(status)
        lines = [
            {"tone": tones[rank], "words": word, "places": held.count(rank)} for word, rank in ranks.items()
        ]
        return lines, ""
    value = shown.column("value")
    if value is None:
        return [], ""
    values = [row.get(value.name) for row, _ in kept]
    classes = classify([v for v in values if isinstance(v, int | float)])
    for feature, v in zip(features, values, strict=True):
        feature["properties"]["class"] = classes.of(v) if isinstance(v, int | float) else None
    return legend_lines(classes, class_labels(classes, value.unit), len(features)), describe_method(classes)


def _sized(
    shown: Shown, kept: list[tuple[dict[str, Any], dict[str, Any]]], drawn: dict[str, Any]
) -> dict[str, Any]:
    """Circles: as large as the value, the largest first so that none hides a smaller one."""
    value = shown.column("value")
    sizes = [
        float(row[value.name]) if value is not None and isinstance(row.get(value.name), int | float) else None
        for row, _ in kept
    ]
    for feature, size in zip(drawn["features"], sizes, strict=True):
        if size is not None:
            feature["properties"]["size"] = size
    drawn["features"].sort(key=lambda feature: -feature["properties"].get("size", 0))
    positive = [size for size in sizes if size is not None and size > 0]
    unit = value.unit if value is not None else ""
    shown_sizes = (max(positive), max(positive) / 4) if positive else ()
    return drawn | {"points": True, "sizes": [[size, told(round(size, 1), unit)] for size in shown_sizes]}
