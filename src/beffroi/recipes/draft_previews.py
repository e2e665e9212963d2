"""Previews of a recipe being written: columns after each step, first rows, row counts, report on its last join.

In: a recipe, the tables of its sources and the grants they are read through. Out: small tables, never the whole result.
Rows leave through `release`; protected sources are not counted step by step, for two counts may isolate a small one.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from beffroi.lake.grants import Grant
from beffroi.recipes import joins, model, spatial_report
from beffroi.recipes.compile import apply_steps, compile, disclosure_step
from beffroi.recipes.context import StepContext, hidden_columns, visible_columns
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.identifying import IdentifyingColumns, refuse_singling_out
from beffroi.recipes.release import Released, dominance_limited_in, floors_of, release

COLUMNS = pa.schema(
    [
        ("step", pa.int64()),
        ("name", pa.string()),
        ("kind", pa.string()),
        ("type", pa.string()),
        ("trouble", pa.string()),
    ]
)
COUNTS = pa.schema([("step", pa.int64()), ("rows", pa.int64())])
_ROW_BY_ROW = (
    model.Choose, model.Compute, model.Derive, model.Located, model.Place, model.FromReference
)  # fmt: skip
"""Steps that make one row of each row, independently of the others."""
_SAME_ROWS = (*_ROW_BY_ROW, model.Sort, model.Window)
"""Steps that preserve the number of rows: they are not counted again."""


def first_steps(recipe: model.Recipe, count: int) -> model.Recipe:
    """Recipe limited to its first `count` steps."""
    return recipe.model_copy(update={"steps": recipe.steps[:count]})


def columns_by_step(
    recipe: model.Recipe, tables: Mapping[str, ir.Table], grants: Mapping[str, Grant], today: date | None
) -> pa.Table:
    """One row for each column after each step; at the first invalid step, one row with the error."""
    floors, dominance_limited = floors_of(grants), dominance_limited_in(grants)
    guarded = {alias: alias in dominance_limited for alias in floors}
    rows: list[dict[str, Any]] = []
    identifying: dict[str, IdentifyingColumns] = {}
    table: ir.Table | None = None
    for index in range(len(recipe.steps)):
        if table is not None and isinstance(recipe.steps[index], model.Pivot) and hidden_columns(table):
            break  # its columns are only known once its small groups are suppressed
        try:
            disclosure_step(first_steps(recipe, index + 1), floors)
            refuse_singling_out(first_steps(recipe, index + 1), grants, tables, identifying)
            table = apply_steps(recipe, table, tables, range(index, index + 1), today=today, guarded=guarded)
        except RecipeError as error:
            rows.append({"step": index, "trouble": str(error)})
            break
        rows += [
            {"step": index, "name": name, "kind": _kind(table[name]), "type": str(table[name].type())}
            for name in visible_columns(table)
        ]
    return pa.Table.from_pylist(rows, COLUMNS)


def first_rows(
    recipe: model.Recipe,
    tables: Mapping[str, ir.Table],
    grants: Mapping[str, Grant],
    today: date | None,
    limit: int,
) -> Released:
    """First rows of the result; a result longer than `limit` is not counted, only marked truncated."""
    if floors_of(grants):
        expr = compile(
            recipe,
            tables,
            today=today,
            floors=floors_of(grants),
            dominance_limited=dominance_limited_in(grants),
        )
        return release(expr, grants, recipe, tables=tables, today=today, limit=limit)
    # One row more than requested detects truncation; the engine stops reading there.
    expr = _beginning(recipe, tables, today, limit + 1)
    found = release(expr, grants, recipe, tables=tables, today=today, limit=limit + 1)
    return Released(found.table.slice(0, limit), 0, "", found.row_count, found.row_count > limit)


def _beginning(
    recipe: model.Recipe, tables: Mapping[str, ir.Table], today: date | None, count: int
) -> ir.Table:
    """First rows of the result; trailing row-by-row steps are applied to them only."""
    last = len(recipe.steps)
    # Groups have no order but that of all their columns, once the last step is done.
    if not any(isinstance(step, model.Group | model.Pivot) for step in recipe.steps):
        while last > 1 and isinstance(recipe.steps[last - 1], _ROW_BY_ROW):
            last -= 1
    before = compile(first_steps(recipe, last), tables, today=today).limit(count)
    return apply_steps(recipe, before, tables, range(last, len(recipe.steps)), today=today)


def row_counts(
    recipe: model.Recipe,
    tables: Mapping[str, ir.Table],
    grants: Mapping[str, Grant],
    today: date | None,
    expired: Callable[[], bool],
) -> pa.Table:
    """Row count after each step, until a step is invalid or the time has `expired`; the rest is absent.

    Raises QueryRefused for protected sources.
    """
    _refuse_protected(grants)
    rows: list[dict[str, int]] = []
    table: ir.Table | None = None
    for index, step in enumerate(recipe.steps):
        try:
            table = apply_steps(recipe, table, tables, range(index, index + 1), today=today)
            if isinstance(step, _SAME_ROWS) and rows:
                known = rows[-1]["rows"]
            else:
                known = int(table.count().to_pyarrow().as_py())
        except RecipeError:
            break
        except Exception:
            # Interrupted in the middle of a count: what was counted before stays.
            if expired():
                break
            raise
        rows.append({"step": index, "rows": known})
        if expired():
            break
    return pa.Table.from_pylist(rows, COUNTS)


def preview_last_join(
    recipe: model.Recipe, tables: Mapping[str, ir.Table], grants: Mapping[str, Grant], today: date | None
) -> pa.Table:
    """Report on the join that ends the recipe: `rows` before it, those `matched`, the rows `added` by several
    partners, those of the source that are `unmatched_right`. Raises QueryRefused for protected sources.
    """
    _refuse_protected(grants)
    index = len(recipe.steps) - 1
    step = recipe.steps[index]
    if not isinstance(step, model.Join):
        raise QueryRefused("La dernière étape n'est pas un rapprochement : rien n'a été mesuré.")
    if step.source not in tables:
        raise QueryRefused(f"Le jeu de données « {step.source} » n'est pas ouvert : rien n'a été mesuré.")
    before = apply_steps(recipe, None, tables, range(index), today=today)
    found = joins.report(
        before, step, StepContext(index + 1, step, today or date.today()), tables[step.source]
    )
    counts = {
        "rows": found.rows,
        "matched": found.matched,
        "added": found.added,
        "unmatched_right": found.unmatched_right,
    }
    return pa.Table.from_pylist([counts])


def preview_last_spatial_join(
    recipe: model.Recipe, tables: Mapping[str, ir.Table], grants: Mapping[str, Grant], today: date | None
) -> pa.Table:
    """Report on the spatial join that ends the recipe. Raises QueryRefused for protected sources."""
    _refuse_protected(grants)
    index = len(recipe.steps) - 1
    step = recipe.steps[index]
    if not isinstance(step, model.Located) or step.source not in tables:
        raise QueryRefused("La dernière étape ne rapproche pas des lieux : rien n'a été mesuré.")
    before = apply_steps(recipe, None, tables, range(index), today=today)
    found = spatial_report.report(
        before, step, StepContext(index + 1, step, today or date.today()), tables[step.source]
    )
    return pa.Table.from_pylist([found.to_dict()])


def _refuse_protected(grants: Mapping[str, Grant]) -> None:
    if closed := sorted(grants[alias].dataset for alias in floors_of(grants)):
        raise QueryRefused(
            f"« {', '.join(closed)} » porte sur des personnes : ses lignes ne sont pas comptées étape par étape, car deux "
            "nombres proches en désigneraient quelques-unes. Les groupes que l'on peut montrer le sont dans l'aperçu."
        )


def _kind(column: Any) -> str:
    """Kind of a column, as forms need it."""
    kind = column.type()
    if kind.is_boolean():
        return "boolean"
    if kind.is_integer():
        return "integer"
    if kind.is_numeric():
        return "number"
    if kind.is_date():
        return "date"
    if kind.is_timestamp():
        return "datetime"
    return "text" if kind.is_string() else "other"
