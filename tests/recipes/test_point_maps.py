"""Points of a map, from shapes or two columns: unlocated rows are counted, invalid degrees are refused."""

import json
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.map_points import locate_points

WORDS = {"title": "T", "unit": "u", "base": "b", "year": "2026", "source": "s"}


def figure(**encodings: str) -> Figure:
    return Figure(kind="points", encodings=Encodings(**encodings), **WORDS)  # type: ignore[arg-type]


def shape(kind: str, coordinates: Any) -> str:
    return json.dumps({"type": kind, "coordinates": coordinates})


def test_points_come_from_shapes_and_what_is_no_point_is_counted() -> None:
    square = [[[0, 0], [1, 0], [1, 1], [0, 0]]]
    texts = [
        shape("Point", [-1.5, 47.2]),
        shape("Point", [-1.5, 47.3, 12.0]),
        shape("MultiPoint", [[2.3, 48.8]]),
        shape("Polygon", square),
        shape("Point", []),
        "pas une forme",
        "[1, 2]",
        None,
    ]
    found = locate_points(figure(place="g"), pa.table({"g": texts}))
    assert [(one.longitude, one.latitude) for one in found.points] == [
        (-1.5, 47.2),
        (-1.5, 47.3),
        (2.3, 48.8),
    ]
    assert found.unlocated == 5


def test_a_place_that_is_not_known_is_nowhere_and_its_figures_stay_with_their_rows() -> None:
    table = pa.table(
        {"x": [None, 0.0, 2.3], "y": [48.0, 0.0, 48.8], "n": [1, 2, None], "nom": ["a", "b", None]}
    )
    (one,) = locate_points(figure(x="x", y="y", name="nom", size="n", value="n"), table).points
    assert (one.name, one.value, one.size) == ("", None, None)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (355_577.0, 6_689_723.0, "Lambert 93"),
        (1_355_000.0, 6_223_000.0, "CC47|Lambert 93|longitude"),
        (500.0, 47.0, "ne sont pas une longitude"),
        (47.2, -1.5, "échangées"),
    ],
)
def test_a_point_with_misplaced_coordinates_is_refused(x: float, y: float, words: str) -> None:
    with pytest.raises(FigureError, match=words):
        locate_points(figure(x="x", y="y"), pa.table({"x": [x], "y": [y]}))


def test_a_map_of_points_requires_their_position() -> None:
    for lacking in ({}, {"x": "x"}, {"y": "y"}):
        with pytest.raises(ValidationError, match="où se trouve chaque point"):
            figure(**lacking)
