"""Ranks whose rule can be read. In: a table and the step; out: its rows in the order of their ranks, with what made them."""

from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes.context import At, is_dated
from beffroi.recipes.model import Order, Ranking
from beffroi.recipes.windows import ordered, ordering, ranked


def ranking(table: ir.Table, step: Ranking, at: At) -> ir.Table:
    if step.denominator is not None:
        table = table.mutate(**{at.free(table, step.rate_name): _rate(table, step, at)})
    value = at.column(table, step.rate_name)
    if not is_dated(value):
        at.numeric(table, step.rate_name)
    decided = [value, *(at.column(table, name) for name in step.then)]
    order = [ordered(column, not step.ascending) for column in decided]
    within = [at.column(table, name) for name in step.within]
    rank = ranked(value.notnull(), order, within, dense=step.ties == "dense")
    table = table.mutate(**{at.free(table, step.name): rank})
    return table.order_by(ordering(table, [Order(column=name) for name in (*step.within, step.name)], at))


def _rate(table: ir.Table, step: Ranking, at: At) -> Any:
    value, units = at.numeric(table, step.value), at.numeric(table, str(step.denominator))
    rate = value.cast("float64") / units.cast("float64").nullif(0.0) * step.per
    return ibis.ifelse(units > 0, rate, ibis.null())
