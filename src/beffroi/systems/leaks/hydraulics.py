"""Hydraulic simulation: pressures and flows hour by hour for the measured inflows, and the effect of a leak.

In come a `Network` and hourly readings; out go arrays. The solver is EPANET 2.2, called through WNTR in a temporary folder.
"""

import copy
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from beffroi.systems.contract import BadInput
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.leaks.epanet import ENepanet, EpanetException, wntr
from beffroi.systems.leaks.network import Network

logging.getLogger("wntr").setLevel(logging.ERROR)  # a warning an hour where a pressure falls under zero

_BASE_DEMAND, _PRESSURE, _FLOW = 1, 11, 8  # parameters of the EPANET toolkit


@dataclass(frozen=True)
class Load:
    """Inputs of the model at each hour: `use[zone]` the zone's consumption (m³/h), `pumped[link]` the metered pumps'
    flow (m³/h), `level[tank]` in metres, `slot` the hour in the demand patterns' own time (hours, 0 at their start)."""

    zones: tuple[frozenset[str], ...]
    use: Vector  # zones × hours
    slot: Vector
    pumped: dict[str, Vector]
    level: dict[str, Vector]

    def each(self, change: Callable[[Vector], Vector]) -> "Load":
        """The same, each array changed along its hours, the last axis."""
        pumped, level = (
            {name: change(line) for name, line in lines.items()} for lines in (self.pumped, self.level)
        )
        return Load(self.zones, change(self.use), change(self.slot), pumped, level)


def pattern_values(model: Any, name: str | None, slot: Vector, period: float | None = None) -> Vector:
    """A demand pattern averaged over each hour. `period`: hours after which it begins again, its own length if None."""
    if name is None or name not in model.pattern_name_list:
        return np.ones(len(slot))
    values = np.asarray(model.get_pattern(name).multipliers, dtype=float)
    if not len(values):
        return np.ones(len(slot))
    step = model.options.time.pattern_timestep / 3600.0
    fine = max(1, round(1 / step)) if step < 1 else 1
    moments = slot[:, None] + (np.arange(fine) + 0.5)[None, :] / fine
    length = len(values) * step if period is None else min(period, len(values) * step)
    return np.asarray(
        values[np.floor((moments % length) / step + 1e-9).astype(int) % len(values)].mean(axis=1)
    )


def nominal_use(
    network: Network, zone: frozenset[str], slot: Vector, period: float | None
) -> tuple[Vector, dict[str | None, float]]:
    """The zone's consumption as the model's file has it, m³/h each hour, and its base by pattern."""
    bases: dict[str | None, float] = {}
    for name, node in network.model.junctions():
        if name in zone:
            for demand in node.demand_timeseries_list:
                bases[demand.pattern_name] = bases.get(demand.pattern_name, 0.0) + demand.base_value * 3600
    total = np.zeros(len(slot))
    for pattern, base in bases.items():
        if base:
            total += base * pattern_values(network.model, pattern, slot, period)
    return total, bases


def _loaded(network: Network, load: Load, period: float | None) -> Any:
    """A copy of the model in which demands follow the measured use, one hour a step."""
    model = copy.deepcopy(network.model)
    for control in list(model.control_name_list):
        model.remove_control(control)
    hours = load.use.shape[1]
    for number, zone in enumerate(load.zones):
        nominal, bases = nominal_use(network, zone, load.slot, period)
        factor = load.use[number] / np.maximum(nominal, 1e-6)
        for pattern in bases:
            model.add_pattern(
                f"z{number}_{pattern}",
                list(factor * pattern_values(network.model, pattern, load.slot, period)),
            )
    zone_of = {name: number for number, zone in enumerate(load.zones) for name in zone}
    model.add_pattern("leak_probe", [1.0] * hours)
    for name, node in model.junctions():
        if name in zone_of:
            for demand in node.demand_timeseries_list:
                demand.pattern_name = f"z{zone_of[name]}_{demand.pattern_name}"
        else:
            for demand in node.demand_timeseries_list:
                demand.base_value = 0.0
    for number, (link, flow) in enumerate(load.pumped.items()):
        pump = model.get_link(link)
        start, end = pump.start_node_name, pump.end_node_name
        model.remove_link(link)
        for place, sign in ((start, 1.0), (end, -1.0)):
            if place in model.junction_name_list:
                pattern = f"pump{number}_{'out' if sign > 0 else 'in'}"
                model.add_pattern(pattern, list(sign * flow))
                model.get_node(place).add_demand(1.0 / 3600, pattern)
    for name in list(model.tank_name_list):
        _fix_level(model, name, load.level.get(name), hours)
    for _, node in model.junctions():
        node.demand_timeseries_list.insert(
            0, (0.0, "leak_probe")
        )  # the one that the toolkit's « base demand » changes
    options = model.options
    options.time.duration = (hours - 1) * 3600
    options.time.hydraulic_timestep = options.time.pattern_timestep = options.time.report_timestep = 3600
    options.time.quality_timestep = options.time.rule_timestep = 3600
    options.time.pattern_start = options.time.report_start = options.time.start_clocktime = 0
    options.hydraulic.accuracy = 1e-5
    options.hydraulic.trials = 200
    options.hydraulic.demand_multiplier = 1.0
    options.hydraulic.inpfile_units = "CMH"
    options.quality.parameter = "NONE"
    options.report.status = "NO"
    return model


