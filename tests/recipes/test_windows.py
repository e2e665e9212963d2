"""Window calculations against plain Python; rows stay in their order."""

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beffroi.recipes.compile import compile
from beffroi.recipes.errors import RecipeError
from recipes import interpreter
from recipes.school_meals import a_meal, compared, recipe, rows, tables

NUMBERS = ["repas", "cout", "montant"]
ORDER = [{"column": "jour"}, {"column": "repas", "descending": True}]


def calculated(operation: str, column: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": f"{operation} {column}", "operation": operation, "column": column, **more}


CALCULATIONS = [
    calculated("rank"),
    calculated("dense_rank"),
    calculated("previous", "ecole", rows=2),
    calculated("next", "jour"),
    *(calculated(op, column) for op in ("cumulative", "difference", "change", "share") for column in NUMBERS),
    *(calculated(op, column, rows=3) for op in ("moving_mean", "moving_sum") for column in NUMBERS),
]


@given(
    rows,
    st.lists(st.sampled_from(["ecole", "bio"]), max_size=2, unique=True),
    st.permutations(ORDER),
    st.lists(st.sampled_from(CALCULATIONS), min_size=1, max_size=4, unique_by=lambda one: one["name"]),
)
def test_windows(repas: list[interpreter.Row], partition: list[str], order: Any, columns: Any) -> None:
    step = {"step": "window", "partition": partition, "order": order, "columns": columns}
    compared(recipe(step), repas, ordered=True)


DAYS = st.none() | st.sampled_from(
    [date(year, m, d) for year in (2022, 2023, 2024) for m, d in ((2, 28), (3, 1))]
)
TEXTS = [
    "2023-03",
    "2024-03",
    "2024-S03",
    "2023-S03",
    "2022-2023",
    "2023-2024",
    "2024",
    "2023",
    "mars",
    "20",
    "",
]
YEARLY = [
    calculated(op, c) for op in ("last_year", "last_year_difference", "last_year_change") for c in NUMBERS
]


@given(rows, st.data(), st.sampled_from(["jour", "ecole", "repas"]), st.sampled_from([[], ["bio"]]))
def test_the_same_period_of_last_year(
    repas: list[interpreter.Row], data: st.DataObject, period: str, partition: list[str]
) -> None:
    drawn = {
        "jour": DAYS,
        "ecole": st.none() | st.sampled_from(TEXTS),
        "repas": st.none() | st.integers(2020, 2024),
    }
    repas = [{**row, period: data.draw(drawn[period])} for row in repas]
    step = {"step": "window", "partition": partition, "period": period, "columns": YEARLY}
    compared(recipe(step), repas, ordered=True)


def test_sums_of_decimals_stay_decimals() -> None:
    repas = [
        a_meal(ecole=name, montant=Decimal(cents) / 100) for name, cents in (("a", 10), ("b", 20), ("c", 30))
    ]
    columns = [
        calculated("cumulative", "montant"),
        calculated("moving_sum", "montant", rows=2),
        calculated("difference", "montant"),
    ]
    step = {"step": "window", "order": [{"column": "ecole"}], "columns": columns}
    found = compile(recipe(step), tables(repas=repas)).to_pyarrow()
    assert all(pa.types.is_decimal(found.schema.field(one["name"]).type) for one in columns)
    assert found["cumulative montant"].to_pylist() == [Decimal("0.10"), Decimal("0.30"), Decimal("0.60")]


def test_a_share_after_an_order_keeps_that_order() -> None:
    repas = [a_meal(ecole=name, repas=number) for name, number in (("b", 30), ("a", 10), ("c", 60))]
    sort = {"step": "sort", "by": [{"column": "repas", "descending": True}]}
    share = {"step": "window", "columns": [calculated("share", "repas")]}
    found = compile(recipe(sort, share), tables(repas=repas)).to_pyarrow()
    assert found["ecole"].to_pylist() == ["c", "b", "a"]
    assert found["share repas"].to_pylist() == [60.0, 30.0, 10.0]


def test_a_change_from_zero_or_a_negative_value_is_empty() -> None:
    repas = [a_meal(ecole=name, repas=number) for name, number in (("a", 0), ("b", -5), ("c", 5), ("d", 6))]
    step = {"step": "window", "order": [{"column": "ecole"}], "columns": [calculated("change", "repas")]}
    found = compile(recipe(step), tables(repas=repas)).to_pyarrow()
    assert found["change repas"].to_pylist() == [None, None, None, 20.0]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"order": ORDER, "columns": [calculated("cumulative", "ecole")]},
            "« Comparer entre lignes ».*mais du texte",
        ),
        ({"order": ORDER, "columns": [calculated("cumulative", "bio")]}, "mais oui ou non"),
        ({"order": ORDER, "columns": [calculated("cumulative", "repa")]}, "« repas »"),
        ({"order": [{"column": "jou"}], "columns": [calculated("rank")]}, "« jour »"),
        ({"period": "cout", "columns": [calculated("last_year", "repas")]}, "ne dit pas de période"),
        ({"order": ORDER, "columns": [{**calculated("rank"), "name": "Bio"}]}, "porte déjà le nom"),
    ],
)
def test_an_invalid_window_is_refused(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe({"step": "window", **step}), tables(repas=[]))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"columns": [calculated("rank")]}, "dans quel ordre"),
        ({"columns": [calculated("last_year", "repas")]}, "quelle colonne dit la période"),
        ({"order": ORDER, "columns": [calculated("rank", "repas")]}, "sans colonne"),
        ({"order": ORDER, "columns": [calculated("cumulative")]}, "sur quelle colonne"),
        ({"order": ORDER, "columns": [calculated("cumulative", "repas", rows=3)]}, "retirez leur nombre"),
        ({"order": ORDER, "columns": [calculated("moving_sum", "repas")]}, "2 lignes au moins"),
        ({"order": ORDER, "columns": [calculated("rank"), calculated("rank")]}, "le même nom"),
    ],
)
def test_an_incomplete_window_is_not_stored(step: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        recipe({"step": "window", **step})


def test_a_school_year_is_not_the_year_before_a_year() -> None:
    repas = [
        a_meal(ecole=period, repas=number) for number, period in enumerate(["2023-2024", "2024", "2025"])
    ]
    step = {"step": "window", "period": "ecole", "columns": [calculated("last_year", "repas")]}
    found = compile(recipe(step), tables(repas=repas)).to_pyarrow()
    assert found["last_year repas"].to_pylist() == [None, None, 1]
