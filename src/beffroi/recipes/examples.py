"""Example-based tests of a recipe: does it turn its example rows into the expected ones?

In: a recipe. Out: an `ExampleResult` an example. No data of a territory is read. The site runs them in the query processes
(`ExamplesRequest`), the command line in its own.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from beffroi.lake.grants import Grant
from beffroi.recipes.compile import compile
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.lake_session import LakeSession
from beffroi.recipes.model import Recipe, Sort, Top
from beffroi.recipes.model.examples import Cell, Example, Expected, Sample
from beffroi.recipes.release import Released
from beffroi.recipes.spatial_joins import extensions_for

_TYPES: Final[dict[str, tuple[pa.DataType, Callable[[Any], Any]]]] = {
    "text": (pa.string(), str),
    "code": (pa.string(), str),
    "integer": (pa.int64(), int),
    "decimal": (pa.decimal128(38, 6), lambda value: Decimal(str(value))),
    "number": (pa.float64(), float),
    "boolean": (pa.bool_(), lambda value: value if isinstance(value, bool) else _refused(value)),
    "date": (pa.date32(), lambda value: date.fromisoformat(str(value))),
    "datetime": (pa.timestamp("us"), lambda value: datetime.fromisoformat(str(value))),
}


@dataclass(frozen=True)
class ExampleResult:
    """Result of one example. `mismatch`: the first difference, in French, "" when it passed; `found`: the actual rows, None after an error."""

    title: str
    mismatch: str
    found: Expected | None

    @property
    def passed(self) -> bool:
        return not self.mismatch


def run_examples(
    recipe: Recipe, run: Callable[[ir.Table], pa.Table] = ir.Table.to_pyarrow
) -> list[ExampleResult]:
    """Result of each example, in order; an error is a result too."""
    return [_checked(recipe, example, run) for example in recipe.examples]


def _checked(recipe: Recipe, example: Example, run: Callable[[ir.Table], pa.Table]) -> ExampleResult:
    try:
        tables = {alias: ibis.memtable(_table(alias, sample)) for alias, sample in example.given.items()}
        result = run(compile(recipe, tables, today=example.today))
    except RecipeError as error:
        return ExampleResult(example.title, str(error), None)
    rows = [tuple(_cell(value) for value in row.values()) for row in result.to_pylist()]
    found = Expected.model_construct(columns=tuple(result.column_names), rows=tuple(rows))
    in_order = isinstance(recipe.steps[-1], Sort | Top)
    return ExampleResult(example.title, _differs(example.expect, found, in_order=in_order), found)


def _table(alias: str, sample: Sample) -> pa.Table:
    columns = {}
    for place, (name, kind) in enumerate(sample.columns.items()):
        arrow, read = _TYPES[kind]
        values = []
        for number, row in enumerate(sample.rows, 1):
            try:
                values.append(None if row[place] is None else read(row[place]))
            except (ValueError, TypeError, InvalidOperation) as error:
                raise RecipeError(
                    f"« {alias} », ligne {number} : « {row[place]} » ne convient pas à « {name} » ({kind})."
                ) from error
        try:
            columns[name] = pa.array(values, arrow)
        except (pa.ArrowInvalid, OverflowError) as error:
            raise RecipeError(f"« {alias} » : une valeur de « {name} » est trop longue.") from error
    return pa.table(columns)


def _differs(expected: Expected, found: Expected, *, in_order: bool) -> str:
    """First difference; empty when there is none."""
    absent = [name for name in expected.columns if name not in found.columns]
    if absent:
        return f"Le résultat n'a pas de colonne « {absent[0]} »."
    places = [found.columns.index(name) for name in expected.columns]
    rows = [tuple(row[place] for place in places) for row in found.rows]
    if in_order:
        for number, (wanted, row) in enumerate(zip(expected.rows, rows, strict=False), 1):
            if not _same(wanted, row):
                return f"Ligne {number} : {_format_row(wanted)} attendu, {_format_row(row)} trouvé."
    left = list(rows)
    for wanted in expected.rows:
        same = next((row for row in left if _same(wanted, row)), None)
        if same is None:
            return f"{_format_row(wanted)} est attendu, et n'est pas dans le résultat."
        left.remove(same)
    return f"{_format_row(left[0])} est dans le résultat, et n'est pas attendu." if left else ""


def _same(one: tuple[Cell, ...], other: tuple[Cell, ...]) -> bool:
    return all(_alike(a, b) for a, b in zip(one, other, strict=True))


def _alike(one: Cell, other: Cell) -> bool:
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other)]
    if all(numbers):
        return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]
    return type(one) is type(other) and one == other


def _format_row(row: tuple[Cell, ...]) -> str:
    return "« " + " ; ".join("vide" if value is None else str(value) for value in row) + " »"


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _refused(value: Any) -> Any:
    raise ValueError(value)


@dataclass(frozen=True)
class ExamplesRequest:
    """Request to run a recipe's examples in the query processes; needs no grant, for no dataset is read."""

    recipe: Recipe
    territory: str

    @property
    def extensions(self) -> tuple[str, ...]:
        return extensions_for(self.recipe)

    def grants_read(self) -> Mapping[str, Grant]:
        return {}

    def execute(self, session: LakeSession, max_rows: int) -> Released:
        verdicts = run_examples(self.recipe, session.backend.to_pyarrow)
        rows = [
            [v.title, v.mismatch, v.found and {"columns": v.found.columns, "rows": v.found.rows}]
            for v in verdicts
        ]
        table = pa.table({"verdict": pa.array([json.dumps(one) for one in rows], pa.string())})
        return Released(table, 0, "", table.num_rows, truncated=False)

    @staticmethod
    def read(answer: Released) -> list[ExampleResult]:
        """Example results of an answer."""
        rows = [json.loads(row) for row in answer.table["verdict"].to_pylist()]
        return [
            ExampleResult(
                title,
                mismatch,
                found
                and Expected.model_construct(
                    columns=tuple(found["columns"]), rows=tuple(map(tuple, found["rows"]))
                ),
            )
            for title, mismatch, found in rows
        ]

    def to_json(self) -> str:
        return json.dumps(
            {"examples": {"recipe": self.recipe.model_dump(mode="json"), "territory": self.territory}}
        )

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        payload = data["examples"]
        return cls(Recipe.model_validate(payload["recipe"]), str(payload["territory"]))