def _fix_level(model: Any, name: str, level: Vector | None, hours: int) -> None:
    """A tank becomes a reservoir whose head is the measured level, or its first level."""
    tank = model.get_node(name)
    heads = tank.elevation + (np.full(hours, tank.init_level) if level is None else level)
    fixed = f"{name}_fixed"
    model.add_pattern(fixed, list(heads))
    model.add_reservoir(fixed, base_head=1.0, head_pattern=fixed, coordinates=tank.coordinates)
    for link_name in model.get_links_for_node(name):
        link = model.get_link(link_name)
        if link.start_node_name == name:
            link.start_node = model.get_node(fixed)
        else:
            link.end_node = model.get_node(fixed)
    model.remove_node(name)


class Solver:
    """EPANET opened on a loaded model; `solve` runs all hours. Use as a context manager: the files are its own."""

    def __init__(self, toolkit: ENepanet, hours: int, sensors: list[str], links: list[str]) -> None:
        self._toolkit, self._hours = toolkit, hours
        self._sensors = [toolkit.ENgetnodeindex(name) for name in sensors]
        self._links = [toolkit.ENgetlinkindex(name) for name in links]

    def solve(self) -> tuple[Vector, Vector]:
        """Pressures (hours × sensors, m) and flows (hours × links, m³/h)."""
        toolkit = self._toolkit
        pressure = np.empty((self._hours, len(self._sensors)))
        flow = np.empty((self._hours, len(self._links)))
        toolkit.ENinitH(0)
        while True:
            now = toolkit.ENrunH()
            if now % 3600 == 0:
                row = now // 3600
                pressure[row] = [toolkit.ENgetnodevalue(index, _PRESSURE) for index in self._sensors]
                flow[row] = [toolkit.ENgetlinkvalue(index, _FLOW) for index in self._links]
            if toolkit.ENnextH() <= 0:
                return pressure, flow

    def put(self, node: str, flow: float) -> None:
        """Draw this flow (m³/h) at a junction, all hours; 0 takes it away."""
        self._toolkit.ENsetnodevalue(self._toolkit.ENgetnodeindex(node), _BASE_DEMAND, flow)


@contextmanager
def open_solver(
    network: Network, load: Load, sensors: list[str], links: list[str], period: float | None
) -> Iterator[Solver]:
    """A solver on the model so loaded. `sensors`: junctions; `links`: pipes or valves left in the model. Raises `BadInput` where EPANET
    cannot solve it."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "loaded.inp"
        model = _loaded(network, load, period)
        wntr.network.io.write_inpfile(model, str(path), units="CMH")
        files = (str(path), str(path.with_suffix(".rpt")), str(path.with_suffix(".bin")))
        toolkit = ENepanet(*files)
        try:
            toolkit.ENopen(*files)
            toolkit.ENopenH()
            yield Solver(toolkit, load.use.shape[1], sensors, links)
        except EpanetException as error:
            raise BadInput(
                f"EPANET ne peut pas calculer les pressions du modèle du réseau ({error})."
            ) from error
        finally:
            toolkit.ENclose()


def sensitivities(
    network: Network, load: Load, sensors: list[str], links: list[str], period: float | None, amount: float
) -> tuple[Vector, Vector]:
    """What a leak of `amount` m³/h changes, per m³/h, the measured inflow being the same: the rest of its zone then uses less.

    Returns (nodes × hours × channels), channels being the sensors (m) then the links (m³/h); NaN for a node out of all
    zones; and what 1 m³/h more of ordinary use changes, by zone (zones × hours × channels).
    """
    channels = len(sensors) + len(links)
    hours = load.use.shape[1]
    zone_of = {name: number for number, zone in enumerate(load.zones) for name in zone}
    found = np.full((len(network.nodes), hours, channels), np.nan)
    with open_solver(network, load, sensors, links, period) as solver:
        calm = np.hstack(solver.solve())
        for row, name in enumerate(network.nodes):
            if name in zone_of and name in network.model.junction_name_list:
                solver.put(name, amount)
                found[row] = (np.hstack(solver.solve()) - calm) / amount
                solver.put(name, 0.0)
    ordinary = np.empty((len(load.zones), hours, channels))
    for number in range(len(load.zones)):
        more = np.array(load.use)
        more[number] += amount
        with open_solver(network, replace(load, use=more), sensors, links, period) as solver:
            ordinary[number] = (np.hstack(solver.solve()) - calm) / amount
    for row, name in enumerate(network.nodes):
        if name in zone_of:
            found[row] -= ordinary[zone_of[name]]
    return found, ordinary
