"""Levels of every site after a number of known days: mean, weekday habits, scatter.

In comes the attendance as a matrix; out goes a `SiteLevels` for each count of known days, computed once: a day forecast from far and
another forecast from near often look back from the same place.
"""

from datetime import date
from functools import cached_property

import numpy as np

from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector
from beffroi.systems.kit.calendar import school_year
from beffroi.systems.kit.series import mean_of_known

MIN_USUAL_DAYS = 15  # usual days: below, no day is forecast


class UsualDays:
    """The usual days of a history. `meals[site, day]`: NaN on unusual days, as where nothing was served."""

    def __init__(self, days: tuple[date, ...], meals: Matrix, ordered: Matrix | None, usual: Mask) -> None:
        self.meals = np.where(usual[None, :], meals, np.nan)
        self.ordered = ordered
        self.ordinals = np.array([day.toordinal() for day in days])
        self.weekdays = np.array([day.weekday() for day in days])
        self.years = np.array([school_year(day) for day in days])
        self._usual = np.flatnonzero(usual)
        self._known: dict[int, SiteLevels] = {}

    def on(self, ordinal: int) -> "SiteLevels | None":
        """Levels known at the end of this day; None where there are too few days."""
        passed = int(np.searchsorted(self.ordinals, ordinal, side="right"))
        count = int(np.searchsorted(self._usual, passed))
        if count < MIN_USUAL_DAYS:
            return None
        if count not in self._known:
            self._known[count] = SiteLevels(self, self._usual[:count])
        return self._known[count]


class SiteLevels:
    """`places`: indexes of the usual days that are known. Each vector has one value a site."""

    def __init__(self, past: UsualDays, places: Rows) -> None:
        self.past, self.places = past, places
        self.factor = _weekday_factor(past.meals, past.weekdays, places[-140:])
        window = places[-60:]
        plain = past.meals[:, window] / self.factor[:, past.weekdays[window]]
        self.whole = mean_of_known(plain, 1)
        level = mean_of_known(plain[:, -20:], 1)
        self.level = np.where(np.isfinite(level), level, self.whole)
        self.recent = mean_of_known(plain[:, -5:], 1) / self.level
        self.spread = np.sqrt(mean_of_known((plain[:, -30:] / self.level[:, None] - 1) ** 2, 1))
        self._weekday: dict[int, Weekday] = {}
        self._around: dict[tuple[int, int], Vector] = {}

    @cached_property
    def years(self) -> Rows:
        """The school years of the last twenty days."""
        return self.past.years[self.places[-20:]]

    @cached_property
    def year(self) -> int:
        """The school year in the middle of these days."""
        return int(np.median(self.years))

    def around(self, ordinal: int, reach: int) -> Vector:
        """The mean of each site, habits of the weekday taken out, on the days at most `reach` days from this one."""
        ordinals = self.past.ordinals[self.places]
        span = int(ordinals.searchsorted(ordinal - reach)), int(ordinals.searchsorted(ordinal + reach + 1))
        if span not in self._around:
            near = self.places[slice(*span)]
            plain = self.past.meals[:, near] / self.factor[:, self.past.weekdays[near]]
            self._around[span] = mean_of_known(plain, 1)
        return self._around[span]

    def weekday(self, weekday: int) -> "Weekday":
        if weekday not in self._weekday:
            self._weekday[weekday] = Weekday(self, weekday)
        return self._weekday[weekday]


class Weekday:
    """Past values of one weekday: `base`, the usual meals on it; `last`, its last three, the nearest first."""

    def __init__(self, known: SiteLevels, weekday: int) -> None:
        past = known.past
        same = known.places[past.weekdays[known.places] == weekday]
        nothing = np.full(len(past.meals), np.nan)
        self.base = known.level * known.factor[:, weekday]
        self.last = [past.meals[:, same[-rank]] if len(same) >= rank else nothing for rank in (1, 2, 3)]
        four = mean_of_known(past.meals[:, same[-4:]], 1) if len(same) else nothing
        self.baseline = np.where(np.isfinite(four), four, known.level)
        self.ordered = nothing
        if past.ordered is not None and len(same):
            self.ordered = mean_of_known(past.ordered[:, same[-2:]], 1) / self.base


def _weekday_factor(meals: Matrix, weekdays: Rows, window: Rows) -> Matrix:
    """Each site's usual ratio of a weekday to its mean, shrunk towards 1 where a weekday is rarely served."""
    overall = mean_of_known(meals[:, window], 1)
    factor = np.ones((len(meals), 7))
    for weekday in range(7):
        days = window[weekdays[window] == weekday]
        if len(days):
            count = np.isfinite(meals[:, days]).sum(axis=1)
            ratio = mean_of_known(meals[:, days], 1) / overall
            factor[:, weekday] = np.where(np.isfinite(ratio), (ratio * count + 4) / (count + 4), 1.0)
    return factor
