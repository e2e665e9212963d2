"""Ways of doing without AI, each as a forecast of daily values that one could have made by hand.

In come a `Series` and how many days ahead one forecasts; out go matrices (places, days), NaN where a way says nothing. Each
value leans on days at least `lead` days earlier.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.scoring import Ensemble
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


def same_days_of_other_years(first: date, days: Rows, until: int, around: Iterable[int] = (0,)) -> Rows:
    """(days, members): the days of the same day of the year in all other years before the day `until`, and so many days `around`; −1
    where there is none. Days are counted from `first`. What is measured on them is a climatology."""
    dates = [first + timedelta(int(day)) for day in days]
    years = range(first.year, (first + timedelta(until)).year + 1)
    found = np.array(
        [[(_same_day(day, year) - first).days + shift for year in years for shift in around] for day in dates]
    )
    usable = (found >= 0) & (found < until) & (np.abs(found - days[:, None]) > 182)
    return np.where(usable, found, -1)[:, usable.any(axis=0)]


def climatology(
    values: Matrix, first: date, days: Rows, until: int, around: Iterable[int] = (0,)
) -> Ensemble:
    """(places, days, members): the values of the same days of the other years, among those before the day `until`; NaN where none is."""
    at = same_days_of_other_years(first, days, until, around)
    return np.where(at >= 0, values[:, at], np.nan)


def _same_day(day: date, year: int) -> date:
    return day.replace(year=year, day=28 if (day.month, day.day) == (2, 29) else day.day)
