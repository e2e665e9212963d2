"""Daily values by place as one matrix: what forecasts, baselines and their judgement work on.

In come rows (place, day, value); out goes a `Series`. A day without a row is not known (NaN), which a closed day is too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector

MAX_DAYS = 366 * 30  # beyond, a date was mistyped


@dataclass(frozen=True)
class Series:
    """`values` (places, days), NaN where nothing is known; the first column is the day `first`."""

    places: tuple[str, ...]
    first: date
    values: Matrix

    @property
    def days(self) -> int:
        return int(self.values.shape[1])

    @property
    def last(self) -> date:
        return self.day(self.days - 1)

    def day(self, index: int) -> date:
        return self.first + timedelta(days=int(index))

    def index(self, day: date) -> int:
        return (day - self.first).days

    @property
    def weekdays(self) -> Rows:
        """Of each day, 0 for Monday."""
        return (np.arange(self.days) + self.first.weekday()) % 7

    def extended(self, days: int) -> "Series":
        """The same with so many unknown days after the last."""
        unknown = np.full((len(self.places), days), np.nan)
        return Series(self.places, self.first, np.hstack([self.values, unknown]))

    def until(self, index: int) -> "Series":
        """The days before `index`."""
        return Series(self.places, self.first, self.values[:, :index])


def read_series(rows: Iterable[tuple[str, date, float]]) -> Series:
    """One value a place and day: several rows of one place and day are added. Raises `ValueError` where there is no row, or
    the days span more than `MAX_DAYS`."""
    found: dict[tuple[str, date], float] = {}
    for place, day, value in rows:
        found[place, day] = found.get((place, day), 0.0) + value
    if not found:
        raise ValueError("no row")
    days = {day for _, day in found}
    first, count = min(days), (max(days) - min(days)).days + 1
    if count > MAX_DAYS:
        raise ValueError(f"{count} days")
    places = tuple(sorted({place for place, _ in found}))
    rank = {place: number for number, place in enumerate(places)}
    values = np.full((len(places), count), np.nan)
    for (place, day), value in found.items():
        values[rank[place], (day - first).days] = value
    return Series(places, first, values)


def read_aligned(
    rows: Iterable[tuple[str, date, Sequence[float | None]]], series: Series, columns: int
) -> npt.NDArray[np.float64]:
    """(columns, days, places): the values of the rows on the days and at the places of the series; NaN where none is known."""
    rank = {place: number for number, place in enumerate(series.places)}
    found = np.full((columns, series.days, len(rank)), np.nan)
    for place, day, values in rows:
        if place in rank and 0 <= series.index(day) < series.days:
            found[:, series.index(day), rank[place]] = [np.nan if one is None else one for one in values]
    return found


def trailing_mean(values: Matrix, days: int) -> Matrix:
    """Along the first axis, the mean of what is known of the last `days` values, this one included; NaN where nothing is."""
    known = np.isfinite(values)
    if known.all():
        count = np.minimum(np.arange(1, len(values) + 1), days).reshape(-1, *(1,) * (values.ndim - 1))
        return _trailing_sum(values, days) / count
    return mean_over(_trailing_sum(np.where(known, values, 0.0), days), _trailing_sum(known, days))


def _trailing_sum(values: npt.NDArray[Any], days: int) -> Matrix:
    total = np.cumsum(values, axis=0, dtype=float)
    total[days:] = total[days:] - total[:-days]
    return total


def decayed_means(values: Matrix, memories: Sequence[float]) -> Matrix:
    """(memories, days, places) of values (days, places) without a gap: the mean of each day and those before, that of so many days ago
    counting for 1/e. It begins at the mean of all."""
    decay = np.exp(-1 / np.array(memories))[:, None]
    level, found = np.repeat(values.mean(axis=0)[None], len(memories), axis=0), []
    for day in values:
        level = decay * level + (1 - decay) * day
        found.append(level)
    return np.stack(found, axis=1)


def lowest_mean_ahead(
    values: Matrix, days: int, horizon: tuple[int, int], known_share: float = 0.8
) -> Matrix:
    """Of each day (places, days), the lowest mean of so many `days` that came to end within the horizon: its first and last day, counted
    from that one. NaN where one is not known, for want of `known_share` of its days."""
    known = trailing_mean(np.isfinite(values).astype(float).T, days).T
    means = np.where(known >= known_share, trailing_mean(values.T, days).T, np.nan)
    found, (first, last) = np.full_like(values, np.nan), horizon
    if (count := values.shape[1] - last) > 0:
        windows = np.lib.stride_tricks.sliding_window_view(means, last - first + 1, axis=1)
        found[:, :count] = windows[:, first : first + count].min(axis=2)
    return found


def mean_of_known(values: Matrix, axis: int, least: int = 1) -> Matrix:
    """The mean of what is known along an axis; NaN where fewer than `least` are."""
    known = np.isfinite(values)
    return mean_over(np.where(known, values, 0.0).sum(axis=axis), known.sum(axis=axis), least)


def median_of_known(values: Matrix) -> Vector:
    """The median of what is known along the last axis; NaN where nothing is."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=-1)  # NaN come last
    count = np.isfinite(ordered).sum(axis=-1)[..., None]
    middle = np.concatenate([np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[-1] - 1)], -1)
    return np.take_along_axis(ordered, middle, axis=-1).sum(axis=-1) / 2


