"""Baseline without AI: the same month last year, corrected by the degree days (DJU, base 18 °C).

In come consumption and days; out go kWh a day. The part above the base load of the mildest month follows the degree days of
the day, as bills are corrected in heating contracts; each kind of day (open, off) has its own mean. Two simpler baselines follow.
"""

import numpy as np

from beffroi.systems.buildings import fallback
from beffroi.systems.buildings.days import Days, Mask, Matrix

_BASE = 18.0  # °C, the usual base of French degree days
_MIN_DEGREE_DAYS = 1.0  # degree days a day: under it a month owes nothing to heating
_MAX_FACTOR = 3.0  # a mild month is not made colder than that


def same_month_corrected(kwh: Matrix, weight: Mask, days: Days) -> Matrix:
    """`weight`: the days of last year (meters, days). kWh a day for every day of the axis."""
    expected = same_month(kwh, weight, days)
    if not days.weather_known:
        return expected
    known = weight & np.isfinite(kwh)
    month = days.month[:, None] == np.arange(1, 13)
    count = known.astype(float) @ month
    means = np.divide(
        (np.where(known, kwh, 0.0)) @ month, count, out=np.full(count.shape, np.inf), where=count > 7
    )
    floor = means.min(axis=1)
    floor = np.where(np.isfinite(floor), floor, 0.0)
    dju = np.nan_to_num(np.maximum(_BASE - days.temperature, 0.0))
    last = np.divide((known * dju) @ month, count, out=np.zeros(count.shape), where=count > 7)
    there = last[:, days.month - 1]
    times = np.divide(dju[None], there, out=np.ones(there.shape), where=there >= _MIN_DEGREE_DAYS)
    base = np.minimum(expected, floor[:, None])
    return np.asarray(base + (expected - base) * np.minimum(times, _MAX_FACTOR))


def same_month(kwh: Matrix, weight: Mask, days: Days) -> Matrix:
    """The mean of the same month and kind of day last year, whatever the weather."""
    return fallback.learn_profile(kwh, weight.astype(float), days).predict(days)


def same_weekday(kwh: Matrix, weight: Mask, days: Days) -> Matrix:
    """The same day of the week, 52 weeks before; the month's mean where that day is unknown."""
    found = same_month(kwh, weight, days)
    before = np.full(kwh.shape, np.nan)
    before[:, 364:] = np.where(weight, kwh, np.nan)[:, :-364]
    return np.asarray(np.where(np.isfinite(before), before, found))
