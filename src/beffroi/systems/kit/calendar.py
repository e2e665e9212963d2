"""Calendar of a French town: days off, school holidays, announced strikes, and how far a day is from a break.

In come the shared inputs `school_holidays`, `public_holidays` and `strikes` (all optional); out go answers for any date, past or to
come.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from beffroi.public_holidays import french_public_holidays
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import short_day

type Period = tuple[date, date]
"""First and last day off."""

FAR = 60  # days: beyond, a break no longer matters


@dataclass(frozen=True)
class Calendar:
    """Holidays as (first, last) closed days, public holidays, announced strikes."""

    holidays: tuple[Period, ...]
    public: frozenset[date] | None  # the town's own table
    strikes: frozenset[date]

    def is_public_holiday(self, day: date) -> bool:
        """By the town's own table from its first day to its last; beyond, where it says nothing, the French ones."""
        first, last = self._public_span
        return day in (self.public or ()) if first <= day <= last else day in french_public_holidays(day.year)

    @cached_property
    def _public_span(self) -> Period:
        return (min(self.public), max(self.public)) if self.public else (date.max, date.min)

    def on_holiday(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.holidays)

    def closed(self, day: date) -> bool:
        return day.weekday() >= 5 or self.is_public_holiday(day) or self.on_holiday(day)

    def until_break(self, day: date) -> int:
        """Days to the next school holiday, `FAR` at most (also where none is known)."""
        ahead = [(first - day).days for first, _ in self.holidays if first >= day]
        return min([FAR, *ahead])

    def since_break(self, day: date) -> int:
        behind = [(day - last).days for _, last in self.holidays if last <= day]
        return min([FAR, *behind])

    def gap_before(self, day: date) -> int:
        """Closed days just before this one: 2 on an ordinary Monday, 3 or more after a long week-end."""
        return self._run(day, -1)

    def gap_after(self, day: date) -> int:
        return self._run(day, 1)

    def bridge(self, day: date) -> bool:
        """One working day alone between a public holiday and a week-end."""
        before, after = day - timedelta(1), day + timedelta(1)
        return (self.is_public_holiday(before) and after.weekday() == 5) or (
            self.is_public_holiday(after) and before.weekday() == 6
        )

    def _run(self, day: date, step: int) -> int:
        length = 0
        while length < 9 and self.closed(day + timedelta(step * (length + 1))):
            length += 1
        return length


def school_year(day: date) -> int:
    """The year in which the school year of this day began."""
    return day.year if day.month >= 8 else day.year - 1


def read_days(tables: Tables, name: str) -> list[date]:
    """The days of the column `date` of this table, each once, in order."""
    days = (cells.day(row.get("date")) for row in cells.rows(tables, name))
    return sorted({day for day in days if day is not None})


def read_periods(tables: Tables, name: str, rejected: cells.Rejected) -> list[Period]:
    """The periods (`start`, `end`) of this table, in its order; one that ends before it begins is left out and counted."""
    periods = []
    for row in cells.rows(tables, name):
        first, last = cells.day(row.get("start")), cells.day(row.get("end"))
        if first is None or last is None:
            continue
        if last < first:
            rejected.add("finit avant de commencer", f"du {short_day(first)} au {short_day(last)}")
        else:
            periods.append((first, last))
    return periods


def days_within(periods: list[Period], longest: int = 120) -> frozenset[date]:
    """Every day of these periods, each period cut after `longest` days: a wrong year is no reason to close for ever."""
    return frozenset(
        first + timedelta(n) for first, last in periods for n in range(min((last - first).days + 1, longest))
    )
