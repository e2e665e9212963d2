"""Residuals of the calibrated network model: daily residuals, their noise, the effects of a leak.

In come `Readings` and a `Network`; out comes a `Study`. The model is calibrated on the first calm days alone: an offset
and a slope on the head losses for each channel; no later day changes it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from beffroi.systems.contract import BadInput
from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.kit.series import mean_of_known, trailing_mean
from beffroi.systems.kit.words import listed, plural
from beffroi.systems.leaks.hydraulics import Load, nominal_use, open_solver, sensitivities
from beffroi.systems.leaks.meters import orient_meters
from beffroi.systems.leaks.network import Network, metered_zones
from beffroi.systems.leaks.readings import Readings
from beffroi.systems.leaks.search_types import Effects, Study

JOINED = " + "  # between the names of the sectors whose meters feed one zone
AMOUNTS = (4.0, 24.0)  # m³/h: the leaks simulated at each node
_TOWN = 200.0  # m³/h: of a larger network, they are the same share of what it uses
_HOURS = (2, 6, 10, 14, 18, 22)  # hours of the mean day at which they are
_SEASON, _OWN = 0.08, 0.03  # how far use may drift with the season, all zones alike; and each zone by itself
_SHARED = 0.10  # of a zone's use: how far the model may be wrong on what it changes, for the areas
_SLOPE = 0.5  # of the slope on head losses: how wrong it may be when the use rises by a third or so
_INDEPENDENT = 6  # independent errors a day, for hourly ones that last


def build_study(network: Network, readings: Readings, calm_days: int, notes: list[str]) -> Study:
    """Simulate, compare, calibrate. Raises `BadInput` where meters or sensors are not in the network."""
    model = network.model
    links = [name for name in readings.meters if name in model.link_name_list]
    sensors = [name for name in readings.sensors if name in model.junction_name_list]
    tanks = [name for name in readings.sensors if name in model.tank_name_list]
    strangers = [name for name in readings.sensors if name not in {*sensors, *tanks}]
    if strangers:
        notes.append(
            f"{plural(len(strangers), 'capteur de pression absent', 'capteurs de pression absents')} du réseau, à l’écart du "
            f"calcul : {listed(strangers, 5)}."
        )
    if not links or len(sensors) < 3:
        raise BadInput(
            "Le modèle du réseau ne sert pas : il faut qu’un compteur et trois capteurs de pression y portent le même nom."
        )
    signs = orient_meters(network, readings, calm_days)
    rows = {name: row for row, name in enumerate(readings.meters)}
    flows = {name: sign * readings.flows[rows[name]] for name, sign in signs.items()}
    load, names, balance = _load(network, readings, flows, tanks, calm_days * 24)
    period = _period(network)
    load = replace(load, slot=_slots(network, load, period, calm_days * 24))
    metered_links = [name for name in links if name in model.pipe_name_list or name in model.valve_name_list]
    with open_solver(network, load, sensors, metered_links, period) as solver:
        pressure, flow = solver.solve()
    calm = calm_days * 24
    passed = [_along(flows[name], flow[:, column], calm) for column, name in enumerate(metered_links)]
    heads = [readings.pressures[readings.sensors.index(name)] for name in sensors]
    measured = np.array([*heads, *passed]).T
    gap = measured - np.hstack([pressure, flow])
    missing = ~np.isfinite(balance).all(axis=0)
    gap[missing] = np.nan
    # Of the inlets of one zone the last is what the others leave: it adds no information.
    last = {zone: name for name, zone in _fed(network, load.zones, flows, metered_links, calm).items()}
    keep = np.array([True] * len(sensors) + [name not in last.values() for name in metered_links])
    nominal = np.array([nominal_use(network, zone, load.slot, period)[0] for zone in load.zones])
    # Everything of reference comes from the calm days: no alarm may depend on what came after it.
    level = load.use[:, :calm].mean(axis=1)
    losses = (load.use[0] / max(level[0], 1e-6)) ** 1.852
    calibrated, hourly, slopes = _calibrate(gap[:, keep], losses, calm, load.use.shape[1])
    days = load.use.shape[1] // 24
    daily = _daily(calibrated, days)
    noise = np.maximum(
        np.maximum(np.nanstd(daily[:calm_days], axis=0), hourly / math.sqrt(_INDEPENDENT)), 0.002
    )
    steady = np.maximum(np.maximum(1.3 * _moving_spread(calibrated[:calm]), hourly / math.sqrt(24)), 0.002)
    taken, filed = (np.where(missing, 0.0, one)[:, :calm].sum(axis=1) for one in (load.use, nominal))
    usual = nominal * (taken / np.maximum(filed, 1e-6))[:, None]
    excess = _daily(np.where(missing, np.nan, load.use - usual).T, days)
    mean_day = _mean_day(load.each(lambda line: line[..., :calm]))
    effects, zone_of, ordinary = _effects(network, mean_day, sensors, metered_links, period, keep, level)
    return Study(
        residual=np.hstack([daily, excess]),
        noise=np.concatenate([noise, 0.01 * level + 0.05]),
        floor=np.concatenate([0.5 * noise + 0.002, 0.005 * level]),
        effects=effects,
        loads=(np.maximum(load.use[0].reshape(days, 24).mean(axis=1), 1e-3) / max(level[0], 1e-3)) ** 0.852,
        steady=np.concatenate([steady, 0.01 * level + 0.05]),
        shared=np.hstack(
            [
                np.vstack([_SHARED * level[:, None] * ordinary, _SLOPE * slopes]),
                np.zeros((len(level) + 1, len(level))),
            ]
        ),
        sensors=tuple(sensors),
        zones=names,
        zone_of=zone_of,
        use=np.where(missing, np.nan, load.use),
        usual=usual,
    )


def _fed(
    network: Network,
    parts: Sequence[frozenset[str]],
    flows: dict[str, Vector],
    links: Iterable[str],
    calm: int,
) -> dict[str, int]:
    """The zone that each metered link feeds on the calm hours, where it feeds one."""
    return {
        name: number
        for name in links
        for number, part in enumerate(parts)
        if network.enters(name, part) * float(np.nansum(flows[name][:calm])) > 0
    }


def _along(measured: Vector, simulated: Vector, calm: int) -> Vector:
    """A meter inside a zone, which no balance turns, counts the way that the model's water goes."""
    known = np.isfinite(measured[:calm])
    against = float((measured[:calm] * simulated[:calm])[known].sum()) < 0
    return -measured if against else measured


