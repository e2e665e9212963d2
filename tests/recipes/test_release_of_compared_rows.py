"""Steps that compare rows never reveal a protected row, or a hidden group, through its neighbours."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import Request
from lake.lakes import grant, staged

# Households helped: 12, 8 and 6 in three years, 2 in the one between.
YEARS = [2020] * 12 + [2021] * 8 + [2022] * 2 + [2023] * 6


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("compared")
    with Lake(folder / "personal") as lake, Lake(folder / "lasting") as lasting:
        people = {"an": YEARS, "aide": [10] * 28, "autre": [1] * 28}
        aides = lake.write("aides", staged(folder / "s", people), delivery=1, act="a", mode="replace")
        open_data = {"an": [2019, 2020], "total": [70, 75]}
        past = lasting.write("passe", staged(folder / "s", open_data), delivery=1, act="b", mode="replace")
    return {
        "aides": grant(
            folder / "personal", "aides", aides, ("an", "aide", "autre"), floor=5, aggregate_only=True
        ),
        "passe": grant(folder / "lasting", "passe", past, ("an", "total")),
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def recipe(*steps: dict[str, Any], first: str = "aides") -> Recipe:
    sources = {"aides": "aides-sociales", "passe": "aides-passees"}
    start = {"step": "source", "source": first}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


TOTAL = {"step": "group", "by": ["an"], "measures": [{"name": "total", "operation": "sum", "column": "aide"}]}
BEFORE = {"name": "avant", "operation": "previous", "column": "aide"}
WINDOW = {"step": "window", "order": [{"column": "an"}], "columns": [BEFORE]}


UNIQUE = {"step": "check", "rules": [{"column": "an", "rule": "unique"}]}
STACK = {"step": "stack", "sources": ["passe"]}
RANKING = {"step": "ranking", "value": "aide", "denominator": "autre"}
PERIODS = {"step": "periods", "column": "an", "period": "year"}


@pytest.mark.parametrize("step", [WINDOW, PERIODS, RANKING, STACK, UNIQUE], ids=lambda step: step["step"])
def test_protected_rows_are_not_compared_before_they_are_grouped(
    engine: Engine, grants: dict[str, Grant], step: dict[str, Any]
) -> None:
    with pytest.raises(RecipeError, match=r"Étape 2 .*après « Regrouper »"):
        engine.answer(Request(recipe(step, TOTAL), grants))
    with pytest.raises(QueryRefused, match="une à une"):
        engine.answer(Request(recipe(step), grants))
    # Who may see the rows may compare them; who sees groups of them may not, here either.
    rows_too = {**grants, "aides": replace(grants["aides"], aggregate_only=False)}
    names = engine.answer(Request(recipe(step), rows_too)).table.column_names
    assert not [name for name in names if name.startswith("_beffroi")]
    with pytest.raises(RecipeError, match="après « Regrouper »"):
        engine.answer(Request(recipe(step, TOTAL), rows_too))


def test_groups_are_compared_with_visible_groups_only(engine: Engine, grants: dict[str, Grant]) -> None:
    columns = [
        {"name": "cumul", "operation": "cumulative", "column": "total"},
        {"name": "avant", "operation": "previous", "column": "total"},
        {"name": "an dernier", "operation": "last_year", "column": "total"},
        {"name": "part", "operation": "share", "column": "total"},
    ]
    step = {"step": "window", "order": [{"column": "an"}], "period": "an", "columns": columns}
    released = engine.answer(Request(recipe(TOTAL, step), grants))
    # 2022 is under the floor, and 2023 is hidden with it, for the total would give it back.
    assert released.suppressed == 2
    assert released.table.to_pylist() == [
        {"an": 2020, "total": 120, "cumul": 120, "avant": None, "an dernier": None, "part": 60.0},
        {"an": 2021, "total": 80, "cumul": 200, "avant": 120, "an dernier": 120, "part": 40.0},
    ]


def test_a_hidden_period_is_never_reported_as_zero(engine: Engine, grants: dict[str, Grant]) -> None:
    step = {"step": "periods", "column": "an", "period": "year", "last": "2023-01-01"}
    released = engine.answer(Request(recipe(TOTAL, step), grants))
    assert released.table.to_pylist() == [
        {"an": 2020, "total": 120},
        {"an": 2021, "total": 80},
        {"an": 2022, "total": None},
        {"an": 2023, "total": None},
    ]
    with pytest.raises(RecipeError, match="ne vaut pas zéro"):
        engine.answer(Request(recipe(TOTAL, {**step, "fill": "zero"}), grants))


def test_groups_are_ranked_among_visible_groups_only(engine: Engine, grants: dict[str, Grant]) -> None:
    step = {"step": "ranking", "value": "total", "ascending": True}
    released = engine.answer(Request(recipe(TOTAL, step), grants))
    assert released.table.to_pylist() == [
        {"an": 2021, "total": 80, "rang": 1},
        {"an": 2020, "total": 120, "rang": 2},
    ]


def test_a_row_laid_in_several_still_counts_once(engine: Engine, grants: dict[str, Grant]) -> None:
    # Two households, two columns: four rows, still two households.
    step = {"step": "unpivot", "columns": ["aide", "autre"], "name": "quoi", "value": "combien"}
    total = {"name": "total", "operation": "sum", "column": "combien"}
    released = engine.answer(
        Request(recipe(step, {"step": "group", "by": ["an", "quoi"], "measures": [total]}), grants)
    )
    assert {row["an"] for row in released.table.to_pylist()} == {2020, 2021}
    assert {"an": 2020, "quoi": "autre", "total": 12} in released.table.to_pylist()


def test_open_rows_are_stacked_under_visible_groups(engine: Engine, grants: dict[str, Grant]) -> None:
    released = engine.answer(Request(recipe(TOTAL, {"step": "stack", "sources": ["passe"]}), grants))
    assert released.table.to_pylist() == [
        {"an": 2019, "total": 70, "origine": "aides-passees"},
        {"an": 2020, "total": 75, "origine": "aides-passees"},
        {"an": 2020, "total": 120, "origine": "aides-sociales"},
        {"an": 2021, "total": 80, "origine": "aides-sociales"},
    ]


def test_protected_rows_are_stacked_neither_before_nor_after_the_groups(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    step = {"step": "stack", "sources": ["aides"]}
    with pytest.raises(RecipeError, match="après « Regrouper »"):
        engine.answer(
            Request(
                recipe(step, {**TOTAL, "measures": [{"name": "n", "operation": "count"}]}, first="passe"),
                grants,
            )
        )
    with pytest.raises(RecipeError, match="avant de regrouper"):
        engine.answer(Request(recipe(TOTAL, step), grants))
    with pytest.raises(QueryRefused, match="une à une"):
        engine.answer(Request(recipe(step, first="passe"), grants))


def test_single_row_rules_may_precede_the_grouping(engine: Engine, grants: dict[str, Grant]) -> None:
    rule = {"column": "an", "rule": "between", "maximum": 2021}
    check = {"step": "check", "rules": [rule], "keep": "failing"}
    released = engine.answer(Request(recipe(check, TOTAL), grants))
    assert (released.table.num_rows, released.suppressed) == (0, 2)
    after = {"step": "check", "rules": [{"column": "total", "rule": "between", "maximum": 100}]}
    assert engine.answer(Request(recipe(TOTAL, after), grants)).table.to_pylist() == [
        {"an": 2020, "total": 120, "défauts": 1, "motifs": "total : hors des bornes"},
        {"an": 2021, "total": 80, "défauts": 0, "motifs": None},
    ]
