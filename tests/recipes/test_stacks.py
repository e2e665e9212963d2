"""Union of sources: no row is lost, columns are matched by name, and each row has its origin."""

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
from beffroi.recipes.model import sources_of
from recipes import interpreter
from recipes.school_meals import compared, recipe, rows, schools, tables


@given(
    rows.filter(bool),
    schools,
    st.sampled_from([{}, {"nom": "ecole"}, {"code": "ecole", "nom": "cuisinier"}]),
    st.sampled_from(["origine", None, "jeu"]),
)
def test_stacks(
    repas: list[interpreter.Row], ecoles: list[interpreter.Row], names: dict[str, str], origin: str | None
) -> None:
    step = {"step": "stack", "sources": ["ecoles"], "rename": {"ecoles": names}, "origin": origin}
    compared(recipe(step), repas, ecoles)


@given(rows.filter(bool), schools)
def test_several_sources_and_what_comes_after(
    repas: list[interpreter.Row], ecoles: list[interpreter.Row]
) -> None:
    step = {"step": "stack", "sources": ["ecoles", "repas"]}
    count = {"step": "group", "by": ["origine"], "measures": [{"name": "n", "operation": "count"}]}
    compared(recipe(step, count), repas, ecoles)


def test_a_stack_reads_its_sources() -> None:
    assert sources_of(recipe()) == {"repas"}
    assert sources_of(recipe({"step": "stack", "sources": ["ecoles"]})) == {"repas", "ecoles"}


def test_whole_numbers_and_decimals_become_decimals() -> None:
    both = {"repas": ibis.memtable({"v": [1]}), "ecoles": ibis.memtable(pa.table({"v": [Decimal("2.50")]}))}
    found = compile(recipe({"step": "stack", "sources": ["ecoles"]}), both).to_pyarrow()
    assert sorted(found["v"].to_pylist()) == [Decimal(1), Decimal("2.50")]
    assert pa.types.is_decimal(found["v"].type)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"rename": {"ecoles": {"nom": "jour", "code": "ecole"}}},
            "« Empiler ».*« jour » contient des dates dans « cantines » et du texte dans « ecoles »",
        ),
        ({"rename": {"ecoles": {"nmo": "ecole"}}}, "« ecoles » n'a pas de colonne « nmo »"),
        ({"rename": {"ecoles": {"nom": "code"}}}, "deux colonnes de « ecoles »"),
        ({"rename": {"ecoles": {"repas": "autre"}}}, "aucune colonne du même nom"),
        ({"rename": {"ecoles": {"nom": "Ecole"}}}, "aux majuscules près"),
        ({"origin": "Bio"}, "porte déjà le nom « Bio »"),
    ],
)
def test_incompatible_columns_cannot_be_stacked(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe({"step": "stack", "sources": ["ecoles"], **step}), tables(repas=[]))


@pytest.mark.parametrize(
    "step",
    [
        {"sources": ["inconnu"]},
        {"sources": ["ecoles", "ecoles"]},
        {"sources": ["ecoles"], "rename": {"repas": {}}},
    ],
)
def test_a_stack_of_what_is_not_there_is_not_stored(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        recipe({"step": "stack", **step})
