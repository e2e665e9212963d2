"""Judgement of ensembles of a quantity to come, on held-out days, beside what came of the same day of the other years.

`came` (places, all days) is what came after each day, known `lead` days later; ensembles are (places, held-out days, members). Losses are
CRPS, in the unit of the quantity (places, held-out days).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.baselines import climatology
from beffroi.systems.kit.scoring import Ensemble, crps, skill
from beffroi.systems.kit.series import Series


@dataclass(frozen=True)
class JudgedDays:
    """The `days` of `series` that are judged; nothing is learned from `start` on."""

    series: Series
    days: Rows
    start: int

    def losses(self, made: Ensemble, came: Matrix) -> Matrix:
        return crps(made, came[:, self.days])

    def usual(self, came: Matrix, lead: int, around: Iterable[int] = (0,)) -> Matrix:
        """Those of what came of the same day in the other years, and so many days around."""
        return self.losses(self._climatology(came, lead, around), came)

    def persistence(self, came: Matrix, lead: int) -> Matrix:
        """Those of the value of the day times what came was of it, on the same day of the other years."""
        value = np.where(self.series.values > 0, self.series.values, np.nan)
        return self.losses(self._climatology(came / value, lead) * value[:, self.days, None], came)

    def inside(self, made: Ensemble, came: Matrix, stated: float) -> Matrix:
        """1 where the central interval of the share `stated` held the truth, else 0; NaN where it is not known."""
        low, high = (np.quantile(made, share, axis=2) for share in ((1 - stated) / 2, (1 + stated) / 2))
        truth = came[:, self.days]
        return np.where(np.isfinite(truth + low), (low <= truth) & (truth <= high), np.nan)

    def in_months(self, losses: Matrix, months: Collection[int]) -> Matrix:
        """The losses of the days of these months, NaN on the others."""
        chosen = [self.series.day(day).month in months for day in self.days]
        return np.where(chosen, losses, np.nan)

    def _climatology(self, came: Matrix, lead: int, around: Iterable[int] = (0,)) -> Ensemble:
        return climatology(came, self.series.first, self.days, self.start - lead, around)


def median_skill(losses: Matrix, reference: Matrix) -> float:
    """The median over places, in %; 0 where nothing is known."""
    found = skill(losses, reference)
    return round(100 * float(np.nanmedian(found)), 1) if np.isfinite(found).any() else 0.0
