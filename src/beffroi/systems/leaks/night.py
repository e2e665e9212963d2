"""Minimum night flow monitoring of a sector, between 2 and 5 o'clock: expected flow, interval, alarms.

In come `Readings`; out goes one `Watch` a sector. It needs no model and no pressure. Where pressures
are known, a fall of pressure on the same days lowers the threshold on the flow.
"""

from dataclasses import dataclass, field

import numpy as np

from beffroi.systems.kit.arrays import Mask, Vector
from beffroi.systems.kit.series import mean_of_known
from beffroi.systems.leaks.readings import NIGHT, Readings

STATED = 0.90
_MEMORY = 28  # nights that make the first level, and those of the baseline
_FIRST = 10  # nights before the first one is expected
_FOLLOW = 0.04  # share of a night's gap followed by the level: season, new homes
_CORRECT = 0.05  # how fast the interval widens or narrows after a miss
_SLACK = 0.5  # standard deviations that accumulate nothing (Page's cumulative sum, 1954)
_LIMIT, _HELPED = 6.0, 4.0  # where the sum alarms; and where pressures fell too
_MIN_RISE = 0.05  # of the level: a smaller rise is not worth an alarm


@dataclass(frozen=True)
class Watch:
    """By day: `night` (m³/h); `expected` without the reported leaks, within `low` and `high` (90 %); `leaking`: flow of the
    reported leaks (m³/h). `alarms`: (day raised, first day of the rise, last day or None, m³/h)."""

    sector: str
    night: Vector
    expected: Vector
    low: Vector
    high: Vector
    leaking: Vector
    alarms: tuple[tuple[int, int, int | None, float], ...]

    def active(self, day: int) -> list[tuple[int, int]]:
        """(day raised, first day) of the alarms that were on that day, the oldest first."""
        return [
            (raised, since)
            for raised, since, end, _ in self.alarms
            if raised <= day and (end is None or end > day)
        ]

    @property
    def current(self) -> tuple[int, int] | None:
        """The oldest alarm still on."""
        return next(iter(self.active(len(self.night))), None)


def night_flow(hours: Vector) -> Vector:
    """Night flow by day in m³/h: the mean of the three hours of the night; NaN where two are missing."""
    return mean_of_known(hours.reshape(-1, 24)[:, list(NIGHT)], axis=1, least=2)


def watch_sector(sector: str, night: Vector, fallen: Mask, eased: float = 1.0) -> Watch:
    """Follow one sector: a level, the rises and falls that it does not explain, each rise an alarm that a fall ends.

    `fallen`: days on which pressures fell; `eased`: multiplies the limits (above 1: stricter).
    """
    days = len(night)
    expected, low, high, leaking = (np.full(days, np.nan) for _ in range(4))
    state = _State()
    for day in range(days):
        value = float(night[day])
        if np.isnan(state.level):
            state.begin(value)
            continue
        spread = _spread(state.nights, state.gaps)
        below, above = _interval(state.gaps, spread, state.outside)
        extra = sum(one.size for one in state.open)
        middle = max(0.0, state.level - extra)
        expected[day], low[day], high[day] = middle, max(0.0, middle - below), middle + above
        if np.isfinite(value):
            limit = (_HELPED if fallen[day] else _LIMIT) * eased
            state.misses.append(float(not middle - below <= value - extra <= middle + above))
            state.step(day, value, night, spread, limit, _LIMIT * eased)
        leaking[day] = sum(one.size for one in state.open)
    alarms = tuple((one.raised, one.since, one.end, one.size) for one in state.alarms)
    return Watch(sector, night, expected, low, high, leaking, alarms)


@dataclass
class _Rise:
    raised: int
    since: int
    size: float
    base: float  # m³/h: the expected night flow before it
    end: int | None = None


