"""Missing periods made explicit. In: a table and the step. Out: its rows, and one more for each period without any.

A period is an integer counted from the year 1, so that the engine generates the missing ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.expr.operations import UnboundTable

from beffroi.recipes import groups
from beffroi.recipes.context import HIDDEN, StepContext, describe_type, is_dated, visible_columns
from beffroi.recipes.derive import month_text, week_text
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import Periods
from beffroi.recipes.windows import sort_key

MAX_PERIODS = 200_000
"""Maximum number of periods shown, those with rows included."""

_INDEX = f"{HIDDEN}period"
_FIRST, _LAST = f"{HIDDEN}first", f"{HIDDEN}last"
_MONDAY = date(1, 1, 1)


@dataclass(frozen=True)
class _Kind:
    """Numbering of periods of one length: number of a date (in the engine, in Python), and first day of a number."""

    number: Callable[[Any], Any]
    number_of: Callable[[date], int]
    first_day: Callable[[Any], Any]


def _months(step: int) -> _Kind:
    return _Kind(
        lambda day: (day.year().cast("int64") * 12 + day.month() - 1) // step,
        lambda day: (day.year * 12 + day.month - 1) // step,
        lambda number: _date(number * step // 12, number * step % 12 + 1),
    )


def _days(step: int) -> _Kind:
    return _Kind(
        lambda day: day.delta(_MONDAY, unit="day") // step,
        lambda day: (day - _MONDAY).days // step,
        lambda number: (ibis.literal(_MONDAY) + (number * step).as_interval("D")).cast("date"),
    )


def _date(year: Any, month: Any) -> Any:
    return ibis.date(year.cast("int32"), month.cast("int32"), ibis.literal(1))


_KINDS = {"day": _days(1), "week": _days(7), "month": _months(1), "quarter": _months(3), "year": _months(12)}


def periods(table: ir.Table, step: Periods, ctx: StepContext) -> ir.Table:
    """Raises RecipeError when the column has no such period, or when too many would be shown."""
    column = ctx.column(table, step.column)
    by = [ctx.column(table, name).get_name() for name in step.by]
    number, written = _read(column, step, ctx)
    numbered = table.select(visible_columns(table)).mutate(**{_INDEX: number})
    bounds = _bounds(numbered, by, step)
    _require_few(bounds, step, ctx)
    rows = _rows(numbered, step, written, ctx)
    names = [name for name in rows.columns if name != _INDEX]
    series = bounds.mutate(**{_INDEX: ibis.range(bounds[_FIRST], bounds[_LAST] + 1).unnest()})
    there = rows.select(*step.by, _INDEX).distinct().view()
    absent = series.anti_join(there, [series[name].identical_to(there[name]) for name in (*step.by, _INDEX)])
    added = {step.column: written(absent[_INDEX]), **{name: absent[name] for name in step.by}}
    rest = {name: _filling(rows[name].type(), name, step) for name in names if name not in added}
    both = ibis.union(
        rows.select(_INDEX, *names),
        absent.select(_INDEX, **{name: {**added, **rest}[name].cast(rows[name].type()) for name in names}),
        distinct=False,
    )
    return both.order_by([sort_key(both[name]) for name in (*step.by, _INDEX)]).select(names)


def _read(column: Any, step: Periods, ctx: StepContext) -> tuple[Any, Callable[[Any], Any]]:
    """Number of each row's period, and how a number is converted back."""
    kind, name = _KINDS[step.period], column.type()
    if is_dated(column):
        day = column if name.is_date() else column.date()
        return kind.number(day), kind.first_day
    if name.is_integer() and step.period == "year":
        return column.cast("int64"), lambda number: number.cast(name.copy(nullable=True))
    if name.is_string() and step.period == "month":
        parts = column.re_extract("^([0-9]{4})-(0[1-9]|1[0-2])$", 1), column.substr(5, 2)
        year, month = (part.nullif("").try_cast("int64") for part in parts)
        return year * 12 + month - 1, lambda number: month_text(kind.first_day(number))
    if name.is_string() and step.period == "week":
        year = column.re_extract("^([0-9]{4})-S(0[1-9]|[1-4][0-9]|5[0-3])$", 1).nullif("").try_cast("int64")
        # The fourth of January lies in the first week.
        first = kind.number(ibis.date(year.cast("int32"), ibis.literal(1), ibis.literal(4)))
        week = first + column.substr(6, 2).try_cast("int64") - 1
        return week, lambda number: week_text(kind.first_day(number))
    forms = {"month": ", ou des mois comme « 2024-03 »", "week": ", ou des semaines comme « 2024-S09 »"}
    forms["year"] = ", ou des années en nombres entiers"
    return ctx.refuse(
        f"la colonne « {step.column} » contient {describe_type(column)} ; il faut des dates{forms.get(step.period, '')}."
    )


