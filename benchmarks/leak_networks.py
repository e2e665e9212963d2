"""Benchmark of `leaks` on networks that it had not seen: which sector it names, and whether it ever reassures wrongly.

    pip download --no-deps epyt -d /tmp/epyt && unzip -j /tmp/epyt/epyt-*.whl '*.inp' -d /tmp/networks
    python -m benchmarks.leak_networks /tmp/networks/ky4.inp --cache /tmp/leak-networks

In come EPANET files, those that the wheels `wntr` and `epyt` ship. The regimes are invented: a daily rhythm where the file has none,
weeks of 42 days, one leak a trial, the true roughness and demands other than the file's, noise of the instruments. `--instruments`:
`full` (each source and each pump metered, each tank's level known, one pressure for 8 km of pipe), `poor` (sources alone metered) or
`blind` (the largest source not metered either). A leak is found where what is proposed names the right sector, the part of the network
nearest to one pressure sensor, or a pipe at less than 1 km. Reassured: « Aucune fuite probable de plus de … » while it loses more than
that; unseen: it loses less. What a hole loses is what EPANET lets through its pipe, not what was drawn for it.
"""

import argparse
import hashlib
import math
import pickle
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import wntr
from wntr.epanet.toolkit import ENepanet

from beffroi.systems.contract import Outcome, Tables
from beffroi.systems.leaks import hydraulics, residuals, run
from benchmarks.leak_years import Vector
from support.networks import network_table

FIRST = date(2025, 1, 6)
DAYS, STEP = 42, 3600
WARM = 5  # days simulated before the first reading: tanks forget where the file has them begin
KILOMETRES_A_SENSOR = 8.0
NEAR = 1000.0  # metres of pipe: a pipe named so near is the right place too
_BASE_DEMAND, _EMITTER, _FLOW, _PRESSURE, _DEMAND = 1, 3, 8, 11, 9
# Invented: a town that sleeps, gets up and dines.
_RHYTHM = (0.4, 0.35, 0.33, 0.35, 0.45, 0.7, 1.1, 1.5, 1.5, 1.3, 1.2, 1.2, 1.3, 1.2, 1.05, 1.0, 1.05, 1.2, 1.4, 1.45, 1.3, 1.0, 0.75, 0.55)  # fmt: skip

_PEAK = 1.8
_USE = 0.7  # of the file's demands: sources and pumps keep a margin, so that a leak does not empty the tanks


@dataclass(frozen=True)
class Leak:
    """`share`: of the mean inflow; it widens from day `start` to day `peak` (the same: abrupt) and runs to the end."""

    pipe: str
    share: float
    start: int
    peak: int


@dataclass(frozen=True)
class Instruments:
    meters: tuple[str, ...]
    tanks: tuple[str, ...]
    sensors: tuple[str, ...]


def place_instruments(model: Any, kind: str) -> Instruments:
    """Meters at the first link out of each source; pressures spread as far from each other as pipes go."""
    sources = sorted(model.reservoir_name_list, key=lambda name: (-len(model.get_links_for_node(name)), name))
    if not sources:
        sources = list(model.tank_name_list)
    if kind == "blind":
        sources = sources[1:]
    meters = [link for source in sources for link in model.get_links_for_node(source)]
    if kind == "full":
        meters += model.pump_name_list
    kilometres = sum(pipe.length for _, pipe in model.pipes()) / 1000
    count = max(4, round(kilometres / KILOMETRES_A_SENSOR))
    tanks = tuple(model.tank_name_list) if kind == "full" else ()
    return Instruments(tuple(dict.fromkeys(meters)), tanks, spread_sensors(model, count))


def _graph(model: Any) -> nx.Graph:
    graph = nx.Graph()
    for _, link in model.links():
        length = float(getattr(link, "length", 0.0) or 1e-3)
        graph.add_edge(link.start_node_name, link.end_node_name, weight=length)
    return graph


def spread_sensors(model: Any, count: int) -> tuple[str, ...]:
    """Each next junction is the farthest from those chosen."""
    graph, junctions = _graph(model), set(model.junction_name_list)
    used = [name for name in sorted(junctions) if name in graph and graph.degree[name] > 1]
    chosen = [used[0]]
    away = nx.single_source_dijkstra_path_length(graph, chosen[0])
    while len(chosen) < min(count, len(used)):
        chosen.append(max(used, key=lambda name: (away.get(name, 0.0), name)))
        for name, metres in nx.single_source_dijkstra_path_length(graph, chosen[-1]).items():
            away[name] = min(away.get(name, math.inf), metres)
    return tuple(chosen)


