"""Grouping and pivoting. In: a table and the step. Out: one row a group, with the hidden counts of protected rows.

A group of protected data has, for each protected source, the number of its distinct units in the group and behind each
measure, and the largest contribution: `release` decides on these, and is the only way out for a group.
"""

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes.context import (
    BY,
    FIRM,
    ROW,
    ROWS,
    SUM,
    TOP,
    UNITS,
    StepContext,
    describe_type,
    hidden_columns,
)
from beffroi.recipes.french import join_words, natural_order
from beffroi.recipes.model import Group, Measure, Pivot

MAX_PIVOT_COLUMNS = 60
ADDITIVE = ("sum", "mean")
"""Measures whose values add up from group to group: the mean does, once the count is known."""
EMPTY = "(vide)"
"""Name of the column for an empty text: the engine takes no empty name."""


def group(table: ir.Table, step: Group, ctx: StepContext) -> ir.Table:
    table = _add_unit_totals(table, step, ctx)
    keys = [ctx.column(table, name) for name in step.by]
    measures = {measure.name: measure_expression(table, measure, ctx) for measure in step.measures}
    counts = _protected_counts(table, step, ctx) if hidden_columns(table) else {}
    return table.aggregate(by=keys, **measures, **counts)


def _additive_measures(step: Group) -> dict[int, Measure]:
    return {n: measure for n, measure in enumerate(step.measures) if measure.operation in ADDITIVE}


def _add_unit_totals(table: ir.Table, step: Group, ctx: StepContext) -> ir.Table:
    """Total contribution of each dominance-limited unit to its group, on each of its rows."""
    totals = {}
    for name in hidden_columns(table):
        if name.startswith(FIRM):
            of_one = ibis.window(group_by=[*(ctx.column(table, key) for key in step.by), table[name]])
            for n, measure in _additive_measures(step).items():
                column = f"{TOP}{name.removeprefix(FIRM)}_{n}"
                totals[column] = _number(table, measure, ctx).sum().over(of_one).abs()
    return table.mutate(**totals) if totals else table


def _protected_counts(table: ir.Table, step: Group, ctx: StepContext) -> dict[str, Any]:
    """Hidden counts of a group of protected rows. Rows unmatched by a join have no unit and are not counted."""
    counts: dict[str, Any] = {}
    for name in hidden_columns(table):
        number = name.rpartition("_")[2]
        if name.startswith(ROW):
            counts[f"{ROWS}{number}"] = table[name].nunique()
        elif name.startswith(TOP):
            counts[name] = table[name].max()
        else:
            counts[f"{UNITS}{number}"] = table[name].nunique()
            for n, measure in enumerate(step.measures):
                if measure.column is not None:
                    counts[f"{BY}{number}_{n}"] = table[name].nunique(where=_contributes(table, measure, ctx))
    return counts | {
        f"{SUM}{n}": _number(table, measure, ctx).sum() for n, measure in _additive_measures(step).items()
    }


def _contributes(table: ir.Table, measure: Measure, ctx: StepContext) -> Any:
    """Whether a row contributes to the measure: a present value, and for additive measures a non-zero one."""
    column = ctx.column(table, str(measure.column))
    if measure.operation not in ADDITIVE:
        return column.notnull()
    return _number(table, measure, ctx) != 0


def _number(table: ir.Table, measure: Measure, ctx: StepContext) -> Any:
    column = ctx.column(table, str(measure.column))
    return column.cast("int64").cast("float64") if column.type().is_boolean() else column.cast("float64")


def pivot(table: ir.Table, step: Pivot, ctx: StepContext) -> ir.Table:
    keys = [ctx.column(table, name) for name in step.rows]
    spread = ctx.column(table, step.column)
    words = spread if spread.type().is_string() else spread.cast("string")
    names = step.values if step.values is not None else _distinct_values(words, step, ctx)
    clashes = sorted(set(names) & set(step.rows))
    if clashes:
        ctx.refuse(f"{join_words(clashes)} serait à la fois une ligne et une colonne. Renommez-la d'abord.")
    cells = {
        name or EMPTY: aggregate_expression(table, step.operation, step.value, ctx, where=words == name)
        for name in names
    }
    if not cells:
        return table.select(keys).distinct()
    return table.aggregate(by=keys, **cells)


def pivot_grouping(step: Pivot) -> Group:
    """Grouping behind a pivot, before its cells become columns."""
    measure = Measure(name=step.value, operation=step.operation, column=step.value)
    return Group(by=(*step.rows, step.column), measures=(measure,))


def _distinct_values(words: Any, step: Pivot, ctx: StepContext) -> tuple[str, ...]:
    """Distinct values to make columns of: the one query that runs before the recipe's own."""
    few = ctx.run(words.name("value").as_table().distinct().limit(MAX_PIVOT_COLUMNS + 2))
    found = sorted(name for name in few.column(0).to_pylist() if name is not None)
    names = tuple(natural_order(found) or found)
    if len(names) > MAX_PIVOT_COLUMNS:
        ctx.refuse(
            f"« {step.column} » a plus de {MAX_PIVOT_COLUMNS} valeurs différentes. Filtrez ou regroupez d'abord."
        )
    return names


def measure_expression(table: ir.Table, measure: Measure, ctx: StepContext) -> Any:
    if measure.column is None:
        return table.count()
    return aggregate_expression(table, measure.operation, measure.column, ctx)


def aggregate_expression(
    table: ir.Table, operation: str, name: str, ctx: StepContext, *, where: Any = None
) -> Any:
    column = ctx.column(table, name)
    if operation in ("sum", "mean"):
        if column.type().is_boolean():
            column = column.cast("int64")
        if not column.type().is_numeric():
            what = "la somme" if operation == "sum" else "la moyenne"
            ctx.refuse(f"on ne peut pas faire {what} de « {name} », qui contient {describe_type(column)}.")
    functions: dict[str, Callable[..., Any]] = {
        "sum": lambda: column.sum(where=where),
        # Ibis gives the mean of decimals as many digits as they have: it would be rounded to the cent.
        "mean": lambda: column.mean(where=where).cast("float64"),
        "count": lambda: column.count(where=where),
        "count_distinct": lambda: column.nunique(where=where),
        "min": lambda: column.min(where=where),
        "max": lambda: column.max(where=where),
    }
    return functions[operation]()
