"""Referenced columns and renaming: each example of the documentation, on data with other column names."""

from pathlib import Path

import ibis
import pytest

from beffroi.lake.engine import connect
from beffroi.recipes import serialization
from beffroi.recipes.column_names import referenced_columns, rename_columns
from beffroi.recipes.compile import compile
from beffroi.recipes.spatial_joins import extensions_for
from docs.test_pages_of_recipes import TABLES, examples

PAGE = (Path(__file__).resolve().parents[2] / "docs/recettes.md").read_text("utf-8")
EXAMPLES = [text for text, _ in examples({"docs/recettes.md": PAGE})]
COLUMNS = {name for table in TABLES.values() for name in table.column_names}


@pytest.mark.parametrize("text", EXAMPLES)
def test_referenced_columns_can_be_renamed(text: str) -> None:
    recipe = serialization.load_recipe(text)
    read = referenced_columns(recipe)
    assert read or recipe.steps[-1].step == "stack"
    assert read <= COLUMNS
    # Every column of every table has another name; the sources then give back the names that `stack` renames from.
    unchanged = {"poids"}
    others = {
        alias: ibis.memtable(
            table.rename_columns([n if n in unchanged else f"{n} bis" for n in table.column_names])
        )
        for alias, table in TABLES.items()
    }
    if any(step.step in ("stack", "join") for step in recipe.steps):
        return  # names that `stack` gives, and keys that stay, are those of its own test
    engine = ibis.duckdb.from_connection(connect(extensions=extensions_for(recipe)))
    rows = engine.to_pyarrow(compile(rename_columns(recipe, {name: f"{name} bis" for name in read}), others))
    same = engine.to_pyarrow(compile(recipe, {a: ibis.memtable(t) for a, t in TABLES.items()}))
    assert rows.num_rows == same.num_rows


def test_an_empty_mapping_changes_nothing() -> None:
    for text in EXAMPLES:
        recipe = serialization.load_recipe(text)
        assert rename_columns(recipe, {}) == recipe


def test_keys_of_a_join_and_columns_of_a_formula_follow() -> None:
    recipe = serialization.load_recipe(
        """version: 1
title: T
sources: {a: a, b: b}
steps:
- {step: source, source: a}
- {step: join, source: b, on: [{left: code, right: insee}], columns: [habitants]}
- {step: compute, name: x, formula: "[tonnes] / [habitants]"}
- {step: filter, conditions: [{column: flux, op: "=", value: tonnes}]}
"""
    )
    assert referenced_columns(recipe) == {"code", "insee", "habitants", "tonnes", "flux"}
    changed = rename_columns(recipe, {"tonnes": "poids", "insee": "com"})
    assert changed.steps[1].on[0].right == "com"  # type: ignore[union-attr]
    assert changed.steps[2].formula == "[poids] / [habitants]"  # type: ignore[union-attr]
    assert changed.steps[3].conditions[0].value == "tonnes"  # type: ignore[union-attr]


def test_what_the_reference_brings_is_made_and_not_read() -> None:
    recipe = serialization.load_recipe(
        """version: 1
title: T
sources: {a: a}
steps:
- {step: source, source: a}
- {step: reference, column: code, bring: [population, epci_name], names: {epci_name: interco}}
- {step: ranking, value: tonnes, denominator: population, within: [interco]}
"""
    )
    assert referenced_columns(recipe) == {"code", "tonnes"}
    assert rename_columns(recipe, {"code": "insee"}).steps[1].column == "insee"  # type: ignore[union-attr]
