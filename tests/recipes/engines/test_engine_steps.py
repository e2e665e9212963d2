"""Every step, with every option, gives on Sail and Spark what it gives on DuckDB and in plain Python.

Decimals, texts, dates and whole numbers are identical, floats within 1e-9, and the order is the one that is promised.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from beffroi.recipes import model
from beffroi.recipes.compile import check_report, compile, join_report
from beffroi.recipes.engines.connect import Server
from beffroi.recipes.engines.declared import DUCKDB_ONLY, ENGINES
from recipes import plain
from recipes.engines import meals
from recipes.engines.cases import ALL, Case, cases, recipe
from recipes.engines.conftest import Both

CASES = cases()
Rows = list[dict[str, Any]]


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return type(one) is type(other) and bool(one == other)


def equal(one: Any, other: Any) -> bool:
    """For plain Python, whose lists mix whole numbers with others: a column of a table holds one kind."""
    numbers = int | float | Decimal
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, numbers):
        return alike(one, other)
    return isinstance(other, numbers) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _key(row: dict[str, Any]) -> list[str]:
    # Rounded: two sums of the same floats, made in two orders, must not change places.
    return [
        repr(round(float(v), 6) + 0.0) if isinstance(v, int | float | Decimal) else repr(v)
        for v in row.values()
    ]


def same(found: Rows, wanted: Rows, case: Case, alike: Callable[[Any, Any], bool] = alike) -> None:
    if case.sorted_by != (ALL,):
        for name in case.sorted_by:
            assert [row[name] for row in found] == [row[name] for row in wanted], (
                f"another order of « {name} »"
            )
        found, wanted = sorted(found, key=_key), sorted(wanted, key=_key)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert list(one) == list(other)
        different = {name: (one[name], other[name]) for name in one if not alike(one[name], other[name])}
        assert not different, different


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_gives_what_it_gives_on_duckdb(case: Case, both: Both, server: Server) -> None:
    for step in case.recipe.steps:
        if server.name not in ENGINES[type(step)]:
            pytest.skip(f"« {step.step} » does not declare {server.name}")
    wanted: pa.Table = compile(case.recipe, both.here, today=meals.TODAY).to_pyarrow()
    found: pa.Table = compile(case.recipe, both.there, today=meals.TODAY).to_pyarrow()
    assert found.schema == wanted.schema
    same(found.to_pylist(), wanted.to_pylist(), case)


@pytest.mark.parametrize("case", [c for c in CASES if c.plainly], ids=lambda case: case.name)
def test_a_step_gives_what_plain_python_gives(case: Case, both: Both) -> None:
    rows = {name: table.to_pylist() for name, table in meals.arrow().items()}
    wanted = plain.follow(case.recipe, rows, meals.TODAY)
    found = compile(case.recipe, both.there, today=meals.TODAY).to_pyarrow().to_pylist()
    same(found, wanted, Case(case.name, case.recipe), equal)


def test_every_step_is_declared_and_used_here() -> None:
    steps = set(model.Step.__args__[0].__args__)  # type: ignore[attr-defined]
    assert set(ENGINES) == steps
    elsewhere = {step for step, engines in ENGINES.items() if engines != DUCKDB_ONLY}
    used = {type(step) for case in CASES for step in case.recipe.steps}
    assert used == elsewhere


def test_reports_count_the_same_rows(both: Both) -> None:
    joined = recipe({"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}]})
    assert join_report(joined, both.there) == join_report(joined, both.here)
    rules = [{"column": "jour", "rule": "unique"}, {"column": "ecole", "rule": "present"}]
    checked = recipe({"step": "check", "rules": rules})
    assert check_report(checked, both.there) == check_report(checked, both.here)
