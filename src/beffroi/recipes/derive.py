"""Derived columns. In: one or two columns and the step. Out: the new column's expression.

Dates follow the French calendar: weeks of ISO 8601, weeks that begin on Monday, school years from 1 September.
"""

from collections.abc import Callable
from typing import Any

import ibis

from beffroi.recipes.common_types import alike
from beffroi.recipes.context import StepContext, describe_type, is_dated
from beffroi.recipes.model import Derive
from beffroi.text import MONTHS, WEEKDAYS


def derive_expression(column: Any, other: Any, step: Derive, ctx: StepContext) -> Any:
    """Expression of the new column; null where an operand is null."""
    if step.operation in _OF_A_DATE:
        if not is_dated(column):
            ctx.refuse(
                f"la colonne « {step.column} » ne contient pas des dates, mais {describe_type(column)}."
            )
        return _OF_A_DATE[step.operation](column)
    if step.operation == "concatenation":
        return _concatenated(_text(column), _text(other), step.separator)
    if step.operation == "difference" and is_dated(column) and is_dated(other):
        return _day(column).delta(_day(other), unit="day")
    for name, value in ((step.column, column), (step.other, other)):
        if not value.type().is_numeric():
            ctx.refuse(f"la colonne « {name} » ne contient pas des nombres, mais {describe_type(value)}.")
    if step.operation == "ratio":
        return column.cast("float64") / other.cast("float64").nullif(0.0) * step.times
    column, other = alike(column, other)
    return column - other if step.operation == "difference" else column + other


def month_text(column: Any) -> Any:
    return column.year().cast("string") + "-" + column.month().cast("string").lpad(2, "0")


def week_text(column: Any) -> Any:
    return column.iso_year().cast("string") + "-S" + column.week_of_year().cast("string").lpad(2, "0")


def _school_year(column: Any) -> Any:
    first = column.year() - (column.month() < 9).cast("int64")
    return first.cast("string") + "-" + (first + 1).cast("string")


def _named(number: Any, names: tuple[str, ...], first: int) -> Any:
    return number.cases(*enumerate(names, start=first), else_=ibis.null("string"))


_OF_A_DATE: dict[str, Callable[[Any], Any]] = {
    "year": lambda column: column.year().cast("int64"),
    "month": month_text,
    "month_name": lambda column: _named(column.month(), MONTHS, 1),
    "week": week_text,
    "weekday": lambda column: _named(column.day_of_week.index(), WEEKDAYS, 0),
    "school_year": _school_year,
}


def _concatenated(left: Any, right: Any, separator: str) -> Any:
    """Both texts, or the only one present: a missing street number must not lose the street."""
    return ibis.coalesce(left + separator + right, left, right)


def _text(column: Any) -> Any:
    return column if column.type().is_string() else column.cast("string")


def _day(column: Any) -> Any:
    return column if column.type().is_date() else column.date()
