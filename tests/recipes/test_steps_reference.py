"""Every step and option on DuckDB against the reference interpreter.

The same cases run on Sail and Spark in `tests/recipes/engines`.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pytest

from beffroi.recipes.compile import compile
from recipes import interpreter
from recipes.engines import meals
from recipes.engines.cases import Case, cases
from recipes.engines.same import Rows, equal, same


@pytest.fixture(scope="module")
def tables() -> Iterator[dict[str, ir.Table]]:
    engine = ibis.duckdb.connect()
    for name, table in meals.arrow().items():
        engine.con.register("arriving", table)
        engine.con.execute(f"CREATE TABLE {name} AS FROM arriving")
    yield {name: engine.table(name) for name in meals.arrow()}
    engine.disconnect()


@pytest.fixture(scope="module")
def rows() -> dict[str, Rows]:
    return {name: table.to_pylist() for name, table in meals.arrow().items()}


@pytest.mark.parametrize("case", [case for case in cases() if case.plainly], ids=lambda case: case.name)
def test_a_step_gives_what_plain_python_gives(
    case: Case, tables: dict[str, ir.Table], rows: dict[str, Rows]
) -> None:
    found = compile(case.recipe, tables, today=meals.TODAY).to_pyarrow().to_pylist()
    same(found, interpreter.follow(case.recipe, rows, meals.TODAY), Case(case.name, case.recipe), equal)
