"""Detection of the columns that hold coordinates: shapes, or two numbers recognised by names and first values.

In: an inspected recipe and a step number. Out: proposals, the surest first, each with its reason in French.
"""

import re
from dataclasses import dataclass
from typing import Any, get_args

from beffroi.lake.readers.projections import BY_CODE, projection_label
from beffroi.recipes.model import Coordinates
from beffroi.recipes.model.spatial import System
from beffroi.recipes.text_folding import fold
from beffroi.web.catalogue.models import Dataset

from ..dataset_profiles import ANALYSIS_ERRORS
from ..presentation import typeset
from .inspection import RecipeInspector

SYSTEMS = [(code, projection_label(code)) for code in get_args(System)]
_X = ("longitude", "lon", "lng", "long", "x")
_Y = ("latitude", "lat", "lat", "lat", "y")


@dataclass(frozen=True)
class CoordinateProposal:
    """Columns proposed as coordinates; `reason`: why, in French."""

    coordinates: Coordinates
    reason: str

    @property
    def value(self) -> str:
        """Value of the proposal in a form: the coordinates as JSON."""
        return self.coordinates.model_dump_json()


def detect_coordinates(look: RecipeInspector, count: int) -> list[CoordinateProposal]:
    """What the columns after `count` steps offer."""
    columns = look.columns_after(count)
    shapes = _shapes(look)
    found = [
        CoordinateProposal(Coordinates(geometry=c.name), typeset(f"« {c.label} » : des formes géographiques"))
        for c in columns
        if c.kind == "text" and c.name in shapes
    ]
    numbers = {c.name: c for c in columns if c.is_number}
    rows: list[dict[str, Any]] | None = None
    for x in numbers:
        for x_word, y_word in zip(_X, _Y, strict=True):
            y = next((n for n in numbers if n != x and _alike(x, x_word, n, y_word)), None)
            if y is None:
                continue
            rows = _first_rows(look, count) if rows is None else rows
            points = [
                (float(r[x]), float(r[y])) for r in rows if r.get(x) is not None and r.get(y) is not None
            ]
            system = _system(points)
            if system is not None:
                description = f"« {numbers[x].label} » et « {numbers[y].label} » : {projection_label(system)}"
                example = (
                    f", comme {points[0][0]:.6g} et {points[0][1]:.8g}".replace(".", ",") if points else ""
                )
                found.append(
                    CoordinateProposal(Coordinates(x=x, y=y, system=system), typeset(description + example))
                )  # type: ignore[arg-type]
            break
    return found


def _alike(x: str, x_word: str, y: str, y_word: str) -> bool:
    """Whether two names differ by these words only: « lon » and « lat », « x_l93 » and « y_l93 »."""
    one, other = _words(x), _words(y)
    return x_word in one and y_word in other and one - {x_word} == other - {y_word}


def _words(name: str) -> set[str]:
    return set(re.split(r"[\W_]+", fold(name)))


def _system(points: list[tuple[float, float]]) -> int | None:
    """System whose territory contains these points; longitude and latitude when there is none."""
    if not points:
        return 4326
    return next((code for code, _ in SYSTEMS if BY_CODE[code].contains(points)), None)


def _shapes(look: RecipeInspector) -> set[str]:
    datasets = Dataset.objects.of(look.territory).filter(slug__in=set(look.recipe.sources.values()))
    return {
        column["name"]
        for dataset in datasets
        if dataset.current is not None
        for column in dataset.current.columns
        if column["type"] == "geometry"
    }


def _first_rows(look: RecipeInspector, count: int) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = look.first_rows(count).table.to_pylist()
    except ANALYSIS_ERRORS:
        return []
    return rows
