"""Points of a map: location, name, value and size of each row of a result.

In: a figure « points » and its released table. Out: `MapPoints`, in longitude and latitude, and the number of unlocated
rows. Raises FigureError for numbers that are no longitude and latitude: a misplaced point would be worse than none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from beffroi.lake.readers.projections import projection_label
from beffroi.lake.reference.coordinate_systems import UnknownProjection, projection_of
from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Figure, column_of, format_cell

# Mainland France, with some room: where a longitude could be taken for nothing but a longitude.
_EAST, _NORTH = (-6.0, 10.5), (40.5, 52.0)


@dataclass(frozen=True)
class MapPoint:
    """Point of one row: `name` is empty when the figure names none; `value` colours it, `size` gives its circle."""

    longitude: float
    latitude: float
    name: str
    value: float | None
    size: float | None


@dataclass(frozen=True)
class MapPoints:
    """Points of a map. `unlocated`: the rows without a location, or whose location is no point."""

    points: list[MapPoint]
    unlocated: int


def locate_points(figure: Figure, table: pa.Table) -> MapPoints:
    """Points of a figure. Raises FigureError."""
    e = figure.encodings
    if e.place is not None:
        places: Iterable[tuple[float, float] | None] = (
            _point(text) for text in column_of(figure, table, e.place).to_pylist()
        )
    else:
        x, y = (column_of(figure, table, name).to_pylist() for name in (e.x, e.y))
        places = (_pair(*pair) for pair in zip(x, y, strict=True))
    positions = list(places)
    _check([place for place in positions if place is not None], figure)
    names, values, sizes = (
        [None] * table.num_rows if name is None else column_of(figure, table, name).to_pylist()
        for name in (e.name, e.value, e.size)
    )
    found = [
        MapPoint(*place, format_cell(name), _number(value), _number(size))
        for place, name, value, size in zip(positions, names, values, sizes, strict=True)
        if place is not None
    ]
    return MapPoints(found, len(positions) - len(found))


def _point(text: Any) -> tuple[float, float] | None:
    """Location of a GeoJSON point; None for anything else."""
    try:
        shape = json.loads(text) if text else None
    except (TypeError, ValueError):
        return None
    if not isinstance(shape, dict):
        return None
    places = shape.get("coordinates") or []
    if shape.get("type") == "MultiPoint" and len(places) == 1:
        places = places[0]
    elif shape.get("type") != "Point":
        return None
    return _pair(*places[:2]) if len(places) > 1 else None


def _pair(x: Any, y: Any) -> tuple[float, float] | None:
    """Location; None for (0, 0), which programs write for an unknown one."""
    longitude, latitude = _number(x), _number(y)
    if longitude is None or latitude is None or not (longitude or latitude):
        return None
    return longitude, latitude


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None


def _check(places: list[tuple[float, float]], figure: Figure) -> None:
    for place in places:
        try:
            projected = projection_of(None, place)
        except UnknownProjection:
            projected = ""
        if projected is not None:
            hint = (
                f" : elles ressemblent à {projection_label(int(projected.removeprefix('EPSG:')))}"
                if projected
                else ""
            )
            raise FigureError(
                f"Les coordonnées {place[0]:g} ; {place[1]:g} de la figure « {figure.title} » ne sont pas une longitude et "
                f"une latitude{hint}. Choisissez plutôt la colonne de géométrie, que Beffroi fait en lisant le fichier."
            )
    swapped = sum(_within(y, _EAST) and _within(x, _NORTH) for x, y in places)
    if swapped > len(places) / 2:
        raise FigureError(
            f"La longitude et la latitude de la figure « {figure.title} » semblent échangées : ses points seraient au large de "
            "l'Afrique. Échangez les deux colonnes."
        )


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]
