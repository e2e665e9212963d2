"""Ways of doing without AI, each as a forecast of daily values that one could have made by hand.

In come a `Series` and how many days ahead one forecasts; out go matrices (places, days), NaN where a way says nothing. Each
value leans on days at least `lead` days earlier.
"""

import numpy as np

from beffroi.systems.kit.arrays import Matrix
from beffroi.systems.kit.series import Series


def shifted(values: Matrix, days: int) -> Matrix:
    """The values of so many days before."""
    moved = np.full_like(values, np.nan)
    if days < values.shape[1]:
        moved[:, days:] = values[:, : values.shape[1] - days]
    return moved


def mean_of(parts: list[Matrix]) -> Matrix:
    """Cell by cell, the mean of what is known; NaN where nothing is."""
    known = np.sum([np.isfinite(part) for part in parts], axis=0)
    total = np.sum([np.nan_to_num(part) for part in parts], axis=0)
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def same_weekdays(series: Series, lead: int, weeks: int = 4) -> Matrix:
    """The mean of the last `weeks` same weekdays that were known `lead` days before."""
    nearest = -(-lead // 7)
    return mean_of([shifted(series.values, 7 * (nearest + week)) for week in range(weeks)])


def same_week_last_year(series: Series) -> Matrix:
    """The same weekday, 52 weeks before."""
    return shifted(series.values, 364)


def last_days(series: Series, lead: int, days: int = 28) -> Matrix:
    """The mean of the last `days` days that were known `lead` days before, whatever their weekday."""
    known = np.isfinite(series.values)
    sums = np.cumsum(np.nan_to_num(series.values), axis=1)
    counts = np.cumsum(known, axis=1)
    sums -= np.hstack([np.zeros((len(sums), min(days, sums.shape[1]))), sums[:, :-days]])
    counts -= np.hstack(
        [np.zeros((len(counts), min(days, counts.shape[1])), dtype=counts.dtype), counts[:, :-days]]
    )
    return shifted(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), lead)
