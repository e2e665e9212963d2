"""Economic score of the BattLeDIM competition, for any network and any leaks.

Source of the rules: Vrachimis et al. (2022), « Battle of the Leakage Detection and Isolation Methods », Journal of Water
Resources Planning and Management 148(12), and the parameters published with it: 0.80 € a m³, 500 € a crew, 300 m.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Vector
from beffroi.systems.leaks.network import Network

WATER, CREW, REACH = 0.80, 500.0, 300.0  # € a m³, € an assignment, metres


@dataclass(frozen=True)
class TrueLeak:
    """`flow`: m³/h at each step of `hours` hours, the leak's own window being [start, end] (steps, inclusive)."""

    pipe: str
    start: int
    end: int
    flow: Vector


@dataclass(frozen=True)
class Alarm:
    pipe: str
    step: int


@dataclass(frozen=True)
class Scored:
    """`euros`: the whole score; `found`: (leak, alarm, metres) of each leak found; `false`: alarms that found nothing;
    `repeated`: alarms on a leak found already, which cost nothing."""

    euros: float
    found: tuple[tuple[int, int, float], ...]
    false: tuple[int, ...]
    repeated: tuple[int, ...]
    per_leak: tuple[float, ...]


def score(
    network: Network | None,
    leaks: list[TrueLeak],
    alarms: list[Alarm],
    hours: float,
    sectors: dict[str, Vector] | None = None,
) -> Scored:
    """Score the alarms in the order of time.

    An alarm finds a leak when it is raised at a step t in [start, end] and lies at x ≤ 300 m of pipe (from middle to
    middle): it earns 0.80 × (m³ that leak from t on) − 500 × x / 300. Of several leaks the nearest not found before is
    taken. An alarm that lies in no leak's window costs 500 €; one on a leak found already counts for nothing.
    `sectors`: by sector, the metres from each pipe to it (0 or infinite), for leaks of which the sector alone is known.
    Without a network, `pipe` names a sector: the same one is at 0 m, any other is out of reach.
    """
    if network is None:
        names = sorted({leak.pipe for leak in leaks} | {alarm.pipe for alarm in alarms})
        row = {name: number for number, name in enumerate(names)}
        away = [np.array([0.0 if name == leak.pipe else np.inf for name in names]) for leak in leaks]
    else:
        row = {name: number for number, name in enumerate(network.pipes.names)}
        away = [
            network.between(row[leak.pipe]) if leak.pipe in row else (sectors or {})[leak.pipe]
            for leak in leaks
        ]
    known: set[int] = set()
    euros, found, false, repeated = 0.0, [], [], []
    gained = [0.0] * len(leaks)
    for number, alarm in sorted(enumerate(alarms), key=lambda item: item[1].step):
        pipe = row[alarm.pipe]
        within = [
            index
            for index, leak in enumerate(leaks)
            if leak.start <= alarm.step <= leak.end and away[index][pipe] <= REACH
        ]
        fresh = [index for index in within if index not in known]
        if fresh:
            best = min(fresh, key=lambda index: float(away[index][pipe]))
            metres = float(away[best][pipe])
            earned = WATER * float(leaks[best].flow[alarm.step :].sum()) * hours - CREW * metres / REACH
            known.add(best)
            euros += earned
            gained[best] = earned
            found.append((best, number, metres))
        elif within:
            repeated.append(number)
        else:
            euros -= CREW
            false.append(number)
    return Scored(euros, tuple(found), tuple(false), tuple(repeated), tuple(gained))
