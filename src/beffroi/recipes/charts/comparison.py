"""Comparison of a large number: its difference from a reference, in percent, as a French sentence with a direction.

In: a figure with a `Comparison` and its table. Out: a `NumberComparison`, or the reason why there is none. The arrow is never
the only sign: the sentence says « en hausse » or « en baisse » too.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from beffroi.recipes.figures import Figure, column_of, format_figure_value, last_period_row, single_value
from beffroi.recipes.french import format_date, humanize_number
from beffroi.text import MONTHS

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_SCHOOL_YEAR = re.compile(r"(\d{4})-(\d{4})")


@dataclass(frozen=True)
class NumberComparison:
    """Comparison of a number. `direction`: up or down; `good`: whether that is the wanted direction, when the figure sets one."""

    text: str
    direction: Literal["up", "down", "same", "unknown"]
    good: bool | None = None

    @property
    def arrow(self) -> str:
        return {"up": "▲", "down": "▼", "same": "＝", "unknown": ""}[self.direction]


def compare_number(figure: Figure, table: pa.Table) -> NumberComparison | None:
    """Comparison of the figure's number; None when it has none, or its number is hidden. Raises FigureError."""
    comparison = figure.comparison
    if comparison is None or figure.kind != "number":
        return None
    value = single_value(figure, table)
    if value is None:
        return None
    other, name = _other(figure, table)
    if other is None:
        return NumberComparison(f"Pas de comparaison : aucune valeur connue pour {name}.", "unknown")
    difference = float(value) - float(other)
    if difference == 0:
        return NumberComparison(f"Sans changement par rapport à {name}.", "same")
    up = difference > 0
    size = format_figure_value(figure, abs(value - other))
    words = f"En {'hausse' if up else 'baisse'} de {size} {_unit(figure)}{_format_relative_difference(difference, other, figure)}"
    if comparison.to == "target":
        over = "au-dessus de" if up else "sous"
        words = (
            f"{size} {_unit(figure)} {over} {name}{_format_relative_difference(difference, other, figure)}"
        )
    else:
        words += f" par rapport à {name}"
    good = None if comparison.better is None else (comparison.better == "up") is up
    text = f"{words} ({format_figure_value(figure, other)} {figure.unit})."
    return NumberComparison(text, "up" if up else "down", good)


def _other(figure: Figure, table: pa.Table) -> tuple[Any, str]:
    """Reference value, and its name."""
    comparison = figure.comparison
    if comparison is None:
        raise ValueError("the figure compares nothing")
    if comparison.to == "target":
        return comparison.value, comparison.name or "l'objectif"
    if comparison.to == "column":
        label = figure.encodings.labels.get(comparison.column or "", comparison.column or "")
        column = column_of(figure, table, comparison.column)
        return column[last_period_row(figure, table)].as_py(), comparison.name or f"« {label} »"
    periods = column_of(figure, table, figure.encodings.x).to_pylist()
    values = column_of(figure, table, figure.encodings.value).to_pylist()
    known = sorted((p, v) for p, v in zip(periods, values, strict=True) if p is not None and v is not None)
    last = periods[last_period_row(figure, table)] if periods else None
    if comparison.to == "previous":
        before = [(p, v) for p, v in known if p < last] if last is not None else []
        if not before:
            return None, "la période d'avant"
        return before[-1][1], comparison.name or format_period(before[-1][0])
    wanted = year_before(last)
    found = next((v for p, v in known if p == wanted), None)
    return found, comparison.name or (format_period(wanted) if wanted is not None else "l'année d'avant")


def year_before(period: Any) -> Any:
    """Same period a year before: 2025 → 2024, « 2025-03 » → « 2024-03 », « 2024-2025 » → « 2023-2024 », a date → the same day."""
    if isinstance(period, int) and not isinstance(period, bool):
        return period - 1
    if isinstance(period, date):
        try:
            return period.replace(year=period.year - 1)
        except ValueError:  # the 29th of February
            return period.replace(year=period.year - 1, day=28)
    if isinstance(period, str) and (found := _SCHOOL_YEAR.fullmatch(period)):
        return f"{int(found[1]) - 1}-{int(found[2]) - 1}"
    if isinstance(period, str) and (found := _MONTH.fullmatch(period)):
        return f"{int(found[1]) - 1}-{found[2]}"
    return None


def format_period(period: Any) -> str:
    """Period in French: « mars 2024 », « 2024 », « le 12/03/2024 »."""
    if isinstance(period, str) and (found := _MONTH.fullmatch(period)) and 1 <= int(found[2]) <= 12:
        return f"{MONTHS[int(found[2]) - 1]} {found[1]}"
    return f"le {format_date(period)}" if isinstance(period, date) else str(period)


def _unit(figure: Figure) -> str:
    return "points" if figure.unit.strip() == "%" else figure.unit


def _format_relative_difference(difference: float, other: Any, figure: Figure) -> str:
    if not other or figure.unit.strip() == "%":
        return ""
    share = 100 * difference / abs(float(other))
    sign = "+" if share > 0 else ""
    return f" ({sign}{humanize_number(round(share, 1))} %)"
