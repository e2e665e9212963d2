"""Window calculations. In: a table and the step. Out: the same rows, in the same order, with more columns.

`sort_keys` is the order that every step shares: nulls last, ties broken by the remaining columns, so that equal data
always give equal figures.
"""

from collections.abc import Callable, Iterable
from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes.context import HIDDEN, StepContext, describe_type, is_dated, visible_columns
from beffroi.recipes.model import Calculation, Order, Window

_ROW = f"{HIDDEN}row"
_SCHOOL_YEAR = "^[0-9]{4}-[0-9]{4}$"


def sort_key(column: Any, descending: bool = False) -> Any:
    return ibis.desc(column, nulls_first=False) if descending else ibis.asc(column, nulls_first=False)


def distinct_orders(by: Iterable[Order]) -> list[Order]:
    """First order of each column: a second one changes nothing, and of two Ibis would use the last."""
    first: dict[str, Order] = {}
    for order in by:
        first.setdefault(order.column, order)
    return list(first.values())


def sort_keys(table: ir.Table, by: Iterable[Order], ctx: StepContext) -> list[Any]:
    """Requested order, then the other visible columns."""
    requested = {o.column: sort_key(ctx.column(table, o.column), o.descending) for o in distinct_orders(by)}
    return [
        *requested.values(),
        *(sort_key(table[name]) for name in visible_columns(table) if name not in requested),
    ]


def add_columns_in_order(table: ir.Table, columns: dict[str, Any]) -> ir.Table:
    """Table with these columns, windows among them, and its rows in their original order."""
    return restore_row_order(table, lambda numbered: numbered.mutate(**columns))


def restore_row_order(table: ir.Table, change: Callable[[ir.Table], ir.Table]) -> ir.Table:
    """Changed table with its rows back in their original order: a window or a join moves them."""
    return change(table.mutate(**{_ROW: ibis.row_number()})).order_by(_ROW).drop(_ROW)


def window(table: ir.Table, step: Window, ctx: StepContext) -> ir.Table:
    return add_columns_in_order(
        table, {ctx.unused_name(table, one.name): _calculate(table, one, step, ctx) for one in step.columns}
    )


def _calculate(table: ir.Table, calculation: Calculation, step: Window, ctx: StepContext) -> Any:
    partition = [ctx.column(table, name) for name in step.partition]
    if calculation.column is None:
        return _rank(table, calculation, step, partition, ctx)
    if calculation.operation in ("previous", "next", "last_year"):
        column = ctx.column(table, calculation.column)
    else:
        column = ctx.numeric(table, calculation.column)
    if calculation.operation == "share":
        total = column.sum().over(ibis.window(group_by=partition))
        return column.cast("float64") / total.cast("float64").nullif(0.0) * 100
    if calculation.of_a_year:
        return _against(
            column,
            _last_year(table, column, step, partition, ctx),
            calculation.operation.removeprefix("last_year"),
        )
    order = sort_keys(table, step.order, ctx)
    whole = ibis.window(group_by=partition, order_by=order)
    if calculation.operation == "cumulative":
        return column.sum().over(ibis.window(group_by=partition, order_by=order, rows=(None, 0)))
    if calculation.operation in ("moving_mean", "moving_sum"):
        frame = ibis.window(
            group_by=partition, order_by=order, rows=(ibis.preceding(calculation.rows - 1), ibis.preceding(0))
        )
        if calculation.operation == "moving_sum":
            moving = column.sum().over(frame)
        else:
            moving = column.mean().over(frame).cast("float64")
        return ibis.ifelse(ibis.row_number().over(whole) >= calculation.rows - 1, moving, ibis.null())
    if calculation.operation == "next":
        return column.lead(calculation.rows).over(whole)
    earlier = column.lag(calculation.rows).over(whole)
    return _against(column, earlier, {"previous": ""}.get(calculation.operation, f"_{calculation.operation}"))


def _rank(
    table: ir.Table, calculation: Calculation, step: Window, partition: list[Any], ctx: StepContext
) -> Any:
    by = distinct_orders(step.order)
    columns = [ctx.column(table, one.column) for one in by]
    order = [sort_key(column, one.descending) for column, one in zip(columns, by, strict=True)]
    return rank_expression(
        columns[0].notnull(), order, partition, dense=calculation.operation == "dense_rank"
    )


def rank_expression(counts: Any, order: list[Any], partition: list[Any], *, dense: bool) -> Any:
    """Rank from 1 among the rows that count, which come first in this order; null for the others."""
    rank = ibis.dense_rank() if dense else ibis.rank()
    return ibis.ifelse(counts, rank.over(ibis.window(group_by=partition, order_by=order)) + 1, ibis.null())


def _against(column: Any, earlier: Any, operation: str) -> Any:
    """Earlier value itself, its difference from this one, or that difference in percent."""
    if operation == "":
        return earlier
    if operation == "_difference":
        return column - earlier
    base = earlier.cast("float64")
    return ibis.ifelse(earlier > 0, (column - earlier).cast("float64") / base * 100, ibis.null())


def _last_year(table: ir.Table, column: Any, step: Window, partition: list[Any], ctx: StepContext) -> Any:
    """Value of the only row of the same season a year before."""
    name = str(step.period)
    year, season = _season(ctx.column(table, name), name, ctx)
    before = ibis.window(
        group_by=[*partition, season], order_by=year, range=(ibis.preceding(1), ibis.preceding(1))
    )
    is_single = year.notnull() & (year.count().over(before) == 1)
    if column.type().is_boolean():  # Sail moves no frame over yes and no
        return ibis.ifelse(is_single, column.cast("int64").max().over(before).cast("boolean"), ibis.null())
    return ibis.ifelse(is_single, column.max().over(before), ibis.null())


def _season(column: Any, name: str, ctx: StepContext) -> tuple[Any, Any]:
    """Year of a period, and its season within the year."""
    kind = column.type()
    if is_dated(column):
        return column.year().cast("int64"), column.month() * 100 + column.day()
    if kind.is_integer():
        return column.cast("int64"), ibis.literal("")
    if kind.is_string():
        year = ibis.ifelse(column.re_search("^[0-9]{4}(-|$)"), column.substr(0, 4), ibis.null()).cast("int64")
        return year, ibis.ifelse(column.re_search(_SCHOOL_YEAR), ibis.literal("-"), column.substr(4))
    return ctx.refuse(f"la colonne « {name} » ne dit pas de période : elle contient {describe_type(column)}.")