def mean_over(total: Matrix, count: npt.NDArray[Any], least: int = 1) -> Matrix:
    """The total over the count; NaN where fewer than `least` are counted."""
    return np.where(count > least - 0.5, total / np.maximum(count, 1), np.nan)


def last_known(values: Matrix, days: int) -> Matrix:
    """Of each day (places, days), the value of the last day known, of these last `days`; NaN where none is."""
    every = np.arange(values.shape[1])
    at = np.maximum.accumulate(np.where(np.isfinite(values), every, -days), axis=1)
    return np.where(every - at < days, np.take_along_axis(values, np.maximum(at, 0), axis=1), np.nan)


def with_gaps_filled(values: Matrix, trusted: Mask) -> Matrix:
    """(days, places): gaps, and places that are not `trusted`, take the mean of the others on that day, or of the season."""
    own = np.where(trusted, values, np.nan)
    by_day = mean_of_known(own, axis=1)
    season, seen = np.arange(len(own)) % 365 // 5, np.isfinite(by_day)
    sums, counts = np.bincount(season, np.nan_to_num(by_day), 73), np.bincount(season, seen, 73)
    usual = np.where(counts > 0, sums / np.maximum(counts, 1), by_day[seen].mean())
    return np.where(np.isfinite(own), own, np.where(seen, by_day, usual[season])[:, None])


def without_outliers(
    series: Series, times: float = 8.0, window: int = 91
) -> tuple[Series, list[tuple[str, date, float]]]:
    """The series without the values beyond `times` the median of their place in the `window` days around; and which they were."""
    values, half = series.values, window // 2
    padded = np.pad(np.where(values > 0, values, np.nan), ((0, 0), (half, half)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1)
    known = np.isfinite(around).any(axis=2)
    median = np.full_like(values, np.nan)
    median[known] = np.nanmedian(around[known], axis=1)
    wrong = np.isfinite(values) & (values > times * np.nan_to_num(median, nan=np.inf))
    return _without(series, wrong)


def without_spikes(
    series: Series, times: float, near: int = 3
) -> tuple[Series, list[tuple[str, date, float]]]:
    """The series without the values beyond `times` the largest known one of the `near` days before and after; and which they were."""
    values = series.values
    padded = np.pad(values, ((0, 0), (near, near)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1, axis=1)
    others = np.fmax.reduce(np.delete(around, near, axis=2), axis=2)
    wrong = np.isfinite(others) & (values > times * others) & (others > 0)
    return _without(series, wrong)


def _without(series: Series, wrong: Mask) -> tuple[Series, list[tuple[str, date, float]]]:
    found = [
        (series.places[row], series.day(index), float(series.values[row, index]))
        for row, index in np.argwhere(wrong)
    ]
    return Series(series.places, series.first, np.where(wrong, np.nan, series.values)), found
