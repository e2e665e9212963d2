"""Fallback profile where no model fits: the mean of the same month and kind of day.

In come consumption and weights; out goes a `Profile`. A month never seen takes the mean of all days.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.buildings.days import Days, Matrix, Vector

_PRIOR = 4.0  # days: a month and kind of day seen less is drawn towards the mean of its month


@dataclass(frozen=True)
class Profile:
    """kWh a day by month and by kind of day (open, off): (meters, 12, 2)."""

    kwh: Matrix

    def predict(self, days: Days) -> Matrix:
        """kWh a day, (meters, days)."""
        return self.kwh[:, days.month - 1, days.off.astype(np.int64)]


def learn_profile(kwh: Matrix, weight: Matrix, days: Days) -> Profile:
    """`kwh` (meters, days) with NaN where unknown; `weight` 0 for days excluded from training."""
    heavy = np.where(np.isfinite(kwh), weight, 0.0)
    weighted = heavy * np.nan_to_num(kwh)
    mean: Vector = weighted.sum(axis=1) / np.maximum(heavy.sum(axis=1), 1e-9)
    month = days.month[:, None] == np.arange(1, 13)
    count, total = heavy @ month, weighted @ month
    by_month = (total + mean[:, None]) / (count + 1)
    found = np.empty((len(kwh), 12, 2))
    for kind in (0, 1):
        chosen = month & (days.off == bool(kind))[:, None]
        found[:, :, kind] = (weighted @ chosen + _PRIOR * by_month) / (heavy @ chosen + _PRIOR)
    return Profile(found)