def _rows(numbered: ir.Table, step: Periods, written: Callable[[Any], Any], ctx: StepContext) -> ir.Table:
    """Rows to show: those inside the bounds and those without a period; grouped when there are measures."""
    kind, index = _KINDS[step.period], numbered[_INDEX]
    if step.first is not None:
        numbered = numbered.filter((index >= kind.number_of(step.first)).fill_null(True))
    if step.last is not None:
        numbered = numbered.filter((index <= kind.number_of(step.last)).fill_null(True))
    if step.measures:
        measures = {
            measure.name: groups.measure_expression(numbered, measure, ctx) for measure in step.measures
        }
        grouped = numbered.aggregate(by=[*step.by, _INDEX], **measures)
        period = written(grouped[_INDEX]).name(step.column)
        return grouped.select(_INDEX, *step.by, period, *measures)
    if is_dated(numbered[step.column]):
        return numbered.mutate(**{step.column: written(numbered[_INDEX])})
    return numbered


def _filling(kind: Any, name: str, step: Periods) -> Any:
    """Value of a column in an added row: a mean of nothing is not 0, a sum is."""
    summed = [m.name for m in step.measures if m.operation in ("sum", "count", "count_distinct")]
    counts = name in summed if step.measures else kind.is_numeric() and not kind.is_boolean()
    return ibis.literal(0) if step.fill == "zero" and counts else ibis.null()


def _bounds(numbered: ir.Table, by: list[str], step: Periods) -> ir.Table:
    """First and last period of each group."""
    kind, index = _KINDS[step.period], numbered[_INDEX]
    bounds = numbered.aggregate(by=by, **{_FIRST: index.min(), _LAST: index.max()})
    if step.span == "all":
        first, last = (bounds[_FIRST].min().over(ibis.window()), bounds[_LAST].max().over(ibis.window()))
        bounds = bounds.mutate(**{_FIRST: first, _LAST: last})
    requested = {_FIRST: step.first, _LAST: step.last}
    numbers = {name: kind.number_of(day) for name, day in requested.items() if day is not None}
    return bounds.mutate(**{name: ibis.literal(number, "int64") for name, number in numbers.items()})


def _require_few(bounds: ir.Table, step: Periods, ctx: StepContext) -> None:
    """Refuse too many periods, by the one query that runs before the recipe's own: endless periods would take all the memory."""
    if bounds.op().find(UnboundTable):
        return  # a query that is only read as a text
    length = ibis.greatest(bounds[_LAST] - bounds[_FIRST] + 1, 0)
    (count,) = ctx.run(bounds.aggregate(shown=length.sum())).column(0).to_pylist()
    if count is not None and count > MAX_PERIODS:
        ctx.refuse(
            f"il y aurait {humanize_number(count)} périodes à montrer, plus que les {humanize_number(MAX_PERIODS)} permises. "
            "Donnez une première et une dernière date, choisissez une période plus longue ou moins de groupes."
        )
