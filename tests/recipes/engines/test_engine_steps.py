"""Every step and option on Sail and Spark against DuckDB and plain Python.

Decimals, texts, dates and integers are identical, floats within 1e-9, in the guaranteed order.
The quick ring runs one case of each step on Sail, the long ring all of them.
"""

import pyarrow as pa
import pytest

from beffroi.recipes import model
from beffroi.recipes.compile import check_report, compile, join_reports
from beffroi.recipes.engines.connect import Server
from beffroi.recipes.engines.support import DUCKDB_ONLY, ENGINES
from recipes import interpreter
from recipes.engines import meals
from recipes.engines.cases import Case, cases, recipe
from recipes.engines.conftest import Both
from recipes.engines.same import equal, same
from rings import representatives

CASES = cases()
NAMED = {case.name: case for case in CASES}
EACH_STEP = [
    NAMED[name]
    for name in (
        "choose",
        "filter jour between ['2023-01-01', '2023-12-31']",
        "filter ecole contains oe",
        "derive month_name of instant",
        "derive ratio montant part",
        "join all fold=True",
        "group by ['ecole']",
        "sort ['cout', 'n'] True",
        "top montant smallest=True",
        "pivot month_name",
        "place, then its reference",
        "window ['-cout'] of ['bio']",
        "last year of jour within ['ecole']",
        "periods instant by month, rows",
        "ranking {'denominator': 'part', 'rate': 'taux', 'ties': 'dense', 'ascending': True, 'then': ['ecole']}",
        "unpivot ['montant', 'part'] True",
        "stack with its origin",
        "check all",
        "a whole recipe",
    )
]


@pytest.mark.parametrize("case", representatives(CASES, EACH_STEP), ids=lambda case: case.name)
def test_a_step_gives_what_it_gives_on_duckdb(case: Case, both: Both, server: Server) -> None:
    for step in case.recipe.steps:
        if server.name not in ENGINES[type(step)]:
            pytest.skip(f"« {step.step} » does not declare {server.name}")
    wanted: pa.Table = compile(case.recipe, both.here, today=meals.TODAY).to_pyarrow()
    found: pa.Table = compile(case.recipe, both.there, today=meals.TODAY).to_pyarrow()
    assert found.schema == wanted.schema
    same(found.to_pylist(), wanted.to_pylist(), case)


@pytest.mark.parametrize(
    "case",
    representatives([c for c in CASES if c.plainly], [NAMED["join some columns"], NAMED["check failing"]]),
    ids=lambda case: case.name,
)
def test_a_step_gives_what_plain_python_gives(case: Case, both: Both) -> None:
    rows = {name: table.to_pylist() for name, table in meals.arrow().items()}
    wanted = interpreter.follow(case.recipe, rows, meals.TODAY)
    found = compile(case.recipe, both.there, today=meals.TODAY).to_pyarrow().to_pylist()
    same(found, wanted, Case(case.name, case.recipe), equal)


def test_every_step_is_declared_and_used_here() -> None:
    steps = set(model.Step.__args__[0].__args__)  # type: ignore[attr-defined]
    assert set(ENGINES) == steps
    portable = {step for step, engines in ENGINES.items() if engines != DUCKDB_ONLY}
    for those in (CASES, EACH_STEP):
        assert {type(step) for case in those for step in case.recipe.steps} == portable


def test_reports_count_the_same_rows(both: Both) -> None:
    joined = recipe({"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}]})
    assert join_reports(joined, both.there) == join_reports(joined, both.here)
    rules = [{"column": "jour", "rule": "unique"}, {"column": "ecole", "rule": "present"}]
    checked = recipe({"step": "check", "rules": rules})
    assert check_report(checked, both.there) == check_report(checked, both.here)
