"""Disclosure control of a release: nothing under the floor, nothing that a subtraction reveals, no row where only groups may leave."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.lake.grants import Grant, GrantExpired
from beffroi.lake.store import Lake
from beffroi.recipes.compile import compile
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Recipe
from beffroi.recipes.release import release
from beffroi.recipes.requests import Request
from beffroi.recipes.suppression import complementary_suppression, primary_suppression
from lake.lakes import grant, staged

# Communes with 12, 8, 6 and 2 households; the last is under a floor of 5.
COMMUNES = ["Belfort"] * 12 + ["Danjoutin"] * 8 + ["Bavilliers"] * 6 + ["Andelnans"] * 2


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("release")
    with Lake(folder / "personal") as lake, Lake(folder / "lasting") as lasting:
        bonus = [500] + [0] * 11 + [50] * 8 + [20] * 6 + [0] * 2  # in Belfort one household alone has one
        people = {"commune": COMMUNES, "aide": [10] * 28, "an": [2023, 2024] * 14, "prime": bonus}
        aides = lake.write("aides", staged(folder / "s", people), delivery=1, act="a", mode="replace")
        open_data = {
            "nom": ["Belfort", "Belfort", "Andelnans", "Andelnans", "Andelnans"],
            "ligne": [1, 2, 3, 4, 5],
        }
        bus = lasting.write("bus", staged(folder / "s", open_data), delivery=1, act="b", mode="replace")
    protected = {"floor": 5, "aggregate_only": True}
    return {
        "aides": grant(folder / "personal", "aides", aides, ("commune", "aide", "an", "prime"), **protected),
        "bus": grant(folder / "lasting", "bus", bus, ("nom", "ligne")),
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def recipe(*steps: dict[str, Any], first: str = "aides") -> Recipe:
    sources = {"aides": "aides-sociales", "bus": "lignes-de-bus"}
    start = {"step": "source", "source": first}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def total(*by: str, **changes: Any) -> dict[str, Any]:
    measures = [{"name": "total", "operation": "sum", "column": "aide"}, {"name": "n", "operation": "count"}]
    return {"step": "group", "by": by, "measures": measures, **changes}


def test_small_groups_and_the_one_that_would_give_them_back_are_left_out(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    released = engine.answer(Request(recipe(total("commune")), grants))
    assert released.table.to_pylist() == [
        {"commune": "Belfort", "total": 120, "n": 12},
        {"commune": "Danjoutin", "total": 80, "n": 8},
    ]
    assert released.suppressed == 2
    assert "moins de 5 lignes" in released.reason
    assert "soustraction" in released.reason
    assert (released.row_count, released.truncated) == (2, False)


def test_a_sum_to_which_fewer_than_the_floor_bring_something_is_hidden(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    bonus = {"name": "prime", "operation": "sum", "column": "prime"}
    released = engine.answer(
        Request(recipe({"step": "group", "by": ["commune"], "measures": [bonus]}), grants)
    )
    assert "Belfort" not in released.table["commune"].to_pylist()
    assert 500 not in released.table["prime"].to_pylist()


def test_what_comes_after_the_groups_never_sees_the_hidden_ones(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    again = {"step": "group", "measures": [{"name": "tout", "operation": "sum", "column": "total"}]}
    smallest = {"step": "top", "count": 1, "column": "n", "smallest": True}
    small = {"step": "filter", "conditions": [{"column": "n", "op": "<", "value": 8}]}
    assert engine.answer(Request(recipe(total("commune"), again), grants)).table.to_pylist() == [
        {"tout": 200}
    ]
    first = engine.answer(Request(recipe(total("commune"), smallest), grants)).table
    assert first["commune"].to_pylist() == ["Danjoutin"]
    assert engine.answer(Request(recipe(total("commune"), small), grants)).table.num_rows == 0


def test_open_data_joined_after_grouping_reaches_visible_groups_only(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    join = {"step": "join", "source": "bus", "on": [{"left": "commune", "right": "nom"}], "keep": "matched"}
    table = engine.answer(Request(recipe(total("commune"), join), grants)).table
    assert [(row["commune"], row["ligne"]) for row in table.to_pylist()] == [("Belfort", 1), ("Belfort", 2)]


def test_a_join_that_repeats_rows_does_not_make_a_small_group_look_large(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    # Andelnans: two households, three bus lines each: six rows, still two households.
    join = {"step": "join", "source": "bus", "on": [{"left": "commune", "right": "nom"}]}
    table = engine.answer(Request(recipe(join, total("commune")), grants)).table
    assert "Andelnans" not in table["commune"].to_pylist()
    assert {"commune": "Belfort", "total": 240, "n": 24} in table.to_pylist()


def test_protected_rows_joined_to_open_data_are_counted_too(engine: Engine, grants: dict[str, Grant]) -> None:
    join = {"step": "join", "source": "aides", "on": [{"left": "nom", "right": "commune"}]}
    made = recipe(join, total("nom"), first="bus")
    released = engine.answer(Request(made, grants))
    assert released.table.num_rows == 0
    assert released.suppressed == 2


def test_rows_of_a_source_that_only_gives_groups_are_refused(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    for steps in (
        (),
        ({"step": "choose", "columns": ["commune"]},),
        ({"step": "top", "count": 1, "column": "aide"},),
    ):
        with pytest.raises(QueryRefused, match="une à une"):
            engine.answer(Request(recipe(*steps), grants))


def test_rows_joined_after_an_open_grouping_are_refused(engine: Engine, grants: dict[str, Grant]) -> None:
    group = {"step": "group", "by": ["nom"], "measures": [{"name": "lignes", "operation": "count"}]}
    join = {"step": "join", "source": "aides", "on": [{"left": "nom", "right": "commune"}]}
    with pytest.raises(QueryRefused, match="une à une"):
        engine.answer(Request(recipe(group, join, first="bus"), grants))
    assert engine.answer(Request(recipe(group, join, total("nom"), first="bus"), grants)).table.num_rows == 0


def test_protected_rows_may_not_come_back_after_the_grouping(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    join = {"step": "join", "source": "aides", "on": [{"left": "commune", "right": "commune"}]}
    with pytest.raises(RecipeError, match="avant de regrouper"):
        engine.answer(Request(recipe(total("commune"), join), grants))


@pytest.mark.parametrize("operation", ["min", "max"])
def test_the_extremes_of_protected_data_are_refused(
    engine: Engine, grants: dict[str, Grant], operation: str
) -> None:
    extreme = {
        "step": "group",
        "by": ["commune"],
        "measures": [{"name": "m", "operation": operation, "column": "aide"}],
    }
    with pytest.raises(RecipeError, match="d'une seule ligne"):
        engine.answer(Request(recipe(extreme), grants))


def test_a_small_total_is_released_empty(engine: Engine, grants: dict[str, Grant]) -> None:
    only = {"step": "filter", "conditions": [{"column": "commune", "op": "=", "value": "Andelnans"}]}
    released = engine.answer(Request(recipe(only, total()), grants))
    assert released.table.to_pylist() == [{"total": None, "n": None}]
    assert released.reason.startswith("Les groupes de moins de 5 lignes, s'il y en a, ne sont pas montrés")


def test_zero_and_few_rows_give_the_same_message(engine: Engine, grants: dict[str, Grant]) -> None:
    for grouped in (total(), total("an"), total("commune")):
        answers = []
        for place in ("Andelnans", "Nulle-Part"):
            only = {"step": "filter", "conditions": [{"column": "commune", "op": "=", "value": place}]}
            found = engine.answer(Request(recipe(only, grouped), grants))
            answers.append((found.table.to_pylist(), found.reason, found.row_count, found.truncated))
        assert answers[0] == answers[1]
    assert engine.answer(Request(recipe(total("an")), grants)).reason == answers[0][1]


def test_a_pivot_leaves_its_small_cells_empty(engine: Engine, grants: dict[str, Grant]) -> None:
    pivot = {"step": "pivot", "rows": ["commune"], "column": "an", "value": "aide", "operation": "count"}
    released = engine.answer(Request(recipe(pivot), {**grants, "aides": replace(grants["aides"], floor=3)}))
    assert released.table.to_pylist() == [
        {"commune": "Belfort", "2023": 6, "2024": 6},
        {"commune": "Danjoutin", "2023": 4, "2024": 4},
    ]
    assert released.suppressed == 4


def test_a_floor_protects_groups_but_leaves_granted_rows_readable(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    rows_too = {**grants, "aides": replace(grants["aides"], aggregate_only=False)}
    assert engine.answer(Request(recipe(), rows_too)).table.num_rows == 28
    assert engine.answer(Request(recipe(total("commune")), rows_too)).suppressed == 2


def test_groups_only_without_a_floor_still_never_shows_a_single_row(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    groups_only = {**grants, "aides": replace(grants["aides"], floor=0)}
    one = {"step": "filter", "conditions": [{"column": "commune", "op": "=", "value": "Andelnans"}]}
    released = engine.answer(Request(recipe(one, total("an")), groups_only))
    assert (released.table.num_rows, released.suppressed) == (0, 2)


def test_no_hidden_count_ever_leaves(engine: Engine, grants: dict[str, Grant]) -> None:
    rows_too = {**grants, "aides": replace(grants["aides"], aggregate_only=False)}
    for made in (recipe(), recipe(total("commune")), recipe({"step": "sort", "by": [{"column": "an"}]})):
        names = engine.answer(Request(made, rows_too)).table.column_names
        assert not [name for name in names if name.startswith("_beffroi")]


def test_an_expression_without_group_counts_is_not_released(grants: dict[str, Grant]) -> None:
    made = recipe(total("commune"))
    with Lake(Path(grants["aides"].lake), read_only=True) as lake:
        tables = {"aides": lake.relation(grants["aides"])}
        with pytest.raises(QueryRefused, match="n'a pas été compté"):
            release(compile(made, tables), grants, made)
        expired = {"aides": replace(grants["aides"], expires=grants["aides"].expires.replace(year=2020))}
        with pytest.raises(GrantExpired):
            release(compile(made, tables), expired, made)


def test_a_long_result_is_truncated_with_its_row_count(engine: Engine, grants: dict[str, Grant]) -> None:
    released = engine.answer(Request(recipe(first="bus"), grants, limit=2))
    assert (released.table.num_rows, released.row_count, released.truncated) == (2, 5, True)


keys = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=9, unique=True
)


@given(keys, st.data())
def test_no_total_contains_exactly_one_hidden_group(
    groups: list[tuple[str, str]], data: st.DataObject
) -> None:
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=len(groups), max_size=len(groups)))
    under = primary_suppression([(size,) for size in sizes], [5])
    assert under == {index for index, size in enumerate(sizes) if size < 5}
    hidden = under | complementary_suppression(groups, sizes, under)
    for width in (1, 2):
        for summed in combinations(range(2), width):
            totals: dict[Any, list[int]] = defaultdict(list)
            for index, group in enumerate(groups):
                totals[tuple(value for place, value in enumerate(group) if place not in summed)].append(index)
            for members in totals.values():
                assert len(members) == 1 or len(hidden & set(members)) != 1


@given(keys)
def test_where_nothing_is_hidden_nothing_more_is(groups: list[tuple[str, str]]) -> None:
    assert complementary_suppression(groups, [9] * len(groups), set()) == set()
