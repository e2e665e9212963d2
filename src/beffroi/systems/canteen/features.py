"""Features of a site and day, as known `horizon` days before it.

In come a `History` and the days to describe (served days, or days to come); out go a `Features` block whose targets
are `log(meals / base)`. Every lag is read at or before `day - horizon`: no column looks later.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.menus import CATEGORIES, menu_flags
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.canteen.site_levels import SiteLevels
from beffroi.systems.canteen.site_names import sites_by_key
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.calendar import Calendar, school_year
from beffroi.systems.kit.series import median_of_known

CALENDAR_NAMES = (
    "jour de la semaine",
    "mois",
    "jours depuis la rentrée",
    "jours avant les vacances",
    "jours depuis les vacances",
    "jours fermés juste avant",
    "jours fermés juste après",
    "pont",
)
LAG_NAMES = (
    "niveau du site",
    "même jour, dernière fois",
    "même jour, avant-dernière fois",
    "même jour, trois fois avant",
    "niveau des 5 derniers jours",
    "niveau des 60 derniers jours",
    "même période l’an dernier",
    "évolution du site l’an dernier",
    "évolution de la ville l’an dernier",
    "niveau connu de l’année précédente",
    "effectif rapporté à l’an dernier",
    "commande de la ville rapportée au niveau",
    "écart récent de la ville",
    "dispersion du site",
    "jours depuis le dernier repas connu",
)
NAMES = (*LAG_NAMES, *CALENDAR_NAMES, *CATEGORIES, "type de site")


@dataclass(frozen=True)
class Features:
    """Row r is site `site[r]` on `days[day[r]]`. `baseline`: the declared non-AI forecast; NaN where none."""

    days: tuple[date, ...]
    site: Rows
    day: Rows
    values: Matrix
    base: Vector
    baseline: Vector

    def take(self, rows: Rows) -> "Features":
        """These rows; the days stay."""
        return Features(
            self.days,
            self.site[rows],
            self.day[rows],
            self.values[rows],
            self.base[rows],
            self.baseline[rows],
        )

    @classmethod
    def together(cls, parts: list["Features"]) -> "Features":
        """The rows of all parts, which describe the same days."""
        columns = ("site", "day", "values", "base", "baseline")
        return cls(
            parts[0].days, *(np.concatenate([getattr(part, name) for part in parts]) for name in columns)
        )


class Describer:
    """Describes the sites of a history on any days; what does not depend on the lead is read once."""

    def __init__(self, history: History, tables: Tables) -> None:
        kinds = {kind: code for code, kind in enumerate(sorted(set(history.groups)))}
        self.history, self.tables = history, tables
        self._kinds = np.array([kinds[group] for group in history.groups], dtype=float)
        self._rolls, self._flags = _rolls(history, tables), menu_flags(tables)
        self._of_day: dict[date, Vector] = {}

    def describe(self, lead: int, days: tuple[date, ...], first: int = 0) -> Features:
        """Features of every site with enough past, on each of these days from index `first` on, known `lead` days before."""
        known = [
            (place, levels)
            for place in range(first, len(days))
            if (levels := self.history.past.on(days[place].toordinal() - lead)) is not None
        ]
        if not known:
            none, nowhere = np.zeros(0), np.zeros(0, dtype=np.int64)
            return Features(days, nowhere, nowhere, np.zeros((0, len(NAMES))), none, none)
        places = np.array([place for place, _ in known])
        with np.errstate(all="ignore"):
            lags, base, baseline = self._lags([(days[place], levels) for place, levels in known], lead)
        values = np.empty((*base.shape, len(NAMES)))
        values[..., : len(LAG_NAMES)] = np.stack(lags, axis=-1)
        values[..., len(LAG_NAMES) : -1] = np.array([self._day(days[place]) for place in places])[:, None]
        values[..., -1] = self._kinds
        usable = np.isfinite(base) & (base > 0)
        day, site = np.nonzero(usable)
        return Features(days, site, places[day], values[usable], base[usable], baseline[usable])

    def _lags(self, known: list[tuple[date, SiteLevels]], lead: int) -> tuple[list[Matrix], Matrix, Matrix]:
        """What was known of the past, in the order of `LAG_NAMES`, the usual meals and the baseline: all (days, sites)."""
        same = [levels.weekday(day.weekday()) for day, levels in known]
        base, baseline = (np.array([getattr(one, name) for one in same]) for name in ("base", "baseline"))
        level, whole, recent, spread = (
            np.array([getattr(levels, name) for _, levels in known])
            for name in ("level", "whole", "recent", "spread")
        )
        year_ago = [day.toordinal() - 364 for day, _ in known]
        last_year, before = (
            np.array(
                [levels.around(day - back, reach) for day, (_, levels) in zip(year_ago, known, strict=True)]
            )
            for back, reach in ((0, 10), (lead + 14, 14))
        )
        growth = last_year / before
        previous = [np.mean(levels.years < school_year(day)) for day, levels in known]

        def town(values: Vector | list[Any] | float) -> Matrix:
            """What is the same for every site."""
            return np.broadcast_to(np.reshape(values, (-1, 1)), base.shape)

        lags = [
            np.log(base),
            *(np.array([one.last[rank] for one in same]) / base for rank in range(3)),
            recent,
            whole / level,
            last_year / level,
            growth,
            town(median_of_known(growth)),
            town(previous),
            np.array([self._roll_ratio(day, levels) for day, levels in known]),
            np.array([one.ordered for one in same]),
            town(median_of_known(recent)),
            spread,
            town(float(lead)),
        ]
        return lags, base, baseline

    def _day(self, day: date) -> Vector:
        """Its calendar, and the flags of its menu."""
        if day not in self._of_day:
            flags = self._flags.get(day, np.full(len(CATEGORIES), np.nan))
            self._of_day[day] = np.concatenate([_calendar_row(self.history.calendar, day), flags])
        return self._of_day[day]

    def _roll_ratio(self, day: date, levels: SiteLevels) -> Vector:
        """The roll of the day's school year, over that of the days on which the level was taken."""
        year, base_year = school_year(day), levels.year
        if year not in self._rolls or base_year not in self._rolls:
            return np.full(len(self._kinds), np.nan)
        return self._rolls[year] / self._rolls[base_year]


def _calendar_row(calendar: Calendar, day: date) -> Vector:
    known = bool(calendar.holidays)
    return np.array(
        [
            day.weekday(),
            day.month,
            (day - date(school_year(day), 9, 1)).days,
            calendar.until_break(day) if known else np.nan,
            calendar.since_break(day) if known else np.nan,
            calendar.gap_before(day),
            calendar.gap_after(day),
            float(calendar.bridge(day)),
        ]
    )


def _rolls(history: History, tables: Tables) -> dict[int, Vector]:
    """Pupils of each site by school year (the year in which it begins); schools not matched by name are left out.

    A roll under the name that several kinds of one place share is that of each: only its growth is read.
    """
    rolls: dict[int, Vector] = {}
    place = sites_by_key(history)
    for row in cells.rows(tables, "rolls"):
        year, pupils = cells.text(row["school_year"])[:4], cells.number(row["pupils"])
        if not year.isdigit() or pupils is None or pupils <= 0:
            continue
        for index in place.get(site_key(row["site"]), ()):
            counts = rolls.setdefault(int(year), np.full(len(history.sites), np.nan))
            counts[index] = np.nansum([counts[index], pupils])
    return rolls
