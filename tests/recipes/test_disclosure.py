"""Disclosure control across the figures of a board: solving the linear system of all of them reveals no small count.

The attacker is scipy, on what readers see; the library decides by one program and audits by another.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from attacker import Seen, attacked
from hypothesis import given
from hypothesis import strategies as st

import rings
from beffroi.lake.grants import Grant
from beffroi.recipes import disclosure, intervals
from beffroi.recipes.compile import compile
from beffroi.recipes.context import ROW_READ
from beffroi.recipes.disclosure import (
    ProtectedRelease,
    Suppression,
    audit_disclosure,
    count_groups,
    decide_suppression,
)
from beffroi.recipes.model import Recipe
from beffroi.recipes.release import floors_of, release
from lake.lakes import grant

FLOOR = 5
COLUMNS = {"a": "ABC", "b": "xyz", "c": "uv"}
PEOPLE = grant(Path("lac"), "gens", 1, tuple(COLUMNS), floor=FLOOR, aggregate_only=True)
FIGURES = [
    (by, where)
    for by in ((), ("a",), ("b",), ("a", "b"), ("b", "c"), ("a", "b", "c"))
    for where in (None, ("c", "u"), ("a", "B"))
]

type GroupQuery = tuple[tuple[str, ...], tuple[str, str] | None]


def recipe(queries: GroupQuery) -> Recipe:
    by, where = queries
    steps: list[dict[str, Any]] = [{"step": "source", "source": "gens"}]
    if where:
        steps.append({"step": "filter", "conditions": [{"column": where[0], "op": "=", "value": where[1]}]})
    steps.append({"step": "group", "by": by, "measures": [{"name": "n", "operation": "count"}]})
    return Recipe.model_validate({"title": "Essai", "sources": {"gens": "gens"}, "steps": steps})


def table(population: Sequence[dict[str, str]]) -> ibis.Table:
    rows = pa.Table.from_pylist(list(population)).append_column(ROW_READ, [list(range(len(population)))])
    return ibis.memtable(rows)


def read(
    queries: Sequence[GroupQuery], population: Sequence[dict[str, str]], opened: Grant = PEOPLE
) -> list[ProtectedRelease]:
    tables = {"gens": table(population)}
    found = [
        count_groups(recipe(one), {"gens": opened}, tables, today=disclosure.date.today()) for one in queries
    ]
    return [one for one in found if one is not None]


def seen(queries: GroupQuery, one: ProtectedRelease, hidden: Suppression) -> Seen:
    counts = zip(one.groups.keys, one.groups.visible_table["n"].to_pylist(), strict=True)
    visible = {key: n for index, (key, n) in enumerate(counts) if index not in hidden.hidden}
    return Seen(queries[0], visible, dict([queries[1]]) if queries[1] else None)


def exposed(
    queries: Sequence[GroupQuery],
    readings: Sequence[ProtectedRelease],
    found: Sequence[Suppression],
    population: Sequence[Any],
) -> dict[tuple[int, tuple[Any, ...]], tuple[float, float]]:
    """What the attacker pins down more narrowly than the floor."""
    releases = [seen(*one) for one in zip(queries, readings, found, strict=True)]
    totals = {
        n: sum(release.contains(row) for row in population)
        for n, (release, one) in enumerate(zip(releases, found, strict=True))
        if one.whole
    }
    bounds = attacked(population, releases, totals=totals)
    return {place: (low, high) for place, (low, high) in bounds.items() if high - low < FLOOR - 1e-6}


@st.composite
def populations(draw: st.DrawFn) -> list[dict[str, str]]:
    cells = [dict(zip(COLUMNS, key, strict=True)) for key in product(*COLUMNS.values())]
    sizes = draw(
        st.lists(st.sampled_from([0, 0, 1, 2, 3, 6, 9, 14, 30]), min_size=len(cells), max_size=len(cells))
    )
    rows = [cell for cell, size in zip(cells, sizes, strict=True) for _ in range(size)]
    return rows or [cells[0]]


@rings.costly
@given(populations(), st.lists(st.sampled_from(FIGURES), min_size=2, max_size=4, unique=True))
def test_no_small_count_is_revealed_across_the_figures_of_a_board(
    population: list[dict[str, str]], queries: list[GroupQuery]
) -> None:
    readings = read(queries, population)
    found = decide_suppression(readings)
    for one, hidden in zip(readings, found, strict=True):
        sizes = one.groups.visible_table["n"].to_pylist()
        assert {n for n, size in enumerate(sizes) if size < FLOOR} <= hidden.hidden
    assert exposed(queries, readings, found, population) == {}
    assert audit_disclosure(readings, found) == []


@rings.costly
@given(populations(), st.lists(st.sampled_from(FIGURES), min_size=3, max_size=3, unique=True))
def test_an_earlier_release_does_not_change_for_a_later_one(
    population: list[dict[str, str]], queries: list[GroupQuery]
) -> None:
    readings = read(queries, population)
    assert decide_suppression(readings)[:2] == decide_suppression(readings[:2])
    assert decide_suppression(readings)[:1] == decide_suppression(readings[:1])


@rings.costly
@given(populations(), st.lists(st.sampled_from(FIGURES), min_size=2, max_size=4, unique=True))
def test_the_audit_finds_what_the_attacker_finds_in_weak_releases(
    population: list[dict[str, str]], queries: list[GroupQuery]
) -> None:
    readings = read(queries, population)
    # Only the small groups themselves are hidden: most boards then tell them.
    weak = [Suppression(frozenset(one.groups.forbidden), True, ()) for one in readings]
    exposed_groups = {(one.release, one.key) for one in audit_disclosure(readings, weak)}
    assert exposed_groups == set(exposed(queries, readings, weak, population))


def people(**sizes: int) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, key, strict=True)) for key, size in sizes.items() for _ in range(size)]


def test_a_weak_suppression_is_caught() -> None:
    population = people(Axu=20, Axv=3, Bxu=30, Bxv=30)
    queries: list[GroupQuery] = [(("a",), None), (("a", "c"), None)]
    readings = read(queries, population)
    weak = [Suppression(frozenset(one.groups.forbidden), True, ()) for one in readings]
    (caught,) = audit_disclosure(readings, weak)
    assert (caught.release, caught.key, caught.low, caught.high) == (1, ("A", "v"), 3, 3)
    assert exposed(queries, readings, weak, population) == {(1, ("A", "v")): (3.0, 3.0)}
    assert audit_disclosure(readings, decide_suppression(readings)) == []


def test_a_filter_that_leaves_a_few_people_out_is_not_subtracted_from_the_whole() -> None:
    # Three people of A are not « u »: no group of either figure is small, their difference is.
    population = people(Axu=20, Axv=3, Bxu=30, Bxv=30)
    queries: list[GroupQuery] = [(("a",), None), (("a",), ("c", "u"))]
    first, second = read(queries, population)
    whole, filtered = decide_suppression([first, second])
    assert whole.hidden == frozenset()
    assert second.groups.keys[0] == ("A",)
    assert 0 in filtered.hidden
    assert decide_suppression([second])[0].hidden == frozenset()


def test_the_second_figure_hides_more_and_explains_why() -> None:
    population = people(Axu=4, Bxu=9, Cxu=30, Ayv=8, Byv=9, Cyv=30)
    tables, grants = {"gens": table(population)}, {"gens": PEOPLE}

    def released(one: GroupQuery, *earlier: GroupQuery) -> Any:
        made = recipe(one)
        return release(
            compile(made, tables, floors=floors_of(grants)),
            grants,
            made,
            tables=tables,
            earlier=[(recipe(before), grants, tables) for before in earlier],
        )

    by_a, by_b = (("a",), ("c", "u")), (("a",), None)
    assert released(by_b).suppressed == 0
    later = released(by_b, by_a)
    assert later.reason == released(by_b).reason
    crossed = released((("a", "b"), None), by_b)
    assert ("A", "x") not in {(row["a"], row["b"]) for row in crossed.table.to_pylist()}
    assert "moins de 5 lignes" in crossed.reason


def test_a_recipe_that_can_no_longer_be_answered_hides_nothing_of_the_next() -> None:
    population = people(Axu=20, Bxu=30)
    tables, grants = {"gens": table(population)}, {"gens": PEOPLE}
    earlier_recipe = recipe((("commune",), None))
    made = recipe((("a",), None))
    released = release(
        compile(made, tables, floors=floors_of(grants)),
        grants,
        made,
        tables=tables,
        earlier=[(earlier_recipe, grants, tables)],
    )
    assert released.table.num_rows == 2


def test_what_cannot_be_compared_shows_nothing_rather_than_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    population = people(Axu=20, Bxu=30, Cxv=30)
    readings = read([(("a",), None), (("b", "c"), None)], population)
    assert [len(one.hidden) for one in decide_suppression(readings)] == [0, 0]
    monkeypatch.setattr(disclosure, "MAX_PARTS", 2)
    first, second = decide_suppression(readings)
    assert first.hidden == frozenset()
    assert len(second.hidden) == len(readings[1].groups.keys)


def test_past_the_work_allowed_a_figure_shows_nothing_and_those_before_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    population = people(Axu=20, Ayu=15, Azu=12, Bxu=30, Byu=18, Bzu=10, Cxu=3, Cyu=12, Czu=9)
    readings = read([(("a",), None), (("a", "b"), None)], population)
    allowed = decide_suppression(readings)
    assert audit_disclosure(readings, allowed) == []
    monkeypatch.setattr(intervals, "MAX_WORK", 0)
    stopped = decide_suppression(readings)
    assert stopped[0] == allowed[0]
    assert len(stopped[1].hidden) == len(readings[1].groups.keys) > len(allowed[1].hidden)


def test_the_attackers_knowledge_is_what_is_released() -> None:
    population = people(Axu=3, Bxu=9)
    bounds = attacked(population, [Seen(("a",), {("B",): 9})], totals={0: 12})
    assert bounds == {(0, ("A",)): (3, 3)}
    assert attacked(population, [Seen(("a",), {("B",): 9})]) == {(0, ("A",)): (0, inf)}
    assert Counter(row["a"] for row in population) == {"A": 3, "B": 9}
