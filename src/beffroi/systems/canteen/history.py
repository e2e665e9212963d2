"""Attendance history as one matrix, sites × served days, cleaned of the faults of real files.

In comes the table `attendance` (and the calendar's tables); out goes a `History`, with French notes for every row left out.
Raises `BadInput` only when nothing can be computed.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.canteen.calendar import read_calendar
from beffroi.systems.canteen.gaps import note_gaps
from beffroi.systems.canteen.rows import (
    Row,
    deduplicate_rows,
    drop_implausible_meals,
    drop_isolated_dates,
    read_rows,
    split_shared_names,
)
from beffroi.systems.canteen.site_levels import UsualDays
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit.arrays import Mask, Matrix
from beffroi.systems.kit.calendar import Calendar
from beffroi.systems.kit.series import median_of_known
from beffroi.systems.kit.words import listed, plural, short_day

MIN_HISTORY_DAYS = 40  # served days of the town: two months of school
MIN_SITE_DAYS = 12  # served days of one site
_COLLAPSE = 0.75  # a day under this share of what was usual is exceptional (strike, snow…)


@dataclass(frozen=True)
class History:
    """`meals[site, day]`: NaN where nothing was served or known. `usual[day]`: False on strikes and collapses."""

    sites: tuple[str, ...]
    groups: tuple[str, ...]
    days: tuple[date, ...]
    meals: Matrix
    ordered: Matrix | None
    usual: Mask
    calendar: Calendar
    notes: tuple[str, ...]
    # What the town has already ordered for days whose meals are not known, by site and day.
    planned: dict[tuple[str, date], float] = field(default_factory=dict)

    @cached_property
    def past(self) -> UsualDays:
        """Levels known at the end of each day, computed once."""
        return UsualDays(self.days, self.meals, self.ordered, self.usual)


def read_history(tables: Tables, before: date | None = None) -> History:
    """Clean the attendance. `before`: what was known on this day. Raises `BadInput` where it is empty or far too short."""
    notes: list[str] = []
    rows, planned = read_rows(tables, notes, before)
    rows = drop_isolated_dates(rows, notes)
    rows = deduplicate_rows(split_shared_names(rows, notes), notes)
    rows = drop_implausible_meals(rows, notes)
    rows = _long_enough(rows, notes)
    days = tuple(sorted({row.day for row in rows}))
    if len(days) < MIN_HISTORY_DAYS:
        usable = plural(len(days), "jour servi exploitable", "jours servis exploitables")
        raise BadInput(
            f"L’historique des repas ne compte que {usable} ; il en faut au moins "
            f"{MIN_HISTORY_DAYS} (deux mois d’école) pour prévoir. Ajoutez les mois précédents au jeu de données."
        )
    groups = {row.site: row.group for row in rows}
    sites = tuple(sorted(groups))
    place = {site: index for index, site in enumerate(sites)}
    column = {day: index for index, day in enumerate(days)}
    meals = np.full((len(sites), len(days)), np.nan)
    ordered = np.full_like(meals, np.nan)
    for row in rows:
        meals[place[row.site], column[row.day]] = row.meals
        ordered[place[row.site], column[row.day]] = row.ordered
    calendar, calendar_notes = read_calendar(tables, frozenset(days))
    usual = _usual(meals, days, calendar)
    collapsed = [day for day, ok in zip(days, usual, strict=True) if not ok and day not in calendar.strikes]
    if collapsed:
        calendar_notes.append(
            f"{plural(len(collapsed), 'jour', 'jours')} sans grève déclarée, mais très en dessous de l’habitude (le dernier : "
            f"{short_day(collapsed[-1])}) : rien n’en est appris. Déclarez les grèves."
        )
    calendar_notes += note_gaps(sites, days, meals, calendar)
    return History(
        sites=sites,
        groups=tuple(groups[site] for site in sites),
        days=days,
        meals=meals,
        ordered=ordered if np.isfinite(ordered).any() else None,
        usual=usual,
        calendar=calendar,
        notes=(*notes, *calendar_notes),
        planned=_planned(planned, place),
    )


def attendance_since(attendance: pa.Table, begin: date) -> pa.Table:
    """The lines of the attendance from this day on."""
    return attendance.filter(pc.greater_equal(attendance.column("date"), begin))


def _planned(rows: list[Row], place: dict[str, int]) -> dict[tuple[str, date], float]:
    found: dict[tuple[str, date], float] = {}
    for row in rows:
        own = f"{row.site} ({row.group})"
        site = own if own in place else row.site
        if site in place:
            found[site, row.day] = row.ordered
    return found


def _long_enough(rows: list[Row], notes: list[str]) -> list[Row]:
    counts = Counter(row.site for row in rows)
    short = {site: number for site, number in counts.items() if number < MIN_SITE_DAYS}
    if short:
        sites = plural(len(short), "site n’est pas prévu", "sites ne sont pas prévus")
        examples = (f"{site} ({plural(days, 'jour', 'jours')})" for site, days in sorted(short.items()))
        notes.append(
            f"{sites}, faute d’historique : {listed(examples, 3)}. Il faut {MIN_SITE_DAYS} jours servis."
        )
    return [row for row in rows if row.site not in short]


def _usual(meals: Matrix, days: tuple[date, ...], calendar: Calendar) -> Mask:
    """Mask of usual days: False on strikes and where most sites fell far below their last weeks. Looks only backwards."""
    usual = np.array([day not in calendar.strikes for day in days])
    for index in range(10, len(days)):
        if not usual[index]:
            continue
        past = [earlier for earlier in range(max(0, index - 25), index) if usual[earlier]]
        if len(past) < 5:
            continue
        both = np.isfinite(meals[:, index]) & np.isfinite(meals[:, past]).any(axis=1)
        if both.sum() == 0:
            continue
        level = median_of_known(meals[np.ix_(both, past)])
        usual[index] = bool(median_of_known(meals[both, index] / level) >= _COLLAPSE)
    return usual
