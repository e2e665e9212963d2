"""What was reported day by day against the known leaks: intervals of night flows and of losses, losing sectors called calm.

In come a `Reading` and the known leaks by day; out go shares and `JudgedDay`s. Everything is as it was reported on its day.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.leaks.losses import Loss, sector_loss
from beffroi.systems.leaks.night import nights_above
from beffroi.systems.leaks.rises import MIN_RISE, rise_of
from beffroi.systems.leaks.score import TrueLeak
from beffroi.systems.leaks.sector import Reading
from beffroi.systems.leaks.sector_states import is_calm

_MOVING = 4  # days around the start and the end of a leak, when no level is known
EVERY = 3  # days from one judged loss to the next: an interval is of three nights
_EXACT = 0.05  # m³/h: an end as near as this is not missed
_WEEK = 7  # days that a leak has run when the weekly inflow has risen


@dataclass(frozen=True)
class JudgedDay:
    """A sector on a day (`step`: counted from the first judged).

    `lost`: by its known leaks (m³/h); `risen`: those that had run for a week made its inflow rise beyond the least rise reported;
    `reported`: what was said of its loss; `rise`: a rise was reported; who called it calm, the system or the way by hand.
    """

    step: int
    lost: float
    risen: bool
    reported: Loss
    rise: bool
    calm: bool
    calm_by_hand: bool

    @property
    def falsely_calm(self) -> bool:
        return self.risen and self.calm

    @property
    def inside(self) -> bool:
        """Whether the loss was in the interval reported."""
        return self.reported.low - _EXACT <= self.lost <= self.reported.high + _EXACT


def judge_days(reading: Reading, leaks: list[TrueLeak], sectors: list[str], first: int) -> list[JudgedDay]:
    """Of each sector one day in three. No day is left out, the first of a leak included; a leak that nobody knew counts against."""
    found = []
    for row, watch in enumerate(reading.watches):
        own = [leak for leak, sector in zip(leaks, sectors, strict=True) if sector == watch.sector]
        inflow, above = reading.inflow(row), nights_above(watch.night)
        for day in range(first, reading.readings.days, EVERY):
            reported, rise = sector_loss(reading, row, day), rise_of(watch.sector, inflow[: 24 * (day + 1)])
            lost, lasting = (
                sum(float(leak.flow[day - first]) for leak in own if day - first - leak.start >= least)
                for least in (0, _WEEK)
            )
            week = inflow[24 * (day + 1 - _WEEK) : 24 * (day + 1)]
            usual = float(np.nanmean(week)) - lasting if np.isfinite(week).any() else np.inf
            calm = rise is None and is_calm(reading, row, day, reported)
            risen, by_hand = lasting > MIN_RISE * usual, not above[day]
            found.append(JudgedDay(day - first, lost, risen, reported, rise is not None, calm, by_hand))
    return found


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


def coverage_interval(inside: Vector, weeks: Vector, seed: int) -> Interval | None:
    """95 % interval of the share inside, by resampling whole weeks. None where there are fewer than four."""
    kinds, block = np.unique(weeks, return_inverse=True)
    if len(kinds) < 4:
        return None
    total, count = np.bincount(block, inside), np.bincount(block)

    def share(drawn: Blocks) -> tuple[Vector]:
        return (total[drawn].sum(axis=1) / count[drawn].sum(axis=1),)

    return bootstrap_intervals(share, len(kinds), np.random.default_rng(seed), digits=4)[0]
