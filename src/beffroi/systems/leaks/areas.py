"""Areas of the network, one a pressure sensor: where a leak shows when its pipe cannot be told.

In come the pipes, the sensors and the errors of a day; out go the parts of the network and how likely each is to hold one more leak.
Areas are told with fewer sensors than pipes: one for some eight kilometres.
"""

from dataclasses import dataclass, field

import numpy as np

from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.leaks.likelihood import gains_by_amount, onset, place_weights
from beffroi.systems.leaks.network import Network
from beffroi.systems.leaks.search_types import Study

WINDOWS = (3, 7, 14)  # days averaged together
_GAIN = 20.0  # the least gain of an alarm
_SHARE = 0.5  # and how likely its area must be
_LASTS = 3  # days in a row, before an alarm and before its end
_MAX_PIPES = 60
_TEMPER = (
    0.1  # relative error of the simulated effect of a leak: an area is told from a model that is not exact
)


@dataclass(frozen=True)
class Areas:
    """`sensors`: the sensor of each area; `of_pipe`: the area of each pipe, -1 where no sensor is joined to it."""

    sensors: tuple[str, ...]
    of_pipe: Rows

    def metres(self, network: Network) -> Vector:
        own = self.of_pipe >= 0
        return np.bincount(self.of_pipe[own], network.pipes.length[own], len(self.sensors))


@dataclass(frozen=True)
class Suspicion:
    """One more leak on a day: its gain, its flow (m³/h), how likely it is in each area (the sum is one)."""

    day: int
    gain: float
    flow: float
    shares: Vector
    since: int
    places: Rows  # the likeliest pipes, best first
    weights: Vector

    @property
    def area(self) -> int:
        return int(np.argmax(self.shares))


@dataclass
class AreaAlarm:
    """An area told on `day`; `last`: the suspicion as last known."""

    day: int
    last: Suspicion
    first: Suspicion
    end: int | None = None

    def is_on(self, day: int) -> bool:
        return self.day <= day and (self.end is None or self.end > day)


def split_by_sensor(network: Network, sensors: tuple[str, ...]) -> Areas:
    """Each pipe goes with the sensor nearest to its nearer end, along the pipes."""
    row = {name: number for number, name in enumerate(network.nodes)}
    known = tuple(name for name in sensors if name in row)
    away = network.apart[np.ix_([row[name] for name in known], range(len(network.nodes)))]
    by_pipe = np.minimum(away[:, network.pipes.ends[:, 0]], away[:, network.pipes.ends[:, 1]])
    nearest = np.argmin(by_pipe, axis=0)
    return Areas(known, np.where(np.isfinite(by_pipe.min(axis=0)), nearest, -1))


@dataclass
class AreaWatch:
    """Follows the areas from day to day."""

    areas: Areas
    study: Study
    alarms: list[AreaAlarm] = field(default_factory=list)
    last: Suspicion | None = None
    _unlikely: Vector = field(default_factory=lambda: np.zeros(0))
    _high: int = 0
    _low: int = 0

    def follow(
        self, errors: Vector, day: int, seen: Mask, covariance: Vector, load: float, unlikely: Vector
    ) -> None:
        """`errors`: days × channels up to this day, less the leaks found; `covariance`: of all but noise; `unlikely`: by pipe,
        what visits made less likely (log)."""
        self._unlikely, covariance = unlikely, covariance + self.study.shared.T @ self.study.shared
        found = [one for size in WINDOWS if (one := self._suspect(errors, day, seen, covariance, load, size))]
        self.last = max(found, key=lambda one: one.gain, default=None)
        high = self.last is not None and self.last.gain >= _GAIN and self.last.shares.max() >= _SHARE
        low = self.last is None or self.last.gain < _GAIN / 2
        self._high, self._low = self._high + 1 if high else 0, self._low + 1 if low else 0
        alarm = self.current
        if alarm is not None and self._low >= _LASTS:
            alarm.end = day
        elif alarm is not None and self.last is not None:
            alarm.last = self.last
        elif self.last is not None and self._high >= _LASTS:
            self.alarms.append(AreaAlarm(day, self.last, self.last))

    @property
    def current(self) -> AreaAlarm | None:
        return self.alarms[-1] if self.alarms and self.alarms[-1].end is None else None

    def take_over(self, day: int) -> None:
        """A pipe is told on this day: what the area told is in it."""
        if self.current is not None:
            self.current.end = day
        self.last, self._high = None, 0

    def _suspect(
        self, errors: Vector, day: int, seen: Mask, covariance: Vector, load: float, window: int
    ) -> Suspicion | None:
        part = errors[max(0, day - window + 1) : day + 1]
        days = np.isfinite(part).sum(axis=0)
        here = seen & (days >= max(2, window // 2))
        if len(part) < window or here.sum() < 2 or not (self.areas.of_pipe >= 0).any():
            return None
        mean = np.nansum(part[:, here], axis=0) / days[here]
        steady, effects = self.study.steady, self.study.effects
        noise = np.diag(steady[here] ** 2 / window + (0.5 * steady[here] + 0.002) ** 2)
        inverse = np.linalg.inv(noise + covariance[np.ix_(here, here)])
        usable = np.flatnonzero(np.isfinite(effects.shapes).all(axis=(0, 2)) & (self.areas.of_pipe >= 0))
        gains, amounts = gains_by_amount(inverse, mean, effects.shapes[:, usable][:, :, here] * load)
        pick, rows = np.argmax(gains, axis=0), np.arange(len(usable))
        best, weights = place_weights(gains[pick, rows], inverse, mean, _TEMPER, self._unlikely[usable])
        weights /= weights.sum()
        shares = np.bincount(self.areas.of_pipe[usable], weights, len(self.areas.sensors))
        flow = float(weights @ np.maximum(amounts, 0.0)[pick, rows])
        signature = (weights @ effects.at(usable, max(flow, effects.amounts[0]))) * load
        since = onset(errors[: day + 1], np.diag(steady**2) + covariance, signature)
        likely = np.argsort(-weights, kind="stable")[:_MAX_PIPES]
        return Suspicion(day, best, flow, shares, since, usable[likely], weights[likely])
