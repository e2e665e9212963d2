"""Features of a site and day, as known `horizon` days before it.

In come a `History` and the days to describe (served days, or days to come); out go a `Features` block whose targets
are `log(meals / base)`. Every lag is read at or before `day - horizon`: no column looks later.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.menus import CATEGORIES, menu_flags
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.canteen.site_levels import SiteLevels
from beffroi.systems.canteen.site_names import sites_by_key
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.calendar import school_year

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
        return cls(
            parts[0].days,
            np.concatenate([part.site for part in parts]),
            np.concatenate([part.day for part in parts]),
            np.vstack([part.values for part in parts]),
            np.concatenate([part.base for part in parts]),
            np.concatenate([part.baseline for part in parts]),
        )


def build_features(
    history: History, tables: Tables, horizon: int, days: tuple[date, ...], first: int = 0
) -> Features:
    """Features of every site with enough past, on each of these days from index `first` on."""
    return build_features_by_lead(history, tables, [horizon], days, first)[horizon]


def build_features_by_lead(
    history: History, tables: Tables, leads: list[int], days: tuple[date, ...], first: int = 0
) -> dict[int, Features]:
    """The same at several leads: what does not depend on the lead is read once."""
    kinds = {kind: code for code, kind in enumerate(sorted(set(history.groups)))}
    kind_codes = np.array([kinds[group] for group in history.groups], dtype=float)
    rolls, flags = _rolls(history, tables), menu_flags(tables, days)
    fixed = [
        np.concatenate([_calendar_row(history, day), flags[place]]) if place >= first else None
        for place, day in enumerate(days)
    ]
    return {lead: _described(history, rolls, kind_codes, fixed, days, lead) for lead in leads}


def _described(
    history: History,
    rolls: dict[int, Vector],
    kind_codes: Vector,
    fixed: list[Vector | None],
    days: tuple[date, ...],
    lead: int,
) -> Features:
    parts: list[Features] = []
    with np.errstate(all="ignore"):
        for place, (day, of_day) in enumerate(zip(days, fixed, strict=True)):
            known = None if of_day is None else history.past.on(day.toordinal() - lead)
            if of_day is None or known is None:
                continue
            lags, base, baseline = _lags(known, rolls, day, lead)
            block = np.column_stack([lags, np.tile(of_day, (len(kind_codes), 1)), kind_codes])
            rows = np.flatnonzero(np.isfinite(base) & (base > 0))
            at = np.full(len(rows), place)
            parts.append(Features(days, rows, at, block[rows], base[rows], baseline[rows]))
    if not parts:
        none, nowhere = np.zeros(0), np.zeros(0, dtype=np.int64)
        return Features(days, nowhere, nowhere, np.zeros((0, len(NAMES))), none, none)
    return Features.together(parts)


def _calendar_row(history: History, day: date) -> Vector:
    calendar = history.calendar
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


def _lags(
    known: SiteLevels, rolls: dict[int, Vector], day: date, horizon: int
) -> tuple[Matrix, Vector, Vector]:
    same = known.weekday(day.weekday())
    level, base, n_sites = known.level, same.base, len(known.level)
    year_ago = day.toordinal() - 364
    last_year = known.around(year_ago, 10)
    growth = last_year / known.around(year_ago - horizon - 14, 14)
    town_growth = np.full(n_sites, np.nanmedian(growth) if np.isfinite(growth).any() else np.nan)
    year = school_year(day)
    previous = float(np.mean(known.years < year))
    roll = _roll_ratio(rolls, year, int(np.median(known.years)), n_sites)
    recent = known.recent
    lags = np.column_stack(
        [
            np.log(base),
            *(value / base for value in same.last),
            recent,
            known.whole / level,
            last_year / level,
            growth,
            town_growth,
            np.full(n_sites, previous),
            roll,
            same.ordered,
            np.full(n_sites, np.nanmedian(recent) if np.isfinite(recent).any() else np.nan),
            known.spread,
            np.full(n_sites, float(horizon)),
        ]
    )
    return lags, base, same.baseline


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


def _roll_ratio(rolls: dict[int, Vector], year: int, base_year: int, n_sites: int) -> Vector:
    if year not in rolls or base_year not in rolls:
        return np.full(n_sites, np.nan)
    return rolls[year] / rolls[base_year]