def nearest_sensor(model: Any, sensors: tuple[str, ...]) -> dict[str, str]:
    """By pipe, the pressure sensor nearest to its middle."""
    graph = _graph(model)
    cells = nx.voronoi_cells(graph, set(sensors), weight="weight")
    of_node = {node: sensor for sensor, nodes in cells.items() for node in nodes}
    away = nx.multi_source_dijkstra_path_length(graph, set(sensors), weight="weight")
    return {
        name: of_node[min((pipe.start_node_name, pipe.end_node_name), key=lambda n: away.get(n, math.inf))]
        for name, pipe in model.pipes()
    }


def draw_leaks(model: Any, seed: int, count: int) -> list[Leak]:
    """Leaks drawn along the metres of pipe that have water use around: 8 to 40 % of the inflow, half of them abrupt."""
    chance = np.random.default_rng(seed)
    junctions = set(model.junction_name_list)
    pipes = [
        (name, pipe.length)
        for name, pipe in model.pipes()
        if {pipe.start_node_name, pipe.end_node_name} <= junctions and str(pipe.initial_status) == "Open"
    ]
    weights = np.array([length for _, length in pipes])
    found = []
    for row in chance.choice(len(pipes), size=count, replace=False, p=weights / weights.sum()):
        start = int(chance.integers(24, 30))
        found.append(
            Leak(
                pipes[row][0],
                float(np.exp(chance.uniform(np.log(0.08), np.log(0.4)))),
                start,
                start + int(chance.integers(0, 2)) * 6,
            )
        )
    return found


def readings(
    path: Path, leak: Leak | None, instruments: Instruments, seed: int, mismatch: float, noise: float
) -> tuple[Tables, float]:
    """Hourly means of meters, pressures and levels, and what the leak loses in the last week (m³/h). `noise`: metres of pressure; flows
    are read within 0.5 %."""
    chance = np.random.default_rng(seed)
    model: Any = wntr.network.WaterNetworkModel(str(path))
    hours = (WARM + DAYS) * 24
    _live(model, hours, chance, mismatch)
    if leak is not None:
        wntr.morph.split_pipe(model, leak.pipe, "after_hole", "hole", return_copy=False)
        model.get_node("hole").emitter_coefficient = 1e-9
    time_options = model.options.time
    time_options.duration = (hours - 1) * STEP
    time_options.hydraulic_timestep = time_options.pattern_timestep = time_options.report_timestep = STEP
    time_options.quality_timestep = time_options.rule_timestep = STEP
    time_options.pattern_start = time_options.report_start = 0
    model.options.report.status = "NO"
    model.options.quality.parameter = "NONE"
    with tempfile.TemporaryDirectory() as folder:
        inp = Path(folder) / "weeks.inp"
        wntr.network.io.write_inpfile(model, str(inp), units="CMH")
        files = (str(inp), str(inp.with_suffix(".rpt")), str(inp.with_suffix(".bin")))
        flows, heads, lost = (
            values[WARM * 24 :] for values in _hourly_means(files, leak, instruments, hours)
        )
    hours = DAYS * 24
    # A meter counts water the way it goes, whichever way the file draws its pipe.
    flows = flows * np.where(flows[: 7 * 24].mean(axis=0) < 0, -1.0, 1.0)
    flows = np.round(flows * (1 + 0.005 * chance.normal(size=flows.shape)), 2)
    heads = np.round(heads + noise * chance.normal(size=heads.shape), 2)
    moments = np.datetime64(FIRST, "us") + np.arange(hours) * np.timedelta64(1, "h")
    names = [*instruments.sensors, *instruments.tanks]
    tables = {
        "flows": pa.table(
            {
                "sector": np.repeat("Réseau", hours * len(instruments.meters)),
                "meter": np.repeat(instruments.meters, hours),
                "moment": np.tile(moments, len(instruments.meters)),
                "flow": flows.T.ravel(),
            }
        ),
        "pressures": pa.table(
            {
                "sensor": np.repeat(names, hours),
                "moment": np.tile(moments, len(names)),
                "pressure": heads.T.ravel(),
            }
        ),
        "network": network_table(path),
    }
    return tables, float(lost[-7 * 24 :].mean())


