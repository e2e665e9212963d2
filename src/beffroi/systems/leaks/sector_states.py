"""What is known of each sector on the last day: its loss, its rise, where to look for what no pipe explains, its status.

In comes a `Reading`; out go `SectorState`s, the most worrying first. A sector that takes more than expected is never calm.
"""

from dataclasses import dataclass, replace

import numpy as np

from beffroi.systems.leaks.areas import Suspicion
from beffroi.systems.leaks.losses import Loss, sector_loss
from beffroi.systems.leaks.night import Watch
from beffroi.systems.leaks.rises import Rise, find_rises
from beffroi.systems.leaks.sector import Reading

CALM, WATCHED, RISEN, LEAKING = LEVELS = ("calme", "à surveiller", "hausse à expliquer", "fuite probable")


@dataclass(frozen=True)
class SectorState:
    """`watch`: None for what no night follows (the whole network, a sector out of the model); `suspicion`: where one more leak
    would be; `suspected`: whether it stands by itself, without the rise."""

    sector: str
    watch: Watch | None
    loss: Loss
    rise: Rise | None
    suspicion: Suspicion | None
    suspected: bool
    status: str

    @property
    def to_look_for(self) -> bool:
        """Whether water is lost, or taken, that no pipe explains."""
        return self.suspected or (self.status in (RISEN, LEAKING) and self.loss.located == 0)


def find_states(reading: Reading) -> list[SectorState]:
    rises, taken = find_rises(reading), set()
    found = []
    for row, watch in enumerate(reading.watches):
        own = [rise for rise in rises if rise.sector == watch.sector]
        taken |= {rise.sector for rise in own}
        found.append(_state_of(reading, row, watch, own[0] if own else None))
    nothing = Loss(0.0, 0.0, 0.0, 0.0, None, known=False)
    found += [
        SectorState(rise.sector, None, nothing, rise, None, False, RISEN)
        for rise in rises
        if rise.sector not in taken
    ]
    return sorted(found, key=lambda one: (-LEVELS.index(one.status), -one.loss.total))


def _state_of(reading: Reading, row: int, watch: Watch, rise: Rise | None) -> SectorState:
    loss = sector_loss(reading, row, reading.readings.days - 1)
    areas = reading.areas
    suspicion = _within(reading, row, areas.last if areas is not None else None)
    suspected = suspicion is not None and areas is not None and areas.current is not None
    if suspicion is not None and suspected and loss.total == 0:
        flow = rise.flow if rise else suspicion.flow
        loss = replace(loss, unlocated=flow, high=max(loss.high, 2 * flow), since=suspicion.since)
    status = CALM
    if loss.located > 0 or suspected or (loss.unlocated > 0 and watch.current):
        status = LEAKING
    elif rise is not None:
        status = RISEN
    elif loss.unlocated > 0 or watch.current or not loss.known:
        status = WATCHED
    return SectorState(watch.sector, watch, loss, rise, suspicion, suspected, status)


def is_calm(reading: Reading, row: int, day: int, loss: Loss) -> bool:
    """Whether nothing but a rise could keep this sector from being called calm on that day. `loss`: what was known of it then."""
    named = [] if reading.areas is None else [alarm for alarm in reading.areas.alarms if alarm.is_on(day)]
    suspected = any(_within(reading, row, alarm.first) is not None for alarm in named)
    return loss.known and loss.total == 0 and not suspected and not reading.watches[row].active(day)


def _within(reading: Reading, row: int, last: Suspicion | None) -> Suspicion | None:
    """The part of a suspicion within this zone, where at least a third of it lies there."""
    if reading.areas is None or reading.study is None or last is None:
        return None
    zone_of = reading.study.zone_of
    own = zone_of[last.places] == row
    if not own.any() or float(last.weights[own].sum()) < float(last.weights.sum()) / 3:
        return None
    of_pipe = reading.areas.areas.of_pipe
    here = np.array([bool((zone_of[of_pipe == area] == row).any()) for area in range(len(last.shares))])
    shares = np.where(here, last.shares, 0.0)
    total = float(shares.sum())
    if total <= 0:
        return None
    return replace(last, shares=shares / total, places=last.places[own], weights=last.weights[own])
