"""School calendar of these tables, its usual faults corrected against the days served.

In come the tables `holidays`, `public_holidays` and `strikes` (all optional); out go a `Calendar` and notes.
"""

from datetime import date, timedelta

from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.calendar import Calendar, Period, read_days, read_periods
from beffroi.systems.kit.words import listed, plural, short_day


def read_calendar(tables: Tables, served: frozenset[date]) -> tuple[Calendar, list[str]]:
    """The calendar of these tables, with the usual faults of real files corrected against the days served."""
    rejected = cells.Rejected.of(__package__, "holidays")
    holidays = _holidays(tables, served, rejected)
    notes = rejected.notes()
    public = frozenset(read_days(tables, "public_holidays")) if "public_holidays" in tables else None
    strikes, corrected = _strikes(
        read_days(tables, "strikes"), served, Calendar(holidays, public, frozenset())
    )
    if corrected:
        dates = plural(len(corrected), "date de grève tombait", "dates de grève tombaient")
        pairs = listed((f"{short_day(wrong)} → {short_day(right)}" for wrong, right in corrected), 3)
        notes.append(
            f"{dates} un jour sans cantine ; jour et mois étaient intervertis et ont été remis dans l’ordre ({pairs}). "
            "Corrigez le fichier d’origine."
        )
    return Calendar(holidays, public, strikes), notes


def _holidays(tables: Tables, served: frozenset[date], rejected: cells.Rejected) -> tuple[Period, ...]:
    rows = read_periods(tables, "holidays", rejected)
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
