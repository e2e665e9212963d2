"""Unpivot: every value appears once, and incompatible columns are refused."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beffroi.recipes.compile import compile
from beffroi.recipes.errors import RecipeError
from recipes import interpreter
from recipes.school_meals import a_meal, compared, recipe, rows, tables


@given(rows, st.sampled_from([["repas"], ["ecole"], ["jour"], ["bio"], ["montant"]]), st.booleans())
def test_columns_as_rows(repas: list[interpreter.Row], columns: list[str], drop: bool) -> None:
    compared(recipe({"step": "unpivot", "columns": columns, "drop_missing": drop}), repas, ordered=True)


@given(rows, st.booleans())
def test_several_columns_as_rows(repas: list[interpreter.Row], drop: bool) -> None:
    derived = {"step": "derive", "name": "double", "operation": "sum", "column": "repas", "other": "repas"}
    step = {
        "step": "unpivot",
        "columns": ["double", "repas"],
        "name": "quoi",
        "value": "combien",
        "drop_missing": drop,
    }
    compared(recipe(derived, step), repas)


def test_names_as_people_write_them_come_back_whole() -> None:
    names = ["l'an 2023", 'dit "le neuf"', "a.b; c", "Été {1}"]
    table = ibis.memtable({"qui": ["x"], **{name: [number] for number, name in enumerate(names)}})
    found = compile(
        recipe({"step": "unpivot", "columns": names, "value": "l'âge"}), {"repas": table}
    ).to_pyarrow()
    assert found["nom"].to_pylist() == names
    assert found["l'âge"].to_pylist() == [0, 1, 2, 3]


def test_a_column_may_take_the_name_of_one_that_is_laid() -> None:
    step = {"step": "unpivot", "columns": ["repas"], "name": "ecoles", "value": "Repas"}
    found = compile(recipe(step), tables(repas=[a_meal(repas=3)])).to_pyarrow().to_pylist()
    assert (found[0]["ecoles"], found[0]["Repas"]) == ("repas", 3)


@pytest.mark.parametrize(
    ("columns", "kind", "values"),
    [
        (["entier", "décimal"], pa.decimal128(38, 2), [Decimal(3), Decimal("1.25")]),
        (["entier", "approché"], pa.float64(), [3.0, 0.5]),
        (["jour", "moment"], pa.timestamp("us"), [datetime(2024, 1, 2), datetime(2024, 1, 2, 8)]),
        (["jour", "vide"], pa.date32(), [date(2024, 1, 2), None]),
    ],
)
def test_values_of_one_kind_take_a_common_type(columns: list[str], kind: Any, values: Any) -> None:
    row = {"entier": [3], "décimal": [Decimal("1.25")], "approché": [0.5], "jour": [date(2024, 1, 2)]}
    row |= {"moment": [datetime(2024, 1, 2, 8)], "vide": pa.nulls(1)}
    table = ibis.memtable(pa.table(row))
    found = compile(recipe({"step": "unpivot", "columns": columns}), {"repas": table}).to_pyarrow()
    assert found["valeur"].type == kind
    assert found["valeur"].to_pylist() == values


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"columns": ["repas", "ecole", "cout"]},
            "« Mettre en lignes ».*« repas » et « cout » contiennent des nombres et « ecole » contient du texte",
        ),
        ({"columns": ["bio", "repas"]}, "« bio » contient oui ou non"),
        ({"columns": ["repa"]}, "« repas »"),
        ({"columns": ["repas"], "name": "Ecole"}, "porte déjà le nom"),
        ({"columns": ["repas"], "value": "ecole"}, "porte déjà le nom"),
    ],
)
def test_values_of_several_kinds_cannot_be_unpivoted(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe({"step": "unpivot", **step}), tables(repas=[]))


@pytest.mark.parametrize(
    "step", [{"columns": ["a", "a"]}, {"columns": []}, {"columns": ["a"], "name": "Valeur"}]
)
def test_columns_laid_twice_or_under_one_name_are_not_stored(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        recipe({"step": "unpivot", **step})
