"""Types of the leak search: alarm rules, field visits, simulated effects, what the model says of the readings, found leaks.

In and out: plain arrays; pipes are numbered as in `Effects`.
"""

from dataclasses import dataclass, field

import numpy as np

from beffroi.systems.kit.arrays import Rows, Vector


@dataclass(frozen=True)
class AlarmRules:
    """Thresholds of an alarm. `gain`: the least gain; `sure`: the least probability (0..1) that the leak lies within 300 m of the
    pipe named; `patience`: days after which an uncertain place raises an alarm too, at half of `sure`; `temper`: relative
    error of the simulated effect of a leak."""

    gain: float = 30.0
    sure: float = 0.8
    patience: int = 14
    temper: float = 0.03
    drift: float = 0.03


@dataclass(frozen=True)
class FieldVisit:
    """Result of a field visit on `day`: `pipes` as numbered in `Effects`; `exact`: they are a pipe or a street, not a whole sector;
    `repaired_on`: the day on which the leak was stopped; `gain_factor`: factor on the least gain from that day on."""

    day: int
    pipes: Rows
    found: bool
    repaired_on: int | None
    gain_factor: float
    exact: bool = True


@dataclass(frozen=True)
class Effects:
    """Simulated effects of a leak, per m³/h: `shapes[j]` (pipes × channels) for a leak of `amounts[j]` m³/h (head losses are not
    linear); NaN rows: a pipe never named. `apart`: metres from pipe to pipe. `ordinary`: (zones × channels) what 1 m³/h
    more of ordinary use changes."""

    amounts: tuple[float, ...]
    shapes: Vector
    apart: Vector
    ordinary: Vector

    def at(self, pipes: Rows, flow: float) -> Vector:
        """Per m³/h, at this flow: between the two amounts simulated, in a straight line."""
        low, high = self.amounts[0], self.amounts[-1]
        part = (min(max(flow, 0.5 * low), 1.6 * high) - low) / (high - low)
        return np.asarray(self.shapes[0, pipes] * (1 - part) + self.shapes[-1, pipes] * part)


@dataclass(frozen=True)
class Study:
    """What the network's model says of the readings, by day or hour and channel: the sensors (m), the metered links but one a zone
    (m³/h), then the zones (m³/h).

    `residual`: days × channels, measured less modelled (NaN: missing); `noise`, `floor`: standard deviation by channel of one day's
    mean, and of what no averaging takes away; `loads`: sensitivity of each day over the mean one; `steady`: noise of one day's mean as
    the calm days show it, for the areas; `shared`: errors × channels, what all pressures may be wrong by together, of which an area
    says nothing. `zone_of`: each pipe's zone (-1: none); `use`: zones × hours, and `usual`, what the model has of it at the size of
    the calm days.
    """

    residual: Vector
    noise: Vector
    floor: Vector
    effects: Effects
    loads: Vector
    steady: Vector
    shared: Vector
    sensors: tuple[str, ...]
    zones: tuple[str, ...]
    zone_of: Rows
    use: Vector
    usual: Vector


@dataclass
class Leak:
    """One leak found on `day`, its likely `places` with their `weights`, best first; `flow`: m³/h, as last known;
    `flows`: by day. `named_pipe`: the pipe named on that day; `alarm_flow`: m³/h on that day; `sure`: the probability that it lay within 300 m."""

    day: int
    named_pipe: int
    alarm_flow: float
    gain: float
    sure: float
    places: Rows
    weights: Vector
    flow: float
    flows: dict[int, float] = field(default_factory=dict)
    closed: int | None = None
    placed: float = 0.0  # the gain with which `places` were last set
    peak: float = 0.0
    low_days: int = 0
    end: str = ""  # why it is closed: « réparée », « écartée », « disparue »
    repaired_on: int | None = None
    since: int = 0  # the first day on which it shows
