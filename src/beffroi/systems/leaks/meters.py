"""Which way each meter counts: a meter counts the water that passes, whichever way the file draws its pipe.

In come the network and the readings; out goes a sign by meter, 1 along the drawing and -1 against it. Of the two ways of each, that
under which each zone takes most nearly what the file's demands say, day after day: continuity alone decides, so a pipe drawn the other way changes
nothing.
"""

from dataclasses import dataclass

import networkx as nx
import numpy as np

from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.leaks.network import Network
from beffroi.systems.leaks.readings import Readings


@dataclass(frozen=True)
class _Balance:
    """`into[z, m]`: 1 where the meter, along its drawing, brings water to the closed zone z, -1 where it takes some."""

    into: Vector
    flows: Vector  # m³/h by meter and hour of the calm days, a missing one at the meter's mean
    wanted: Vector  # m³/h by zone

    def gap(self, signs: Vector) -> float:
        """How far from the demands, in their split, in their sum, and in being the same from day to day: 0 where all fit."""
        use = (self.into * signs) @ self.flows
        net, whole = use.mean(axis=1), use.sum(axis=0)
        total = float(net.sum())
        if total <= 0:
            return np.inf
        wanted = max(float(self.wanted.sum()), 1e-9)
        restless = float(np.std(whole[24:] - whole[:-24])) / total if len(whole) > 48 else 0.0
        return float(
            np.abs(net / total - self.wanted / wanted).sum() + abs(np.log(total / wanted)) + restless
        )


def orient_meters(network: Network, readings: Readings, calm_days: int) -> dict[str, float]:
    """By metered link of the network. Pumps only push one way: the file says which."""
    names = [name for name in readings.meters if name in network.model.link_name_list]
    rows = [readings.meters.index(name) for name in names]
    calm = [readings.flows[row, : calm_days * 24] for row in rows]
    flows = np.array([np.where(np.isfinite(flow), flow, _mean(flow)) for flow in calm])
    mean = flows.mean(axis=1) if names else np.zeros(0)
    balance, distance = _balance(network, names, flows), _from_sources(network)
    pumps = set(network.model.pump_name_list)
    free = [number for number, name in enumerate(names) if name not in pumps]
    signs = np.where(mean < 0, -1.0, 1.0)
    for number in free:
        link = network.model.get_link(names[number])
        away = distance.get(link.end_node_name, 0) - distance.get(link.start_node_name, 0)
        signs[number] *= -1.0 if away < 0 else 1.0
    return dict(zip(names, _best_signs(balance, signs, np.array(free, dtype=np.int64)).tolist(), strict=True))


def _best_signs(balance: _Balance, signs: Vector, free: Rows) -> Vector:
    """From the way that leads from the sources, what one or two meters turned improve, until nothing does."""
    turns = [[one] for one in free] + [[one, other] for one in free for other in free if one < other]
    best, improved = balance.gap(signs), True
    while improved:
        improved = False
        for turn in turns:
            tried = signs.copy()
            tried[turn] *= -1
            gap = balance.gap(tried)
            if gap < best - 1e-6 or (np.isinf(best) and not np.isinf(gap)):
                best, signs, improved = gap, tried, True
    return signs


def _balance(network: Network, names: list[str], flows: Vector) -> _Balance:
    model = network.model
    sources = set(model.reservoir_name_list)
    closed = [part for part in network.parts(without=names) if not part & sources]
    wanted = [
        3600 * sum(d.base_value for name in part if name in model.junction_name_list for d in model.get_node(name).demand_timeseries_list)
        for part in closed
    ]  # fmt: skip
    into = [[float(network.enters(name, part)) for name in names] for part in closed]
    return _Balance(np.reshape(into, (len(closed), len(names))), flows, np.array(wanted))


def _from_sources(network: Network) -> dict[str, int]:
    """Links from the nearest source; tanks are sources where there is no reservoir."""
    sources = set(network.model.reservoir_name_list or network.model.tank_name_list)
    if not sources:
        return {}
    return dict(nx.multi_source_dijkstra_path_length(network.graph(), sources, weight=None))


def _mean(values: Vector) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0
