"""Water losses of a sector: located leaks, and the excess of the night balance beyond them.

In comes a `Reading`; out goes a `Loss` a sector and a day, from what was known that day. A located leak has its flow from
the search. Night flow beyond the located leaks and the usual use is reported only where it exceeds the noise,
the season's drift and the located flows' own error; below, it only widens the interval.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from beffroi.systems.kit.arrays import Vector
from beffroi.systems.leaks.night import Watch, night_flow
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading

TWICE = 1.645  # 90 %
_SHAPE_ERROR = 0.15  # relative error of a located flow, beyond the noise: from the uncertain place
_STEP_ERROR = 0.12  # relative error of the rise of a night alarm
_SURE = 2.33  # standard errors above which an excess is reported: one night in a hundred by chance
_MIN_EXCESS = 0.05  # of the usual night: a smaller excess is not reported
_FIRST = 10  # nights that make the first level
_WALK = 0.01  # of the level: how far seasons may move it in a night (13 % in six months, as a random walk)
_BELIEVED = 3.0  # standard errors: a night farther from the level does not move it
_LASTS = 60.0  # nights in which the error of a located flow lasts
_FRESH = 7  # days: where no night of the last was measured, or no water counted, today is unknown
MIN_LEAK = 0.1  # m³/h


@dataclass(frozen=True)
class Loss:
    """m³/h. `located`: the leaks found; `unlocated`: beyond them; `low`, `high`: 90 % around their sum; `since`: its first day.

    `least`: the least excess that is told. `known`: whether the nights that it rests on were measured, and some water counted; else
    nothing bounds it.
    """

    located: float
    unlocated: float
    low: float
    high: float
    since: int | None
    known: bool = True
    least: float = 0.0

    @property
    def unseen(self) -> float:
        """The largest leak that may run beside the located ones without being told."""
        return max(self.high - self.located, self.least)

    @property
    def total(self) -> float:
        return self.located + self.unlocated


def flow_interval(leak: Leak) -> tuple[float, float]:
    """90 % around the flow of a leak: the noise (1 / √gain) and what its place leaves unsure."""
    reach = TWICE * _relative_error(leak)
    return max(0.0, leak.flow * (1 - reach)), leak.flow * (1 + reach)


def _relative_error(leak: Leak) -> float:
    return math.sqrt(
        1 / max(leak.gain, leak.placed if math.isfinite(leak.placed) else 0.0, 1.0) + _SHAPE_ERROR**2
    )


def sector_loss(reading: Reading, row: int, day: int) -> Loss:
    """Loss of the sector `row` on `day`, from data up to that day."""
    found = _loss(reading, row, day)
    measured = np.isfinite(reading.watches[row].night[: day + 1])
    counts = bool(
        (reading.inflow(row)[: 24 * (day + 1)][-24 * _FRESH :] > 0).any()
    )  # else the meter is stuck
    return replace(found, known=bool(measured.sum() >= _FIRST and measured[-_FRESH:].any() and counts))


def _loss(reading: Reading, row: int, day: int) -> Loss:
    if reading.study is None:
        return _by_night(reading.watches[row], day)
    leaks = [
        leak
        for leak in reading.leaks
        if leak.day <= day and reading.study.zone_of[leak.places[0]] == row and not _was_wrong(leak, day)
    ]
    flows_of = [_history(leak, day) for leak in leaks]
    running = [
        (leak, float(flows[day]))
        for leak, flows in zip(leaks, flows_of, strict=True)
        if flows[day] >= MIN_LEAK
    ]
    located = sum(flow for _, flow in running)
    doubt = math.sqrt(sum((flow * _relative_error(leak)) ** 2 for leak, flow in running))
    usual = night_flow(reading.study.usual[row])[: day + 1]
    rest = reading.watches[row].night[: day + 1] - (usual - usual.mean())
    unsure = np.zeros(day + 1)
    for flows in flows_of:
        rest, unsure = rest - flows, np.hypot(unsure, _SHAPE_ERROR * flows)
    gap, error, level = night_balance(rest, unsure)
    since = min((leak.since for leak, _ in running), default=None)
    least = max(_SURE * math.hypot(error, doubt), _MIN_EXCESS * level)
    if gap > least:
        low, high = located + gap - TWICE * error, located + gap + TWICE * error
        begun = run_start(rest, level + gap / 2)
        return Loss(
            located,
            gap,
            max(0.0, low, located - TWICE * doubt),
            high,
            begun if since is None else min(since, begun),
        )
    # At least: two measures of the same flow, the search and the night's balance, each by what it is sure of. At most:
    # the night's balance alone, since a leak too small to be reported may run too.
    weight = doubt**2 / (doubt**2 + error**2) if running else 0.0
    low = located + weight * gap - TWICE * math.sqrt(weight) * error
    high = max(located, located + gap + TWICE * error)
    return Loss(located, 0.0, max(0.0, min(located, low)), high, since, least=least)


def _by_night(watch: Watch, day: int) -> Loss:
    """Loss without the network, where nothing is located: rises of the night alarms, corrected by the night balance."""
    rises = np.nan_to_num(watch.leaking[: day + 1])
    gap, error, level = night_balance(watch.night[: day + 1] - rises, _STEP_ERROR * rises)
    total = max(0.0, float(rises[-1]) + gap)
    on = watch.active(day)
    if not on:
        least = max(_SURE * error, _MIN_EXCESS * level)
        return Loss(0.0, 0.0, 0.0, max(0.0, gap + TWICE * error), None, least=least)
    return Loss(0.0, total, max(0.0, total - TWICE * error), total + TWICE * error, on[0][1])


def night_balance(rest: Vector, doubt: Vector) -> tuple[float, float, float]:
    """The last three nights above the usual level, the standard error of that, and the level: m³/h.

    `doubt`: standard error of the located flows, by night. The level is a random walk as fast as seasons, followed by a
    Kalman filter that rejects outliers (a leak's start): then the error grows from night to night.
    """
    sure = np.isfinite(rest)
    known, doubt = rest[sure], doubt[sure]
    if len(known) < _FIRST:
        return 0.0, 0.0, float(np.median(known)) if len(known) else 0.0
    noise = _noise(known)
    level = float(np.median(known[:_FIRST]))
    size = max(abs(level), 0.1)
    error = noise**2 / _FIRST + (_WALK * size) ** 2
    for night, unsure in zip(known[_FIRST:], doubt[_FIRST:], strict=True):
        error += (_WALK * size) ** 2
        # A located flow is wrong by about the same for weeks: so many nights teach no more than one.
        total = error + noise**2 + _LASTS * float(unsure) ** 2
        gap = float(night) - level
        if abs(gap) <= _BELIEVED * math.sqrt(error + noise**2 + float(unsure) ** 2):
            level += error / total * gap
            error -= error**2 / total
    gap = float(np.median(known[-3:])) - level
    return gap, math.sqrt(noise**2 / 2 + error), level


def _noise(known: Vector) -> float:
    """The usual scatter of a night, from the changes from night to night, which a leak hardly moves."""
    steps = np.abs(np.diff(known[-56:]))
    return max(1.4826 * float(np.median(steps)) / math.sqrt(2), 0.02 * abs(float(np.median(known))), 0.02)


def run_start(rest: Vector, above: float) -> int:
    """The first night of the last run above this, a night below being forgiven."""
    first = day = len(rest) - 1
    below = 0
    while day >= 0 and below < 2:
        if np.isfinite(rest[day]):
            below = 0 if rest[day] > above else below + 1
            first = day if rest[day] > above else first
        day -= 1
    return first


def _was_wrong(leak: Leak, day: int) -> bool:
    """Whether a visit rejected it or it moved to another place: then it never explained these nights."""
    return leak.closed is not None and leak.closed <= day and leak.end in ("écartée", "déplacée")


def _history(leak: Leak, day: int) -> Vector:
    """m³/h by day up to `day`: as estimated from the day of the alarm on, at the alarm's flow from the day it shows."""
    flows = np.zeros(day + 1)
    end = day + 1 if leak.closed is None or leak.closed > day else leak.closed
    flows[leak.since : leak.day] = leak.alarm_flow
    last = leak.alarm_flow
    for number in range(leak.day, end):
        last = leak.flows.get(number, last)
        flows[number] = last
    return flows


def last_known(values: Vector, last: int) -> float | None:
    """The last known value of the last week."""
    recent = values[max(0, last - 6) : last + 1]
    recent = recent[np.isfinite(recent)]
    return float(recent[-1]) if len(recent) else None
