"""The map of a run's table: each row's shape, coloured by its status, its value or its group, with its words.

In comes a table with a geometry column, and those that lie under it; out goes what the map island draws, or None where no row has
a shape.
"""

import json
from collections.abc import Sequence
from typing import Any

from beffroi.recipes.map_classes import class_labels, classify, describe_method
from beffroi.web.studio.map_tiles import borders
from beffroi.web.studio.maps import legend_lines

from .charts import format_in_unit_of, format_with_unit
from .reading import OutputView, tones_of, words

MOST_SHAPES = 3_000
LINES = frozenset({"LineString", "MultiLineString"})
POINTS = frozenset({"Point"})
DEPTHS = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
LONGEST = 200_000  # characters of one shape


def drawing(view: OutputView, under: Sequence[OutputView] = ()) -> dict[str, Any] | None:
    """A FeatureCollection for the island: points with their size, lines or surfaces, never mixed: the most numerous.

    The shapes of `under` are drawn below, those of a group in its colour.
    """
    kind, drawn_rows = _drawn_rows(view)
    if not drawn_rows:
        return None
    features = [_feature(view, rank, row, shape) for rank, (row, shape) in enumerate(drawn_rows, 1)]
    key, cut = _coloured(view, drawn_rows, features)
    drawn: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": features,
        "legend": key,
        "cut": cut,
        "under": [ground for table in under if (ground := _ground(table, key))],
        "layers": borders(),
        "beffroi": {"value": "words", "label": "name", "unit": "", "title": view.output.title},
    }
    return _sized(view, drawn_rows, drawn) if kind == "points" else drawn


def _drawn_rows(view: OutputView) -> tuple[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """The kind of shape that most rows have, and the rows of this kind with their shapes."""
    found = [(row, shape) for row in view.rows if (shape := parse_shape(view.value(row, "geometry")))]
    if not found:
        return "", []
    kind = _most(shape["type"] for _, shape in found)
    return kind, [(row, shape) for row, shape in found if _kind(shape["type"]) == kind][:MOST_SHAPES]


def _ground(view: OutputView, key: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The shapes of a table that lies under another; `key`: the legend above, whose groups lend their colours."""
    kind, drawn_rows = _drawn_rows(view)
    classes = {line["words"]: rank for rank, line in enumerate(key) if "group" in line}
    features = [
        {
            "type": "Feature",
            "geometry": shape,
            "properties": {
                "class": classes.get(str(view.value(row, "group") or view.value(row, "place") or ""))
            },
        }
        for row, shape in drawn_rows
    ]
    return {"kind": kind, "type": "FeatureCollection", "features": features} if features else None


def parse_shape(text: Any) -> dict[str, Any] | None:
    """Geometry of a GeoJSON text that the island can draw; None for anything else."""
    try:
        shape_value = (
            json.loads(text, parse_constant=_refused)
            if isinstance(text, str) and 0 < len(text) <= LONGEST
            else None
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(shape_value, dict) or shape_value.get("type") not in DEPTHS:
        return None
    drawn = _has_points(shape_value.get("coordinates"), DEPTHS[shape_value["type"]])
    return {"type": shape_value["type"], "coordinates": shape_value["coordinates"]} if drawn else None


def _refused(word: str) -> float:
    raise ValueError(word)  # « NaN » is no place


def _has_points(coordinates: Any, depth: int) -> bool:
    """Whether these are lists, as deep as the kind of shape asks, of pairs of degrees."""
    if not isinstance(coordinates, list) or not coordinates:
        return False
    if depth:
        return all(_has_points(part, depth - 1) for part in coordinates)
    return len(coordinates) >= 2 and all(
        isinstance(one, int | float) and abs(one) <= limit
        for one, limit in zip(coordinates, (180, 90), strict=False)
    )


def _kind(name: str) -> str:
    return "points" if name in POINTS else "lines" if name in LINES else "surfaces"


def _most(names: Any) -> str:
    kinds = [_kind(name) for name in names]
    return max(dict.fromkeys(kinds), key=kinds.count)


def _feature(view: OutputView, rank: int, row: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    place, group = view.value(row, "place"), view.value(row, "group")
    texts = []
    if (value := view.column("value")) is not None and isinstance(row.get(value.name), int | float):
        texts.append(format_in_unit_of(value, row[value.name]))
    for role in ("status", "group"):
        column = view.column(role)
        if column is not None and row.get(column.name):
            texts.append(words(row[column.name], column))
    return {
        "type": "Feature",
        "geometry": shape,
        "properties": {
            "code": str(rank),
            "name": str(place or group or f"n° {rank}"),
            "words": " · ".join(texts),
            "class": None,
        },
    }


def _coloured(
    view: OutputView, drawn_rows: list[tuple[dict[str, Any], dict[str, Any]]], features: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], str]:
    """Writes the class of each feature; returns the legend and how its classes were cut."""
    if view.column("rank") is not None and view.column("group") is not None:
        return _numbered(view, drawn_rows, features), ""
    status = view.column("status")
    if status is not None and status.levels:
        ranks = {word: rank for rank, word in enumerate(status.levels)}
        row_ranks = [ranks.get(str(row.get(status.name))) for row, _ in drawn_rows]
        for feature, rank in zip(features, row_ranks, strict=True):
            feature["properties"]["class"] = rank
        tones = tones_of(status)
        lines = [
            {"tone": tones[rank], "words": word, "places": row_ranks.count(rank)}
            for word, rank in ranks.items()
        ]
        return lines, ""
    value = view.column("value")
    if value is None:
        return [], ""
    values = [row.get(value.name) for row, _ in drawn_rows]
    classes = classify([v for v in values if isinstance(v, int | float)])
    for feature, v in zip(features, values, strict=True):
        feature["properties"]["class"] = classes.of(v) if isinstance(v, int | float) else None
    return legend_lines(classes, class_labels(classes, value.unit), len(features)), describe_method(classes)


def _numbered(
    view: OutputView, drawn_rows: list[tuple[dict[str, Any], dict[str, Any]]], features: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Writes the number and the group of each feature; returns the legend, one line a group."""
    names = [str(view.value(row, "group") or "") for row, _ in drawn_rows]
    groups = [name for name in dict.fromkeys(names) if name]
    for feature, name, (row, _) in zip(features, names, drawn_rows, strict=True):
        rank = view.value(row, "rank")
        feature["properties"]["class"] = groups.index(name) if name else None
        if isinstance(rank, int):
            feature["properties"]["rank"] = rank
    return [{"group": n, "words": name, "places": names.count(name)} for n, name in enumerate(groups)]


def _sized(
    view: OutputView, drawn_rows: list[tuple[dict[str, Any], dict[str, Any]]], drawn: dict[str, Any]
) -> dict[str, Any]:
    """Circles: as large as the value, the largest first so that none hides a smaller one."""
    value = view.column("value") if view.column("rank") is None else None
    sizes = [
        float(row[value.name]) if value is not None and isinstance(row.get(value.name), int | float) else None
        for row, _ in drawn_rows
    ]
    for feature, size in zip(drawn["features"], sizes, strict=True):
        if size is not None:
            feature["properties"]["size"] = size
    drawn["features"].sort(key=lambda feature: -feature["properties"].get("size", 0))
    positive = [size for size in sizes if size is not None and size > 0]
    unit = value.unit if value is not None else ""
    legend_sizes = (max(positive), max(positive) / 4) if positive else ()
    return drawn | {
        "points": True,
        "sizes": [[size, format_with_unit(round(size, 1), unit)] for size in legend_sizes],
    }