@dataclass
class _State:
    """State of the monitor on a day: the level, the nights and gaps it comes from, the sums, the alarms."""

    level: float = float("nan")  # none before the first nights
    nights: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    misses: list[float] = field(default_factory=list)  # 1: the night fell out of its interval
    up: float = 0.0
    down: float = 0.0
    since: int = 0
    fall: int = 0
    alarms: list[_Rise] = field(default_factory=list)

    @property
    def open(self) -> list[_Rise]:
        return [one for one in self.alarms if one.end is None]

    @property
    def outside(self) -> float:
        """The share left outside tonight, so that in the long run one night in ten is (Gibbs and Candès, 2021)."""
        wanted = 1 - STATED
        return wanted + _CORRECT * sum(wanted - miss for miss in self.misses)

    def begin(self, value: float) -> None:
        if np.isfinite(value):
            self.nights.append(value)
        if len(self.nights) >= _FIRST:
            self.level = float(np.median(self.nights))

    def step(self, day: int, value: float, night: Vector, spread: float, rise: float, fall: float) -> None:
        gap = value - self.level
        self.since = day if self.up == 0.0 else self.since
        self.fall = day if self.down == 0.0 else self.fall
        # One absurd night does not make a leak by itself.
        self.up = max(0.0, self.up + min(gap / spread, 4.0) - _SLACK)
        self.down = max(0.0, self.down + min(-gap / spread, 4.0) - _SLACK)
        rising, falling = self._moved(night, self.since, day), self._moved(night, self.fall, day)
        if self.up > rise and gap > 0 and rising[1] > _MIN_RISE * self.level:
            base = self.level - sum(one.size for one in self.open)
            self.alarms.append(_Rise(day, rising[0], rising[1], base))
            self._forget(day - self.since)
            self._reset_level(self.level + rising[1])
        elif self.down > fall and gap < 0:
            self._end_explained_alarms(day, -falling[1])
            self._forget(day - self.fall)
            self._reset_level(self.level + falling[1])
        else:
            self.gaps.append(gap)
            self.level += _FOLLOW * float(np.clip(gap, -3 * spread, 3 * spread))
        self.nights.append(value)

    def _forget(self, nights: int) -> None:
        """Drop the nights of a rise or of a fall from the usual ones."""
        del self.misses[-(nights + 1) :]
        if nights > 0:
            del self.gaps[-nights:], self.nights[-nights:]

    def _moved(self, night: Vector, first: int, last: int) -> tuple[int, float]:
        """The first night that moved as the last one did, and by how much the last three such nights are off the level."""
        gaps = night[first : last + 1] - self.level
        alike = np.flatnonzero(gaps / (gaps[-1] or 1.0) > 0.5)
        if not len(alike):
            return last, float(gaps[-1])
        return first + int(alike[0]), float(gaps[alike[-3:]].mean())

    def _reset_level(self, level: float) -> None:
        self.level, self.up, self.down = max(0.0, level), 0.0, 0.0

    def _end_explained_alarms(self, day: int, drop: float) -> None:
        """End the alarms that a fall explains, the nearest in size first."""
        left = drop
        for one in sorted(self.open, key=lambda rise: abs(rise.size - drop)):
            if left < 0.5 * one.size:
                break
            one.end = day
            left -= one.size
        # What is left open must fit under the level: a fall smaller than any reported leak has ended one in part.
        while self.open:
            over = self.open[0].base - (self.level - drop - sum(one.size for one in self.open))
            if over <= 0.1 * self.open[0].base:
                break
            nearest = min(self.open, key=lambda rise: abs(rise.size - over))
            if nearest.size > 2 * over:
                nearest.size -= over
            else:
                nearest.end = day


def _spread(nights: list[float], gaps: list[float]) -> float:
    """The usual scatter of a night around its level: a robust standard deviation, of the gaps once there are enough."""
    recent = np.array(gaps[-2 * _MEMORY :] if len(gaps) >= _FIRST else nights)
    centre = 0.0 if len(gaps) >= _FIRST else float(np.median(recent))
    wide = 1.4826 * float(np.median(np.abs(recent - centre)))
    return max(wide, 0.02 * float(np.median(nights[-_MEMORY:])), 0.02)


def _interval(gaps: list[float], spread: float, outside: float) -> tuple[float, float]:
    """How far below and above the level the nights are, `outside` being left out: quantiles of the past gaps."""
    recent = np.array(gaps[-150:])
    if len(recent) < 25:
        reach = 1.645 * spread * 1.25
        return reach, reach
    level = 1 - outside / 2
    wider = 1 + 2 * max(0.0, level - 1)
    level = min(1.0, max(0.6, level))
    below, above = float(-np.quantile(recent, 1 - level)), float(np.quantile(recent, level))
    return max(0.01, wider * below), max(0.01, wider * above)


def detect_pressure_drops(readings: Readings, calm_days: int) -> tuple[Mask, dict[str, Vector]]:
    """Days on which the pressures lie under what the total flow explains, and by how much at each sensor (m, by day)."""
    days = readings.days
    total = readings.flows.sum(axis=0)
    fallen = np.zeros(days, dtype=bool)
    drops: dict[str, Vector] = {}
    if not len(readings.sensors):
        return fallen, drops
    calm = max(calm_days, 7) * 24
    losses = (np.abs(total) / max(float(np.nanmean(np.abs(total))), 1e-6)) ** 1.852
    scores = []
    for row, sensor in enumerate(readings.sensors):
        hours = readings.pressures[row]
        known = np.isfinite(hours[:calm]) & np.isfinite(losses[:calm])
        if known.sum() < 72:
            continue
        described = np.column_stack([np.ones(calm)[known], losses[:calm][known]])
        fit, *_ = np.linalg.lstsq(described, hours[:calm][known], rcond=None)
        daily = mean_of_known((hours - fit[0] - fit[1] * losses).reshape(days, 24), axis=1, least=12)
        noise = max(float(np.nanstd(daily[: max(calm_days, 7)])), 0.02)
        drops[sensor] = -daily
        scores.append(-daily / noise)
    return np.any([score > 4.0 for score in scores] or [fallen], axis=0), drops


def nights_above(night: Vector) -> Mask:
    """The way without AI: the nights above the mean of the last four weeks plus 20 %."""
    above = np.zeros(len(night), dtype=bool)
    for day in range(7, len(night)):
        past = night[max(0, day - _MEMORY) : day]
        if np.isfinite(night[day]) and np.isfinite(past).sum() >= 5:
            above[day] = night[day] > 1.2 * np.nanmean(past)
    return above


def baseline_alarm_days(watch: Watch, first: int) -> list[int]:
    """Alarms of the way without AI, from the day `first` on: the first night of each run of nights above."""
    above = nights_above(watch.night)
    days = np.flatnonzero(above & ~np.concatenate([[False], above[:-1]]))
    return [int(day) for day in days if day >= first]