def _moving_spread(values: Vector) -> Vector:
    """Standard deviation of the means of 24 hours, by column."""
    if len(values) < 48:
        return np.ones(values.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(values, 24, axis=0)
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.nanstd(mean_of_known(windows, axis=-1, least=18), axis=0), nan=1.0)


def _load(
    network: Network, readings: Readings, flows: dict[str, Vector], tanks: list[str], calm: int
) -> tuple[Load, tuple[str, ...], Vector]:
    parts = sorted(metered_zones(network, tuple(flows)), key=len, reverse=True)
    heads = {name: row for row, name in enumerate(readings.sensors)}
    levels = {tank: _filled(readings.pressures[heads[tank]]) for tank in tanks}
    complete, uses, names = [], [], []
    for part in parts:
        use = np.zeros(readings.flows.shape[1])
        for name, flow in flows.items():
            enters = network.enters(name, part)
            use = use + enters * flow if enters else use
        fed = _fed(network, (part,), flows, flows, calm)
        if not fed or part & set(network.model.reservoir_name_list):
            continue
        for tank in (node for node in part if node in network.model.tank_name_list):
            if tank in tanks:
                area = math.pi * network.model.get_node(tank).diameter ** 2 / 4
                use = use - area * np.gradient(levels[tank])
            else:
                use = _smoothed(use)
        complete.append(part)
        uses.append(use)
        sectors = JOINED.join(dict.fromkeys(readings.sector_of[readings.meters.index(name)] for name in fed))
        names.append(f"{sectors}, après {listed(fed, 2)}" if sectors in names else sectors)
    if not complete:
        raise BadInput("Le modèle du réseau ne sert pas : aucun secteur n’y a tous ses compteurs d’entrée.")
    balance = np.array(uses)
    slot = np.arange(readings.flows.shape[1], dtype=float)
    pumped = {name: np.maximum(_filled(flows[name]), 0.0) for name in _replaceable(network, tuple(flows))}
    use = np.array([np.maximum(_filled(line), 0.0) for line in balance])
    return Load(tuple(complete), use, slot, pumped, levels), tuple(names), balance


def _replaceable(network: Network, metered: tuple[str, ...]) -> list[str]:
    """The metered pumps that their flow may stand for: without the others, a part of the network would have no head."""
    model = network.model
    pumps = [name for name in metered if name in model.pump_name_list]
    sources = {*model.reservoir_name_list, *model.tank_name_list}
    fixed = set().union(*(part for part in network.parts(without=pumps) if part & sources))
    ends = {name: model.get_link(name) for name in pumps}
    return [name for name, link in ends.items() if {link.start_node_name, link.end_node_name} <= fixed]


def _smoothed(use: Vector) -> Vector:
    """The mean of the last 24 hours known at each."""
    return np.where(np.isfinite(use), trailing_mean(use, 24), np.nan)


