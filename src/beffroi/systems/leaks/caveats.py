"""Caveats against « no leak »: inflow that is unexplained, or unmeasured.

In comes a `Reading`; out go sentences for the operator, none where the readings allow that statement. Night flows and the network's
model see leaks that begin; a slow rise that they follow, a reservoir without a meter or a silent sector escape both.
"""

import numpy as np

from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.words import listed, share
from beffroi.systems.leaks.network import Network
from beffroi.systems.leaks.sector import Reading

WEEK = 7
_BEFORE = 8  # weeks to which the last one is compared, where there are as many
_MIN_WEEKS_BEFORE = 2
_MIN_RISE = 0.15  # of the usual week: a rise that seasons and homes do not explain in seven days
_SPREADS = 4.0  # and this many times the scatter of weeks
_MIN_MEASURED_DAYS = 4  # days of a week


def find_caveats(reading: Reading, silent: list[str]) -> list[str]:
    """Sentences against the statement that no leak is likely. `silent`: the sectors whose loss is unknown."""
    found = _unexplained_rises(reading)
    if reading.network is not None:
        found += _unmetered_sources(reading.network, reading.readings.meters)
    if silent:
        found.append(f"Ce que perdent ces secteurs n’est pas connu : {_quoted(silent)}.")
    return found


def _unexplained_rises(reading: Reading) -> list[str]:
    """Water that enters a sector, or all of them, well above the weeks before, without a reported leak that explains it."""
    readings = reading.readings
    alarmed = {watch.sector for watch in reading.watches if watch.current is not None}
    if alarmed or any(leak.closed is None for leak in reading.leaks):
        return []  # a leak is told: the sentence is not written
    flows = {sector: readings.sector_flow(sector) for sector in readings.sectors}
    risen = {sector: rise for sector, hours in flows.items() if (rise := weekly_rise(hours))}
    if not risen and len(flows) > 1 and (rise := weekly_rise(np.sum(list(flows.values()), axis=0))):
        risen = {"tout le réseau": rise}
    return [
        f"L’eau qui entre a augmenté de {share(rise, 0)} en une semaine ({sector[:60]}), et rien ne l’explique ici : "
        "vérifiez compteurs, réservoirs, purges et gros consommateurs."
        for sector, rise in list(risen.items())[:5]
    ]


def weekly_rise(hours: Vector) -> float:
    """The share by which the last seven days exceed the weeks before, when it is beyond the scatter of weeks; 0 otherwise.

    `hours`: m³/h, from midnight to midnight; NaN where nothing was read.
    """
    days = np.abs(hours.reshape(-1, 24))
    weeks = []
    for number in range(1 + _BEFORE):
        part = days[max(0, len(days) - WEEK * (number + 1)) : len(days) - WEEK * number]
        measured = np.isfinite(part).sum(axis=1) >= 12
        if len(part) < WEEK or measured.sum() < _MIN_MEASURED_DAYS:
            break
        weeks.append(float(np.nanmean(part[measured])))
    if len(weeks) < 1 + _MIN_WEEKS_BEFORE:
        return 0.0
    last, before = weeks[0], np.array(weeks[1:])
    usual = float(np.median(before))
    spread = 1.4826 * float(np.median(np.abs(before - usual)))
    if usual <= 0 or last - usual <= max(_MIN_RISE * usual, _SPREADS * spread):
        return 0.0
    return last / usual - 1


def _unmetered_sources(network: Network, meters: tuple[str, ...]) -> list[str]:
    """Sources of the network, reservoirs and fed tanks, with an unmetered outlet."""
    known = set(meters)
    without = [
        name for name in network.model.reservoir_name_list if not _metered(network, name, known, seen={name})
    ]
    if not without:
        return []
    return [
        f"Aucun compteur ne mesure l’eau qui vient de {_quoted(without)} : une fuite nourrie par là ne se verrait pas."
    ]


def _metered(network: Network, node: str, known: set[str], seen: set[str]) -> bool:
    """Whether each way out of a node passes a meter before water is used, or other ways join. Meters bear a link's name or a node's."""
    for name in network.model.get_links_for_node(node):
        link = network.model.get_link(name)
        other = link.end_node_name if link.start_node_name == node else link.start_node_name
        if known & {name, other} or other in seen:
            continue
        onward = len(network.model.get_links_for_node(other)) - 1
        used = getattr(network.model.get_node(other), "base_demand", 0.0)
        if used or onward > 1 or (onward and not _metered(network, other, known, seen | {other})):
            return False
    return True


def _quoted(names: list[str]) -> str:
    return listed((f"« {name[:40]} »" for name in names), 5)
