"""Past weeks of gauges played again: each way empties what it would have, and they fill as the readings say that they did.

In come readings and the volume of each gauge; out go, for the system as for ways without AI, the cost, the volume and the overflows.
"""

from collections.abc import Callable
from datetime import date

import numpy as np

from beffroi.systems.contract import BadInput
from beffroi.systems.kit import gauges
from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.gauges import NOON, Forecast, Readings
from beffroi.systems.kit.plans.route_judging import Covered, Done

JUDGED_DAYS = 42  # at most, and a third of the history
MIN_DAYS = 14

type Way = Callable[[int, Forecast], tuple[Rows, float]]
"""What one way does on a day, from what is known in the morning: the gauges that it empties, and what it costs."""


class Past:
    """The days that are played again, and what came true. `volume`: of each gauge; `share`: of the history before, what is learned from.

    Raises `BadInput` where the readings are of too few days.
    """

    def __init__(self, readings: Readings, volume: Vector, share: float = 1.0) -> None:
        self.readings, self.volume, self.count = readings, volume, len(volume)
        begin, self.last = int(readings.time.min()), int(readings.time.max())
        message = self.last + 1 - begin
        self.first = self.last + 1 - min(JUDGED_DAYS, message // 3)
        if self.last + 1 - self.first < MIN_DAYS:
            raise BadInput(
                f"L’épreuve demande {3 * MIN_DAYS} jours de relevés au moins ; les vôtres en couvrent {message}."
            )
        self.emptied = gauges.emptyings(self.readings)
        self.weekdays = gauges.emptying_weekdays(self.readings, self.first)
        self.lead = 7 / len(self.weekdays) + NOON
        learned = self.first - share * (self.first - begin)
        every = gauges.growth(self.readings), gauges.growth(self.readings, self.lead)
        self.steps, self.spans = (found.at(found.start >= learned) for found in every)
        self.came = self._came()
        self.total = self._total()

    @property
    def days(self) -> range:
        return range(self.first, self.last + 1)

    def has_round(self, day: int) -> bool:
        return date.fromordinal(day).weekday() in self.weekdays

    def was_emptied(self, day: int) -> Rows:
        """The gauges that were emptied on this day."""
        return np.unique(self.emptied[0][np.floor(self.emptied[1]) == day])

    def play(self, way: Way) -> tuple[Done, float]:
        """The days one after the other, from the true levels of the first morning; and the share of gauges over full at night."""
        base, emptied_at = self._first_base(), np.full(self.count, -np.inf)
        cost, volume, over = np.zeros((3, len(self.days)))
        for rank, day in enumerate(self.days):
            chosen, cost[rank] = way(day, self._forecast(day, base, emptied_at))
            noon, night = self.total[2 * rank + 1], self.total[2 * rank + 2]
            volume[rank] = float(self.volume[chosen] @ np.clip(noon - base, 0, 100)[chosen]) / 100
            base[chosen], emptied_at[chosen] = noon[chosen], day + NOON
            over[rank] = (night - base > 100).mean()
        return Done(cost, volume), float(over.mean())

    def _forecast(self, day: int, base: Vector, emptied_at: Vector) -> Forecast:
        """What is known in the morning: the readings of the days before, as they would be after this way's own emptyings."""
        rows, seen = gauges.last_before(self.readings, self.count, day)
        since = np.maximum(self.readings.time[rows], emptied_at)
        level = np.where(since > emptied_at, np.maximum(self.came[rows] - base, 0.0), 0.0)
        week = gauges.week_before(self.steps, day)
        rate = gauges.rates(self.steps, self.count, day, week)
        errors = gauges.errors_of(self.spans, rate, day, week)
        return Forecast(np.where(seen, level, np.nan), since, rate, errors, week)

    def covered(self) -> Covered:
        """Each growth over a usual lead in these days: whether it fell in the interval announced before."""
        inside, of_day = [], []
        for day in self.days:
            came = self.spans.at(self.spans.known & (np.floor(self.spans.end) == day))
            week = gauges.week_before(self.steps, day - self.lead)
            rate = gauges.rates(self.steps, self.count, day - self.lead, week)
            low, high = gauges.errors_of(self.spans, rate, day - self.lead, week)
            off = gauges.scaled_errors(came, rate, week)
            inside.append((low <= off) & (off <= high))
            of_day.append(np.full(len(off), day - self.first))
        return Covered(np.concatenate(inside), np.concatenate(of_day))

    def _came(self) -> Vector:
        """Of each reading, all that has come into its gauge since its first one; across an unnoted emptying, at its mean rate."""
        amount, known = gauges.steps(self.readings)
        rates = gauges.rates(gauges.growth(self.readings), self.count, self.last + 1)
        gap = np.diff(self.readings.time, prepend=0.0)
        came = np.cumsum(np.where(known, amount, rates[self.readings.gauge] * gap))
        return came - came[self._firsts()][self.readings.gauge]

    def _total(self) -> Matrix:
        """All that has come into each gauge (columns) by each midnight and noon of these days (rows); 0 before its first reading."""
        times = np.arange(2 * self.first, 2 * self.last + 3) / 2
        ends = np.searchsorted(self.readings.gauge, np.arange(self.count + 1))
        found = np.zeros((len(times), self.count))
        for gauge in np.flatnonzero(np.diff(ends)):
            own = slice(ends[gauge], ends[gauge + 1])
            found[:, gauge] = np.interp(times, self.readings.time[own], self.came[own])
        return found

    def _first_base(self) -> Vector:
        """What had come by the last emptying before the first day: the level of then is what came since."""
        rows, seen = gauges.last_before(self.readings, self.count, self.first)
        return np.where(
            seen, self.came[rows] - gauges.left(self.readings)[rows], -self.readings.level[self._firsts()]
        )

    def _firsts(self) -> Rows:
        """Of each gauge, the row of its first reading; any row where it has none."""
        rows = np.searchsorted(self.readings.gauge, np.arange(self.count))
        return np.minimum(rows, len(self.readings.time) - 1).astype(np.int64)
