"""Filter conditions. In: a column and a condition of the recipe. Out: a boolean expression, typed like the column.

A value that does not fit its column (« mardi » among dates) is refused in French before anything runs.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import ibis

from beffroi.recipes.context import StepContext, describe_type, is_dated
from beffroi.recipes.model import Condition
from beffroi.recipes.text_folding import fold_expression

_BOOLEANS = {"oui": True, "vrai": True, "true": True, "non": False, "faux": False, "false": False}


def build_condition(column: Any, condition: Condition, ctx: StepContext) -> Any:
    """Boolean expression of a condition. Comparisons stay bare, so that the engine can skip files by their statistics."""
    op, value = condition.op, condition.value
    if op == "missing":
        return column.isnull()
    if op == "present":
        return column.notnull()
    if op in ("last_days", "this_year", "last_year", "this_month"):
        return _recent(column, condition, ctx)
    if op == "contains":
        text = column if column.type().is_string() else column.cast("string")
        return fold_expression(text).contains(fold_expression(ibis.literal(str(value))))
    several = value if isinstance(value, tuple) else (value,)
    literals = [literal(column, one, condition.column, ctx) for one in several]
    if op == "in":
        return column.isin(literals)
    if op == "between":
        return column.between(literals[0], literals[1])
    return _COMPARISONS[op](column, literals[0])


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda column, one: column == one,
    # A missing value differs from any value: the reader expects those rows to stay.
    "!=": lambda column, one: (column != one).fill_null(True),
    "<": lambda column, one: column < one,
    "<=": lambda column, one: column <= one,
    ">": lambda column, one: column > one,
    ">=": lambda column, one: column >= one,
}


def literal(column: Any, value: Any, name: str, ctx: StepContext) -> Any:
    """Value converted to the type of the column of this name."""
    kind = column.type()
    try:
        if is_dated(column):
            moment = datetime.fromisoformat(str(value))
            return ibis.literal(moment.date() if kind.is_date() else moment, type=kind)
        if kind.is_boolean():
            return ibis.literal(value if isinstance(value, bool) else _BOOLEANS[str(value).casefold()])
        if kind.is_numeric() and not isinstance(value, bool):
            return ibis.literal(_number(value))
        if kind.is_string():
            return ibis.literal(str(value))
    except (ValueError, KeyError, InvalidOperation):
        pass
    return ctx.refuse(
        f"« {value} » ne peut pas être comparé à la colonne « {name} », qui contient {describe_type(column)}."
    )


def _number(value: Any) -> int | float:
    """Number, also as French people type it: « 1 234,5 »."""
    text = "".join(str(value).split()).replace(",", ".")
    exact = Decimal(text)
    if not exact.is_finite():
        raise ValueError(text)
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < 2**63 else float(exact)


def _recent(column: Any, condition: Condition, ctx: StepContext) -> Any:
    if not is_dated(column):
        ctx.refuse(
            f"la colonne « {condition.column} » ne contient pas des dates, mais {describe_type(column)}."
        )
    day = column if column.type().is_date() else column.date()
    if condition.op == "last_days":
        first = ctx.today - timedelta(days=int(str(condition.value)) - 1)
    elif condition.op == "this_month":
        first = ctx.today.replace(day=1)
    elif condition.op == "this_year":
        first = date(ctx.today.year, 1, 1)
    else:
        year = ctx.today.year - 1
        return day.between(ibis.literal(date(year, 1, 1)), ibis.literal(date(year, 12, 31)))
    last = {"this_month": _end_of_month(first), "this_year": date(first.year, 12, 31)}.get(
        condition.op, ctx.today
    )
    return day.between(ibis.literal(first), ibis.literal(last))


def _end_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
