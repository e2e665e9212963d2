"""Map figure: places with their value and class for the map island, and the remarks under it.

In: an answer whose figure is a map, and its reader. Places are painted on the tiles of the imported contours
(`map_tiles.py`), else drawn as circles at the towns' centres; a fictional town has its own shapes in a dataset.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from beffroi.lake.errors import LakeError
from beffroi.lake.reference import commune_centres, commune_contours
from beffroi.lake.reference import place_queries as reference_store
from beffroi.recipes import figures
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.figures import Figure
from beffroi.recipes.french import humanize_number
from beffroi.recipes.map_classes import Classes, class_labels, classify, describe_method
from beffroi.recipes.model import Choose, Recipe, Source
from beffroi.recipes.text_folding import fold_place as fold
from beffroi.web.catalogue.grants import NotGranted
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person, Territory

from . import answers, queries
from .map_tiles import TiledMap, describe_tiles, match_tiles
from .purposes import steering

MAX_SHAPES = 2_000
SHORT_UNIT = 14  # a longer one is under the map, not in each line of its legend


@dataclass(frozen=True)
class Shape:
    """Shape of a commune: a GeoJSON geometry, a contour or a point."""

    code: str
    name: str
    geometry: dict[str, Any]


@dataclass(frozen=True)
class Shapes:
    """The shapes to draw and where they come from, in French."""

    shapes: list[Shape]
    source: str


@dataclass(frozen=True)
class Drawn:
    """Drawing of the map island, and the remarks under it."""

    content: dict[str, Any]
    remarks: list[str]


def drawing(answer: answers.Answer, person: Person | None, territory: Territory) -> dict[str, Any]:
    """What the map island draws: places painted on vector tiles, or a GeoJSON FeatureCollection."""
    figure = answer.figure
    values = figures.values_by_place(figure, answer.released.table)
    about = {
        "value": "value",
        "label": "name",
        "unit": figure.unit if len(figure.unit) <= SHORT_UNIT else "",
        "title": figure.title,
    }
    tiled = match_tiles(values, territory)
    if tiled is not None:
        return {**describe_tiles(tiled), **_painted(figure, tiled), "beffroi": about}
    drawn = shapes_of(person, territory, values)
    valued, unmatched = _matched(values, drawn)
    classes = _classes(figure, valued)
    largest = _largest(valued)
    features = []
    # A circle without a value would be a circle of nothing; a contour without one is « non renseigné ».
    for shape in (s for s in drawn.shapes if s.code in valued or s.geometry["type"] != "Point"):
        value = valued.get(shape.code)
        properties = {"code": shape.code, "name": shape.name, "value": _rounded(value, largest)}
        properties["class"] = None if value is None else classes.of(value)
        features.append({"type": "Feature", "geometry": shape.geometry, "properties": properties})
    return {
        "type": "FeatureCollection",
        "features": features,
        "unmatched": unmatched,
        "legend": legend_lines(
            classes, class_labels(classes, about["unit"], decimals=_decimals(largest)), len(drawn.shapes)
        ),
        "cut": describe_method(classes, figure.classes),
        "beffroi": about,
    }


def remarks(answer: answers.Answer, person: Person | None, territory: Territory) -> list[str]:
    """Under a map: where its shapes come from, and the places that it could not draw."""
    values = figures.values_by_place(answer.figure, answer.released.table)
    tiled = match_tiles(values, territory)
    if tiled is not None:
        source, unmatched = f"contours : {' ; '.join(tiled.sources)}", tiled.unmatched
    else:
        drawn = shapes_of(person, territory, values)
        source, (_, unmatched) = drawn.source, _matched(values, drawn)
        if not drawn.shapes or (
            drawn.shapes[0].geometry["type"] == "Point" and len(unmatched) == len(values)
        ):
            return ["Aucune forme n'est connue pour ces communes : les chiffres sont dans le tableau."]
    lines = [f"Fond de carte, {source}."]
    if unmatched:
        listed = ", ".join(unmatched[:8]) + (
            f" et {humanize_number(len(unmatched) - 8)} autres" if len(unmatched) > 8 else ""
        )
        lines.append(f"Dans le tableau mais pas sur la carte : {listed}.")
    return lines


def _painted(figure: Figure, tiled: TiledMap) -> dict[str, Any]:
    """The class and the value of each place, in the order of its codes."""
    classes = _classes(figure, tiled.valued)
    largest = _largest(tiled.valued)
    values = [tiled.valued.get(place.code) for place in tiled.drawn]
    unit = figure.unit if len(figure.unit) <= SHORT_UNIT else ""
    return {
        "classes": "".join("-" if value is None else str(classes.of(value)) for value in values),
        "values": [_rounded(value, largest) for value in values],
        "legend": legend_lines(
            classes, class_labels(classes, unit, decimals=_decimals(largest)), len(tiled.drawn)
        ),
        "cut": describe_method(classes, figure.classes),
    }


def _matched(values: Mapping[str, float | None], drawn: Shapes) -> tuple[dict[str, float | None], list[str]]:
    """The values by code of a shape; the places that have none."""
    by_code = {fold(shape.code): shape for shape in drawn.shapes}
    by_name = {fold(shape.name): shape for shape in drawn.shapes}
    valued: dict[str, float | None] = {}
    unmatched = []
    for place, value in values.items():
        shape = by_code.get(fold(place)) or by_name.get(fold(place))
        if shape is None:
            unmatched.append(place)
        else:
            valued[shape.code] = value
    return valued, unmatched


def _classes(figure: Figure, valued: Mapping[str, float | None]) -> Classes:
    return classify([value for value in valued.values() if value is not None], figure.classes)


def _largest(valued: Mapping[str, float | None]) -> float:
    return max((abs(value) for value in valued.values() if value is not None), default=0)


def legend_lines(classes: Classes, words: Sequence[str], drawn: int) -> list[dict[str, Any]]:
    """One line a class: its tone on the ramp, its words, how many places are in it; then those without a value."""
    lines: list[dict[str, Any]] = [
        {"tone": one.tone, "words": label, "places": one.places}
        for one, label in zip(classes.classes, words, strict=True)
    ]
    absent = drawn - sum(one.places for one in classes.classes)
    if lines and absent:
        lines.append({"tone": None, "words": "non renseigné", "places": absent})
    return lines


def shapes_of(person: Person | None, territory: Territory, wanted: Mapping[str, Any]) -> Shapes:
    """The shapes of the communes that the figure gives a value to; of the whole territory when they are its own."""
    requested = [code for code in wanted if len(code) == 5]
    own = list(territory.members) or [territory.code]
    codes = (own if set(requested) <= set(own) else requested or own)[:MAX_SHAPES]
    contours = commune_contours(codes, settings.HOME.path)
    if contours:
        shapes = [
            Shape(f["properties"]["code"], f["properties"]["name"], f["geometry"])
            for f in contours["features"]
        ]
        return Shapes(shapes, f"contours : {', '.join(contours['sources'])}")
    if territory.is_fictional:
        return _own_shapes(person, territory)
    names = _names(codes)
    shapes = [
        Shape(code, names.get(code, code), {"type": "Point", "coordinates": list(centre)})
        for code, centre in commune_centres(codes).items()
    ]
    return Shapes(shapes, "centres des communes : GeoNames (CC BY 4.0)" if shapes else "")


def _names(codes: list[str]) -> dict[str, str]:
    return {row[0]: row[1] for row in reference_store.by_codes(codes)}


def _own_shapes(person: Person | None, territory: Territory) -> Shapes:
    """Shapes of the catalogue's dataset of communes."""
    for dataset in Dataset.objects.of(territory).filter(
        slug__contains="commune", sensitivity=Dataset.Sensitivity.ORDINARY
    ):
        snapshot = dataset.current
        if snapshot is None:
            continue
        columns = {column["name"]: column["type"] for column in snapshot.columns}
        geometry = next((name for name, kind in columns.items() if kind == "geometry"), None)
        code = next((n for n in columns if fold(n).split()[:1] == ["code"] or "insee" in fold(n)), None)
        name = next(
            (n for n in columns if fold(n) in ("nom", "name", "commune", "libelle", "nom commune")), None
        )
        if geometry is None or code is None:
            continue
        chosen = tuple(dict.fromkeys(n for n in (code, name, geometry) if n))
        recipe = Recipe(
            title="Contours",
            sources={"communes": dataset.slug},
            steps=(Source(source="communes"), Choose(columns=chosen)),
        )
        try:
            opened = answers.open_sources(person, territory, recipe, steering(territory))
            rows = queries.run_recipe(recipe, opened.grants, limit=MAX_SHAPES).table.to_pylist()
        except (LakeError, RecipeError, QueryRefused, NotGranted, answers.StudioError):
            continue
        shapes = [
            Shape(str(row[code]), str(row[name] if name else row[code]), json.loads(row[geometry]))
            for row in rows
            if row[code] and row[geometry]
        ]
        return Shapes(shapes, f"contours : « {dataset.title} »")
    return Shapes([], "")


def _decimals(largest: float) -> int:
    """As many digits as one reads on a map: the table keeps them all."""
    return 0 if largest >= 100 else 1 if largest >= 10 else 2


def _rounded(value: float | None, largest: float) -> float | int | None:
    if value is None:
        return None
    return round(value, _decimals(largest) or None)
