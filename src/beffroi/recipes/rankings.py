"""Ranking step with an explicit rule. In: a table and the step. Out: its rows in the order of their ranks, with the rate ranked."""

from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes.context import StepContext, is_dated
from beffroi.recipes.model import Order, Ranking
from beffroi.recipes.windows import rank_expression, sort_key, sort_keys


def ranking(table: ir.Table, step: Ranking, ctx: StepContext) -> ir.Table:
    if step.denominator is not None:
        table = table.mutate(**{ctx.unused_name(table, step.rate_name): _rate(table, step, ctx)})
    value = ctx.column(table, step.rate_name)
    if not is_dated(value):
        ctx.numeric(table, step.rate_name)
    decided = [value, *(ctx.column(table, name) for name in step.then)]
    order = [sort_key(column, not step.ascending) for column in decided]
    within = [ctx.column(table, name) for name in step.within]
    rank = rank_expression(value.notnull(), order, within, dense=step.ties == "dense")
    table = table.mutate(**{ctx.unused_name(table, step.name): rank})
    return table.order_by(sort_keys(table, [Order(column=name) for name in (*step.within, step.name)], ctx))


def _rate(table: ir.Table, step: Ranking, ctx: StepContext) -> Any:
    value, units = ctx.numeric(table, step.value), ctx.numeric(table, str(step.denominator))
    rate = value.cast("float64") / units.cast("float64").nullif(0.0) * step.per
    return ibis.ifelse(units > 0, rate, ibis.null())
