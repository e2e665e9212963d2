"""Bills: readings a month or two apart, shared out over the days that they count, and what is a mean over such a period.

In come readings by day; out go daily means, and later the number of the period of each day. A reading of the first of the month counts
the month that begins; any other counts the days since the one before.
"""

from datetime import date, timedelta

import numpy as np

from beffroi.systems.buildings.days import Ints, Mask, Matrix, Vector

DAILY = -1  # the period of a day that was read by itself
_LEAST, _MOST = 20, 100  # days between two bills
_MIN_BILLS = 6
_MONTHLY = 0.8  # share of readings on the first of the month
_LATE = 1.6  # times the usual gap: a bill is missing between two


def are_bills(kwh: Matrix) -> Mask:
    """(meters) whether readings lie weeks apart."""
    gaps = [np.diff(np.flatnonzero(np.isfinite(line))) for line in kwh]
    return np.array([len(gap) >= _MIN_BILLS - 1 and _LEAST <= np.median(gap) <= _MOST for gap in gaps])


def share_out(kwh: Matrix, rows: Mask, first: date) -> Matrix:
    """The same, longer where the last bill counts days to come, with these meters' bills as daily means."""
    wide = np.hstack([kwh, np.full((len(kwh), _MOST), np.nan)])
    for row in np.flatnonzero(rows):
        wide[row] = _shared(kwh[row], first, wide.shape[1])
    known = np.flatnonzero(np.isfinite(wide).any(axis=0))
    return wide[:, : max(kwh.shape[1], int(known[-1]) + 1 if len(known) else 0)]


def periods(kwh: Matrix, rows: Mask) -> Ints:
    """(meters, days) the number of the period of each day, for these meters, whose days repeat the mean of their bill."""
    found = np.full(kwh.shape, DAILY, dtype=np.int64)
    for row in np.flatnonzero(rows):
        line = np.nan_to_num(kwh[row], nan=-1.0)
        number = np.concatenate([[0], np.cumsum(line[1:] != line[:-1])])
        found[row] = np.where(np.isfinite(kwh[row]), number, DAILY)
    return found


def one_a_bill(values: Matrix, period: Ints) -> Matrix:
    """The values without those that a bill repeats after its first day."""
    repeated = np.zeros(values.shape, dtype=bool)
    repeated[:, 1:] = (period[:, 1:] != DAILY) & (period[:, 1:] == period[:, :-1])
    return np.where(repeated, np.nan, values)


def mean_by_period(values: Matrix, period: Ints) -> Matrix:
    """(meters, days) the mean of each period on all of its days; a day read by itself keeps its value."""
    found = values
    for row in np.flatnonzero((period != DAILY).any(axis=1)):
        if found is values:
            found = values.copy()
        found[row] = average(values[row], period[row])
    return found


def average(values: Matrix, period: Ints) -> Matrix:
    """The same of one meter: the days are the last axis of `values`."""
    inside = np.flatnonzero(period != DAILY)
    _, number = np.unique(period[inside], return_inverse=True)
    begin = np.flatnonzero(np.diff(number, prepend=-1))
    count = np.diff(np.append(begin, len(number)))
    found = values.copy()
    found[..., inside] = np.repeat(
        np.add.reduceat(values[..., inside], begin, axis=-1) / count, count, axis=-1
    )
    return found


def whole_periods(weight: Matrix, known: Mask, period: Ints) -> Matrix:
    """Weights without the periods of which a known day weighs nothing: what one may not read of a bill is in the rest of it."""
    hidden = (known & (weight <= 0)).astype(float)
    billed = period != DAILY
    return np.where(billed & (mean_by_period(hidden, period) > 0), 0.0, weight)


def _shared(line: Vector, first: date, length: int) -> Vector:
    place = np.flatnonzero(np.isfinite(line))
    amount, gaps = line[place], np.diff(place)
    usual = int(np.median(gaps))
    found = np.full(length, np.nan)
    if _is_index(amount):
        spans = zip(place[:-1] + 1, place[1:] + 1, np.diff(amount), strict=True)
    elif np.mean([(first + timedelta(int(day))).day == 1 for day in place]) >= _MONTHLY:
        ends = np.append(place[1:], place[-1] + usual)
        spans = zip(place, np.where(ends - place > _LATE * usual, place + usual, ends), amount, strict=True)
    else:
        begins = np.concatenate([[max(0, place[0] - usual + 1)], place[:-1] + 1])
        spans = zip(begins, place + 1, amount, strict=True)
    for begin, end, kwh in spans:
        if 0 < end - begin <= _MOST and kwh >= 0:
            found[begin:end] = kwh / (end - begin)
    return found


def _is_index(amount: Vector) -> bool:
    """Figures that only climb, over a year of bills: those of a dial."""
    return len(amount) >= 2 * _MIN_BILLS and bool((np.diff(amount) >= 0).all())
