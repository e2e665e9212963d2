"""How often the intervals that are told hold the truth: those of the nights, those of what a sector loses.

In come a `Reading` and the known leaks by day; out go shares. Everything is as it was told on its day.
"""

import numpy as np
import numpy.typing as npt

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.leaks.losses import sector_loss
from beffroi.systems.leaks.score import TrueLeak
from beffroi.systems.leaks.sector import Reading

type Vector = npt.NDArray[np.float64]

_MOVING = 4  # days around the start and the end of a leak, when no level is known
_EVERY = 3  # days from one judged loss to the next: an interval is of three nights
_EXACT = 0.05  # m³/h: an end as near as this is not missed


def night_coverage(
    reading: Reading, leaks: list[TrueLeak], sectors: list[str], first: int
) -> tuple[Vector, Vector]:
    """Was the night flow, less the leaks told, in its interval? On nights away from the start and end of a known leak;
    and the week of each."""
    inside, weeks = [], []
    for watch in reading.watches:
        for day in range(first, reading.readings.days):
            moving = any(
                sector == watch.sector
                and min(abs(day - first - leak.start), abs(day - first - leak.end - 1)) <= _MOVING
                for leak, sector in zip(leaks, sectors, strict=True)
            )
            night = watch.night[day] - watch.leaking[day]
            if moving or not np.isfinite(night + watch.low[day]):
                continue
            inside.append(float(watch.low[day] <= night <= watch.high[day]))
            weeks.append(day // 7)
    return np.array(inside), np.array(weeks)


def loss_coverage(
    reading: Reading, leaks: list[TrueLeak], sectors: list[str], first: int
) -> tuple[Vector, Vector]:
    """By sector, one day in three: was the sum of its known leaks in the interval told, on all days and on those of a leak?

    No day is left out, the first of a leak included. A leak that nobody knew counts against the interval.
    """
    inside, running = [], []
    for row, watch in enumerate(reading.watches):
        own = [leak.flow for leak, sector in zip(leaks, sectors, strict=True) if sector == watch.sector]
        for day in range(first, reading.readings.days, _EVERY):
            estimate = sector_loss(reading, row, day)
            lost = sum(float(flow[day - first]) for flow in own)
            inside.append(float(estimate.low - _EXACT <= lost <= estimate.high + _EXACT))
            running.append(lost > 0)
    return np.array(inside), np.array(inside)[np.array(running, dtype=bool)]


def coverage_interval(inside: Vector, weeks: Vector, seed: int) -> Interval | None:
    """95 % around the share inside: whole weeks drawn again. None where there are fewer than four."""
    kinds = np.unique(weeks)
    if len(kinds) < 4:
        return None
    total = np.array([inside[weeks == week].sum() for week in kinds])
    count = np.array([(weeks == week).sum() for week in kinds])

    def share(drawn: Blocks) -> tuple[Vector]:
        return (total[drawn].sum(axis=1) / count[drawn].sum(axis=1),)

    return bootstrap_intervals(share, len(kinds), np.random.default_rng(seed), digits=4)[0]
