"""Gaps of the attendance: weeks without any line while school was open, schools absent while others are served.

In come the sites, the served days and the calendar; out go French notes. Nothing is filled in: a gap is reported, not guessed.
"""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from beffroi.systems.kit.arrays import Mask, Vector
from beffroi.systems.kit.calendar import Calendar
from beffroi.systems.kit.words import listed, plural, short_day

_OPEN_DAYS = 8  # weekdays of school without a line: two weeks
_ABSENT_DAYS = 20  # served days of the town in a row on which a site has no line: a month of school
_MAX_BREAK_DAYS = 20  # days: no break of a school year lasts longer, but the summer's
_LAST_DAYS = 140  # served days in which a site's absence is looked for: one school year


def note_gaps(sites: tuple[str, ...], days: tuple[date, ...], meals: Vector, calendar: Calendar) -> list[str]:
    """`meals[site, day]`, NaN where nothing is known. One note for the town's gaps, one for the sites'."""
    notes: list[str] = []
    weekdays = {day.weekday() for day in days}
    holes = [
        (before, after)
        for before, after in pairwise(days)
        if (after - before).days > _MAX_BREAK_DAYS
        and _school_days_between(before, after, weekdays, calendar) >= _OPEN_DAYS
    ]
    if holes:
        spans = (f"entre le {short_day(before)} et le {short_day(after)}" for before, after in holes[::-1])
        notes.append(
            f"{plural(len(holes), 'période', 'périodes')} d’école sans aucune ligne de repas ({listed(spans, 3)}) : si des repas "
            "y ont été servis, ajoutez-les."
        )
    served = np.isfinite(meals[:, -_LAST_DAYS:])
    absent = [site for site, line in zip(sites, served, strict=True) if _longest_hole(line) >= _ABSENT_DAYS]
    if absent:
        notes.append(
            f"{plural(len(absent), 'site est resté', 'sites sont restés')} plus de {_ABSENT_DAYS} jours de suite sans repas alors "
            f"que d’autres étaient servis : {listed(absent, 3)}. Vérifiez s’il manque des lignes."
        )
    return notes


def _school_days_between(before: date, after: date, weekdays: set[int], calendar: Calendar) -> int:
    """School days strictly between; without a calendar of holidays, only what no break explains is counted."""
    between = [before + timedelta(step) for step in range(1, (after - before).days)]
    if not calendar.holidays and before.month in (6, 7):  # the summer, unknown without a calendar
        return 0
    return sum(day.weekday() in weekdays and not calendar.closed(day) for day in between)


def _longest_hole(served: Mask) -> int:
    """The longest run of days without a line, between the first and the last that have one."""
    known = np.flatnonzero(served)
    return int(np.diff(known).max(initial=1)) - 1