def _live(model: Any, hours: int, chance: np.random.Generator, mismatch: float) -> None:
    """The true network: other roughness and demands than the file's, and an invented rhythm, season, weeks and days."""
    for _, pipe in model.pipes():
        pipe.roughness *= math.exp(mismatch * chance.normal())
    step = model.options.time.pattern_timestep / 3600
    moments = np.arange(hours)
    season = 1 + 0.05 * np.sin(2 * np.pi * (moments / 8760 + chance.uniform()))
    daily = np.repeat(1 + 0.015 * chance.normal(size=hours // 24), 24)
    weekend = np.where(moments // 24 % 7 >= 5, 1.04, 1.0)
    swing = season * daily * weekend
    used = {d.pattern_name for _, n in model.junctions() for d in n.demand_timeseries_list if d.base_value}
    scaled: dict[str | None, str] = {}
    for number, name in enumerate(sorted(used, key=str)):
        values = np.array(_RHYTHM) / _PEAK  # a file without a rhythm has the use of the busiest hour
        if name in model.pattern_name_list and len(set(model.get_pattern(name).multipliers)) > 1:
            own = np.asarray(model.get_pattern(name).multipliers)
            values = own[(np.arange(math.ceil(len(own) * step)) / step).astype(int)]
        scaled[name] = f"lived{number}"
        lived = values[moments % len(values)] * swing * (1 + 0.02 * chance.normal(size=hours))
        model.add_pattern(scaled[name], list(lived))
    for _, node in model.junctions():
        factor = _USE * math.exp(2 * mismatch * chance.normal())
        for demand in node.demand_timeseries_list:
            if demand.base_value:
                demand.base_value *= factor
                demand.pattern_name = scaled[demand.pattern_name]


def _hourly_means(
    files: tuple[str, str, str], leak: Leak | None, instruments: Instruments, hours: int
) -> tuple[Vector, Vector, Vector]:
    """Of the meters (m³/h), of the pressures and levels (m), of what the hole loses (m³/h)."""
    toolkit = ENepanet(*files)
    toolkit.ENopen(*files)
    toolkit.ENopenH()
    toolkit.ENinitH(0)
    links = [toolkit.ENgetlinkindex(name) for name in instruments.meters]
    nodes = [toolkit.ENgetnodeindex(name) for name in (*instruments.sensors, *instruments.tanks)]
    hole = toolkit.ENgetnodeindex("hole") if leak else 0
    total = np.zeros((hours, len(links) + len(nodes) + 1))
    spent = np.zeros(hours)
    inflow: list[float] = []
    pressure: list[float] = []
    opened, now, ahead = -WARM - 1, 0, 1
    while ahead > 0:
        day = now // 86400 - WARM
        if leak is not None and day != opened and day >= leak.start:
            grown = 1.0 if day >= leak.peak else (day - leak.start + 1) / (leak.peak - leak.start + 1)
            wanted = leak.share * float(np.mean(inflow)) * grown
            # Through a hole, the square of what it opens: q = C √p, at the pressure of the calm days.
            coefficient = wanted / math.sqrt(max(float(np.mean(pressure)), 5.0))
            toolkit.ENsetnodevalue(hole, _EMITTER, coefficient)
            opened = day
        now = toolkit.ENrunH()
        values = [toolkit.ENgetlinkvalue(link, _FLOW) for link in links]
        values += [toolkit.ENgetnodevalue(node, _PRESSURE) for node in nodes]
        values.append(toolkit.ENgetnodevalue(hole, _DEMAND) if leak else 0.0)
        if leak is not None and opened < leak.start:
            inflow.append(_inflow(toolkit))
            pressure.append(toolkit.ENgetnodevalue(hole, _PRESSURE))
        ahead = toolkit.ENnextH()
        hour = min(hours - 1, now // STEP)
        lasting = max(ahead, 1)
        total[hour] += np.array(values) * lasting
        spent[hour] += lasting
        now += ahead
    toolkit.ENclose()
    means = total / spent[:, None]
    return means[:, : len(links)], means[:, len(links) : -1], means[:, -1]


def _inflow(toolkit: Any) -> float:
    """What all junctions use, m³/h (without what tanks take)."""
    if not hasattr(toolkit, "_junctions"):
        count = toolkit.ENgetcount(0)
        toolkit._junctions = [index for index in range(1, count + 1) if toolkit.ENgetnodetype(index) == 0]
    return float(sum(max(0.0, toolkit.ENgetnodevalue(index, _DEMAND)) for index in toolkit._junctions))


def cached(folder: Path | None, key: Any, make: Callable[[], Any]) -> Any:
    """What `make` gives, kept in the folder under its key (never in the tree)."""
    if folder is None:
        return make()
    file = folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:24]}.pickle"
    if file.exists():
        return pickle.loads(file.read_bytes())
    made = make()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(made))
    return made


def keep_sensitivities(folder: Path) -> None:
    """Simulated effects are the same for all leaks of one network: keep them, by what they come from."""
    simulate = hydraulics.sensitivities

    def kept(network: Any, load: Any, sensors: Any, links: Any, period: Any, amount: float) -> Any:
        # A hole that is still shut moves a rounded reading here and there: not the effects.
        size = float(load.use.mean())
        key = [network.nodes, network.pipes.names, sensors, links, period, round(amount, 1)]
        key += [np.round(load.use / size, 2).tolist(), load.slot.tolist()]
        key += [(name, np.round(flow / size, 2).tolist()) for name, flow in load.pumped.items()]
        key += [(name, np.round(level, 1).tolist()) for name, level in load.level.items()]
        return cached(folder, key, lambda: simulate(network, load, sensors, links, period, amount))

    residuals.sensitivities = kept  # type: ignore[assignment,attr-defined]


@dataclass(frozen=True)
class Trial:
    """What was said on the last day of one trial."""

    leak: Leak | None
    lost: float  # m³/h
    summary: str
    most: float  # m³/h that a leak may lose, as the summary says
    places: tuple[str, ...]  # the sensor of each sector named, the likeliest first
    near: bool
    statuses: tuple[str, ...]
    seconds: float

    @property
    def calm(self) -> bool:
        return self.summary.startswith("Aucune fuite probable")

    @property
    def reassured(self) -> bool:
        return self.calm and self.lost > self.most


def judge(
    model: Any, instruments: Instruments, leak: Leak | None, lost: float, outcome: Outcome, seconds: float
) -> Trial:
    cell = nearest_sensor(model, instruments.sensors)
    names = set(model.pipe_name_list)
    places, near = [], False
    for act in outcome.proposals:
        pipe = str(act.evidence.get("pipe", ""))
        sensor = str(act.evidence.get("around", ""))
        if sensor:
            places.append(sensor)
        elif pipe in names:
            places.append(cell[pipe])
            near = near or (leak is not None and _metres(model, pipe, leak.pipe) <= NEAR)
    statuses = tuple(outcome.table["status"].to_pylist())
    said = re.search(r"de plus de ([\d,\s]+) m³/h", outcome.summary)
    most = float(re.sub(r"\s", "", said[1]).replace(",", ".")) if said else 0.0
    return Trial(leak, lost, outcome.summary, most, tuple(places), near, statuses, seconds)


def _metres(model: Any, one: str, other: str) -> float:
    graph = _graph(model)
    return float(
        nx.dijkstra_path_length(
            graph, model.get_link(one).start_node_name, model.get_link(other).start_node_name
        )
    )


def trials(path: Path, kind: str, count: int, seed: int, cache: Path | None) -> list[Trial]:
    warnings.simplefilter("ignore")
    model: Any = wntr.network.WaterNetworkModel(str(path))
    instruments = place_instruments(model, kind)
    leaks: list[Leak | None] = [*draw_leaks(model, seed, count), None]
    return [_trial(path, model, instruments, leak, seed, cache) for leak in leaks]


def _trial(
    path: Path, model: Any, instruments: Instruments, leak: Leak | None, seed: int, cache: Path | None
) -> Trial:
    def make() -> tuple[Tables, float]:
        return readings(path, leak, instruments, seed, mismatch=0.05, noise=0.05)

    tables, lost = cached(cache, (path.name, leak, instruments, seed, DAYS, "lost"), make)
    begin = time.process_time()
    outcome = run(tables, {"today": (FIRST + timedelta(DAYS)).isoformat()}, 0)
    return judge(model, instruments, leak, lost, outcome, time.process_time() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", type=Path, nargs="+")
    parser.add_argument("--instruments", choices=["full", "poor", "blind"], default="full")
    parser.add_argument("--leaks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    if chosen.cache:
        keep_sensitivities(chosen.cache)
    for path in chosen.networks:
        made = trials(path, chosen.instruments, chosen.leaks, chosen.seed, chosen.cache)
        model: Any = wntr.network.WaterNetworkModel(str(path))
        cell = nearest_sensor(model, place_instruments(model, chosen.instruments).sensors)
        leaking = [(one, cell[one.leak.pipe]) for one in made if one.leak is not None]
        right = [one for one, place in leaking if place in one.places[:1] or one.near]
        among = [one for one, place in leaking if place in one.places or one.near]
        wrong = [one for one, _ in leaking if one.places and one not in among]
        calm = made[-1]
        print(
            f"{path.stem} {chosen.instruments}: {len(set(cell.values()))} sectors; first named right {len(right)}, among those named "
            f"{len(among)} of {len(leaking)}; wrong {len(wrong)}; reassured {sum(one.reassured for one, _ in leaking)}, unseen "
            f"{sum(one.calm and not one.reassured for one, _ in leaking)}; without leak: "
            f"{calm.summary[:70]!r}; {np.mean([one.seconds for one in made]):.1f} s a run",
            flush=True,
        )
        if chosen.verbose:
            for one in made:
                print("   ", one.leak, cell[one.leak.pipe] if one.leak else "", one.places, one.near, one.statuses, f"{one.lost:.1f} lost,", one.summary[:160])  # fmt: skip


if __name__ == "__main__":
    main()
