"""School calendar: which days are served, and how far each is from a break.

In come the tables `holidays`, `public_holidays` and `strikes` (all optional); out go answers for any date, past or to come.
Nothing here looks at a served day later than the requested one.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import listed, plural, short_day
from beffroi.systems.public_holidays import french_public_holidays

FAR = 60  # days: beyond, a break no longer matters


@dataclass(frozen=True)
class Calendar:
    """Holidays as (first, last) closed days, public holidays, announced strikes."""

    holidays: tuple[tuple[date, date], ...]
    public: frozenset[date] | None  # None: the French ones, computed
    strikes: frozenset[date]

    def is_public_holiday(self, day: date) -> bool:
        return day in self.public if self.public is not None else day in french_public_holidays(day.year)

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


def read_calendar(tables: Tables, served: frozenset[date]) -> tuple[Calendar, list[str]]:
    """The calendar of these tables, with the usual faults of real files corrected against the days served."""
    notes: list[str] = []
    holidays = _holidays(tables, served)
    public = frozenset(_days(tables, "public_holidays")) if "public_holidays" in tables else None
    strikes, corrected = _strikes(_days(tables, "strikes"), served, Calendar(holidays, public, frozenset()))
    if corrected:
        dates = plural(len(corrected), "date de grève tombait", "dates de grève tombaient")
        pairs = listed((f"{short_day(wrong)} → {short_day(right)}" for wrong, right in corrected), 3)
        notes.append(
            f"{dates} un jour sans cantine ; jour et mois étaient intervertis et ont été remis dans l’ordre ({pairs}). "
            "Corrigez le fichier d’origine."
        )
    return Calendar(holidays, public, strikes), notes


def _days(tables: Tables, name: str) -> list[date]:
    days = (cells.day(row["date"]) for row in cells.rows(tables, name))
    return sorted({day for day in days if day is not None})


def _holidays(tables: Tables, served: frozenset[date]) -> tuple[tuple[date, date], ...]:
    ends_of = [(cells.day(row["start"]), cells.day(row["end"])) for row in cells.rows(tables, "holidays")]
    rows = [(first, last) for first, last in ends_of if first and last and first <= last]
    # Some calendars give the last day off, others the day of return: the days served tell which.
    if served:
        start, stop = min(served), max(served)
        ends = [last for _, last in rows if start <= last <= stop and last.weekday() < 5]
        if ends and sum(day in served for day in ends) * 2 > len(ends):
            rows = [(first, last - timedelta(1)) for first, last in rows]
        starts = [first for first, _ in rows if start <= first <= stop and first.weekday() < 5]
        if starts and sum(day in served for day in starts) * 2 > len(starts):
            rows = [(first + timedelta(1), last) for first, last in rows]
    # Holidays of several zones given together: a range on which meals were served is another zone's.
    ranges = [
        (first, last)
        for first, last in rows
        if first <= last and sum(first <= day <= last for day in served) * 4 <= (last - first).days + 1
    ]
    return tuple(sorted(set(ranges)))


def _strikes(
    announced: list[date], served: frozenset[date], calendar: Calendar
) -> tuple[frozenset[date], list[tuple[date, date]]]:
    last = max(served, default=date.min)
    strikes: set[date] = set()
    corrected: list[tuple[date, date]] = []
    for day in announced:
        strikes.add(day)
        # A strike announced for a day to come is not served yet: only a closed day proves the exchange there.
        without_meals = calendar.closed(day) or (day <= last and day not in served)
        if day.day <= 12 and day.day != day.month and without_meals:
            swapped = date(day.year, day.day, day.month)
            if swapped in served:
                strikes.discard(day)
                strikes.add(swapped)
                corrected.append((day, swapped))
    return frozenset(strikes), corrected
