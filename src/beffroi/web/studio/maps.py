"""A map figure's shapes: the communes of the territory with the value of each, as GeoJSON for the map island.

In come an answer whose figure is a map, and its reader. Shapes are the contours that the operator imported, else
circles at the towns' centres; an invented town brings its own shapes in a dataset of its catalogue.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from beffroi.lake.errors import LakeError
from beffroi.lake.reference import commune_centres, commune_contours
from beffroi.lake.reference import store as reference_store
from beffroi.recipes import figures
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Choose, Recipe, Source
from beffroi.recipes.texts import fold_place as fold
from beffroi.web.catalogue.grants import NotGranted
from beffroi.web.catalogue.models import Dataset
from beffroi.web.territories.models import Person, Territory

from . import answers
from .purposes import steering

MOST_SHAPES = 2_000
SHORT_UNIT = 14  # a longer one is under the map, not in each line of its legend


@dataclass(frozen=True)
class Shape:
    """Where a commune is: a GeoJSON geometry, a contour or a point."""

    code: str
    name: str
    geometry: dict[str, Any]


@dataclass(frozen=True)
class Shapes:
    """The shapes to draw and where they come from, in French."""

    shapes: list[Shape]
    source: str


def geojson(answer: answers.Answer, person: Person | None, territory: Territory) -> dict[str, Any]:
    """The FeatureCollection of a map figure; without features when no shape is known."""
    figure = answer.figure
    values = figures.places(figure, answer.released.table)
    drawn = shapes_of(person, territory, values)
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
    most = max((abs(value) for value in valued.values() if value is not None), default=0)
    features = [
        {
            "type": "Feature",
            "geometry": shape.geometry,
            "properties": {
                "code": shape.code,
                "name": shape.name,
                "value": _rounded(valued.get(shape.code), most),
            },
        }
        for shape in drawn.shapes
        # A circle without a value would be a circle of nothing; a contour without one says « non renseigné ».
        if shape.code in valued or shape.geometry["type"] != "Point"
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "sources": [drawn.source] if drawn.source else [],
        "unmatched": unmatched,
        "beffroi": {
            "value": "value",
            "label": "name",
            "unit": figure.unit if len(figure.unit) <= SHORT_UNIT else "",
            "title": figure.title,
        },
    }


def remarks(answer: answers.Answer, person: Person | None, territory: Territory) -> list[str]:
    """Under a map: where its shapes come from, and the places that it could not draw."""
    drawn = geojson(answer, person, territory)
    if not drawn["features"]:
        return ["Aucune forme n'est connue pour ces communes : les chiffres sont dans le tableau."]
    said = [f"Fond de carte, {source}." for source in drawn["sources"]]
    if missing := drawn["unmatched"]:
        shown = ", ".join(missing[:8]) + (f" et {len(missing) - 8} autres" if len(missing) > 8 else "")
        said.append(f"Dans le tableau mais pas sur la carte : {shown}.")
    return said


def shapes_of(person: Person | None, territory: Territory, wanted: Mapping[str, Any]) -> Shapes:
    """The shapes of the communes that the figure gives a value to; of the whole territory when they are its own."""
    asked = [code for code in wanted if len(code) == 5]
    own = list(territory.members) or [territory.code]
    codes = (own if set(asked) <= set(own) else asked or own)[:MOST_SHAPES]
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
    """Read the dataset of the catalogue that holds communes and their geometry."""
    for dataset in Dataset.objects.of(territory).filter(slug__contains="commune"):
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
            rows = answers.ask(recipe, opened.grants, limit=MOST_SHAPES).table.to_pylist()
        except (LakeError, RecipeError, QueryRefused, NotGranted, answers.StudioError):
            continue
        shapes = [
            Shape(str(row[code]), str(row[name] if name else row[code]), json.loads(row[geometry]))
            for row in rows
            if row[code] and row[geometry]
        ]
        return Shapes(shapes, f"contours : « {dataset.title} »")
    return Shapes([], "")


def _rounded(value: float | None, most: float) -> float | int | None:
    """As many digits as one reads on a map: the table keeps them all."""
    if value is None:
        return None
    return round(value) if most >= 100 else round(value, 1 if most >= 10 else 2)
