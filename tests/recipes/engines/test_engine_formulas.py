"""Operators and functions of formulas on Sail and Spark against DuckDB and plain Python.

The quick ring runs some groups of formulas and one random formula of each kind of value on Sail, the long ring all of them.
"""

from collections.abc import Callable
from itertools import batched
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rings
from beffroi.recipes import formula
from recipes import test_formula_cases as written
from recipes.formula_interpreter import MAKERS, Made, Row, rows
from recipes.test_formula_reference import compare


def _cases() -> list[tuple[str, Any]]:
    """The formulas of the cases of DuckDB, with what they give."""
    marked = [mark for name in dir(written) for mark in getattr(getattr(written, name), "pytestmark", [])]
    return [case for mark in marked if mark.name == "parametrize" for case in mark.args[1]]


CASES = _cases()
GROUPS = list(batched(CASES, 15))
MADE = [(kind, maker) for kind, makers in MAKERS.items() for maker in makers]


@pytest.mark.parametrize("some", rings.representatives(GROUPS, GROUPS[::4]), ids=lambda some: some[0][0])
def test_a_formula_gives_what_it_gives_on_duckdb(backend: Any, some: tuple[tuple[str, Any], ...]) -> None:
    table = ibis.memtable(pa.Table.from_pylist([written.ROW], ibis.schema(written.COLUMNS).to_pyarrow()))
    columns = {name: table[name] for name in table.columns}
    expressions = {
        f"f{n}": formula.expression(text, columns, written.TODAY) for n, (text, _) in enumerate(some)
    }
    (found,) = backend.to_pyarrow(table.select(**expressions)).to_pylist()
    for n, (text, value) in enumerate(some):
        actual = found[f"f{n}"]
        assert type(actual) is type(value), text
        assert actual == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), text


def test_every_function_is_among_them() -> None:
    texts = " ".join(text.upper().replace("É", "E") for text, _ in CASES)
    assert [one.name for one in formula.describe() if f"{one.name}(" not in texts] == []


@pytest.mark.parametrize(
    ("kind", "maker"), rings.representatives(MADE, [(kind, makers[0]) for kind, makers in MAKERS.items()])
)
def test_a_formula_gives_what_plain_python_gives(
    backend: Any, kind: str, maker: Callable[..., st.SearchStrategy[Made]]
) -> None:
    @rings.costly
    @given(maker(kind, 0), rows)
    def check(made: Made, rows: list[Row]) -> None:
        compare(backend, made, rows)

    check()
