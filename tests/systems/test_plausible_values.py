"""Plausible other values of a column: other ones, of the same type, that another town or another week could have sent."""

import json
import random
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from beffroi.systems.binding import project
from beffroi.systems.check.plausible_values import plausible_changes
from beffroi.systems.input_schema import ColumnNeed, InputSchema

POINT = json.dumps({"type": "Point", "coordinates": [4.8, 45.7]})
LINE = json.dumps({"type": "LineString", "coordinates": [[4.8, 45.7], [4.9, 45.8]]})


def _changed(kind: Any, values: list[Any]) -> list[list[Any]]:
    need = ColumnNeed(name="column", type=kind, why="Ce que l’on essaie.")
    return [change(list(values), random.Random(0)) for change in plausible_changes(need)]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("integer", [3, 5, None, 9]),
        ("integer", [0, 0, 0]),
        ("number", [100.0]),
        ("boolean", [True, True, None]),
        ("date", [date(2024, 1, 1), date(9999, 12, 31)]),
        ("datetime", [datetime(2024, 1, 1, 8, 30)]),
        ("text", ["gaz", "fioul", "gaz"]),
        ("text", ["gaz", "gaz", "gaz", "gaz"]),
        ("code", ["69123", "69123", "69123"]),
        ("geometry", [POINT, LINE, None]),
    ],
)
def test_a_column_has_other_values_of_its_type_and_length(kind: Any, values: list[Any]) -> None:
    others = [other for other in _changed(kind, values) if other != values]
    assert others
    need = ColumnNeed(name="column", type=kind, why="Ce que l’on essaie.")
    schema = InputSchema(name="table", title="Table", columns=(need,))
    like = project(pa.table({"column": values}), {"column": "column"}, schema).schema.field("column").type
    for other in others:
        assert pa.array(other, type=like).null_count == values.count(None)
        assert len(other) == len(values)


def test_exchanged_values_are_the_same_ones_in_other_rows() -> None:
    exchanged = _changed("integer", list(range(30)))[0]
    assert exchanged != list(range(30)) and sorted(exchanged) == list(range(30))
    assert _changed("text", ["a", "b"])[0] == ["b", "a"]


def test_an_empty_column_has_no_other_value() -> None:
    for kind in ("integer", "date", "boolean", "geometry", "text"):
        assert all(other == [None, None] for other in _changed(kind, [None, None]))


def test_a_geometry_moves_by_less_than_two_kilometres_and_a_text_that_is_none_stays() -> None:
    moved = json.loads(_changed("geometry", [LINE])[0][0])["coordinates"]
    for (east, north), (x, y) in zip(moved, [(4.8, 45.7), (4.9, 45.8)], strict=True):
        assert 0 < abs(east - x) <= 0.0101 and 0 < abs(north - y) <= 0.0101
    assert _changed("geometry", ["nulle part"])[0] == ["nulle part"]
