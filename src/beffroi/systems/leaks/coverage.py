"""Coverage of the stated intervals: of night flows and of the losses of a sector.

In come a `Reading` and the known leaks by day; out go shares. Everything is as it was reported on its day.
"""

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.leaks.losses import sector_loss
from beffroi.systems.leaks.score import TrueLeak
from beffroi.systems.leaks.sector import Reading

_MOVING = 4  # days around the start and the end of a leak, when no level is known
_EVERY = 3  # days from one judged loss to the next: an interval is of three nights
_EXACT = 0.05  # m³/h: an end as near as this is not missed


def night_coverage(
    reading: Reading, leaks: list[TrueLeak], sectors: list[str], first: int
) -> tuple[Vector, Vector]:
    """Whether the night flow, less the reported leaks, was in its interval, on nights away from the start and end of a known leak;
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
    """By sector, one day in three: whether the sum of its known leaks was in the reported interval, on all days and on leak days.

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
    """95 % interval of the share inside, by resampling whole weeks. None where there are fewer than four."""
    kinds = np.unique(weeks)
    if len(kinds) < 4:
        return None
    total = np.array([inside[weeks == week].sum() for week in kinds])
    count = np.array([(weeks == week).sum() for week in kinds])

    def share(drawn: Blocks) -> tuple[Vector]:
        return (total[drawn].sum(axis=1) / count[drawn].sum(axis=1),)

    return bootstrap_intervals(share, len(kinds), np.random.default_rng(seed), digits=4)[0]