def _filled(values: Vector) -> Vector:
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known]) if len(known) else np.zeros(len(values))


def _period(network: Network) -> float | None:
    """Patterns longer than a week are, more often, weeks put end to end: the period that follows the meters best."""
    model = network.model
    longest = max((len(model.get_pattern(name).multipliers) for name in model.pattern_name_list), default=0)
    return 168.0 if longest * model.options.time.pattern_timestep / 3600.0 > 168.0 else None


def _slots(network: Network, load: Load, period: float | None, calm: int) -> Vector:
    """The hour of the patterns at each hour: the shift, in whole days, that follows the meters best."""
    hours = load.use.shape[1]
    best, chosen = -np.inf, 0
    total = load.use[:, :calm].sum(axis=0)
    rough = total - _smoothed(total)
    for shift in range(7):
        slot = np.arange(calm, dtype=np.float64) + 24.0 * shift
        nominal = np.array([nominal_use(network, zone, slot, period)[0] for zone in load.zones]).sum(axis=0)
        nominal = nominal - _smoothed(nominal)
        like = float(np.sum(nominal * rough))
        if like > best * (1 + 1e-9) if best > 0 else like > best:
            best, chosen = like, shift
    return np.arange(hours, dtype=np.float64) + 24.0 * chosen


def _calibrate(gap: Vector, losses: Vector, calm: int, hours: int) -> tuple[Vector, Vector, Vector]:
    """Take away an offset and a slope on the head losses, both from the calm hours; out also the hourly noise left, and the slopes."""
    described = np.column_stack([np.ones(hours), losses])
    out = np.array(gap)
    hourly, slopes = np.empty(gap.shape[1]), np.zeros(gap.shape[1])
    for column in range(gap.shape[1]):
        known = np.isfinite(gap[:calm, column])
        if known.sum() < 48:
            out[:, column] = np.nan
            hourly[column] = 1.0
            continue
        left = described[:calm][known]
        # A slight pull of the slope to zero: few calm days must not make a wild one.
        fit = np.linalg.solve(left.T @ left + np.diag([0.0, 1.0]), left.T @ gap[:calm, column][known])
        out[:, column], slopes[column] = gap[:, column] - described @ fit, fit[1]
        hourly[column] = np.nanstd(out[:calm, column])
    return out, hourly, slopes


def _daily(values: Vector, days: int) -> Vector:
    """Means of days that have 18 hours at least."""
    return mean_of_known(values.reshape(days, 24, -1), axis=1, least=18)


def _mean_day(load: Load) -> Load:
    at = np.array(_HOURS)
    means = load.each(lambda line: line.reshape(*line.shape[:-1], -1, 24).mean(axis=-2)[..., at])
    return replace(means, slot=at + 24.0)


def _effects(
    network: Network,
    mean_day: Load,
    sensors: list[str],
    links: list[str],
    period: float | None,
    keep: Mask,
    level: Vector,
) -> tuple[Effects, Rows, Vector]:
    shapes = []
    ordinary = np.empty(0)
    size = max(1.0, float(level.sum()) / _TOWN)
    amounts = (AMOUNTS[0] * size, AMOUNTS[1] * size)
    for amount in amounts:
        nodes, ordinary = sensitivities(network, mean_day, sensors, links, period, amount)
        shapes.append(nodes.mean(axis=1)[network.pipes.ends].mean(axis=1)[:, keep])
    zone_at = {name: number for number, part in enumerate(mean_day.zones) for name in part}
    of_node = np.array([zone_at.get(name, -1) for name in network.nodes])
    ends = of_node[network.pipes.ends]
    zone_of = np.where(ends[:, 0] == ends[:, 1], ends[:, 0], -1)
    count = len(mean_day.zones)
    use = (zone_of[:, None] == np.arange(count)[None, :]).astype(float)
    full = np.array([np.hstack([shape, use]) for shape in shapes])
    full[:, zone_of < 0] = np.nan
    wrong = np.minimum(np.maximum(0.02 * level, 0.3), 5.0)[:, None] * ordinary.mean(axis=1)[:, keep]
    blocks = [np.hstack([wrong, np.zeros((count, count))])]
    blocks.append(np.hstack([np.zeros((1, wrong.shape[1])), _SEASON * level[None, :]]))
    blocks.append(np.hstack([np.zeros((count, wrong.shape[1])), np.diag(_OWN * level + 0.3)]))
    apart = np.array([network.between(pipe) for pipe in range(len(network.pipes.names))])
    return (
        Effects(amounts, full, apart, np.vstack(blocks)),
        np.asarray(zone_of),
        ordinary.mean(axis=1)[:, keep],
    )
