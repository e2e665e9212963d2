"""Simulated years of leaks on a network: leaking pipes, start, flow, and the resulting sensor readings.

In come an EPANET file and a seed; out go the readings (flows, pressures, levels) and the truth. The solver is EPANET,
stepped through WNTR; holes follow q = 0.75 A √(2 g p), abrupt, or widening steadily until a peak (area as the square of
time), as in the data of the BattLeDIM competition. `mismatch` makes the truth differ from the file that the system is
given: roughness, base demands, noise.
"""

import math
import random
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import wntr
from wntr.epanet.toolkit import ENepanet

type Vector = npt.NDArray[np.float64]

_BASE_DEMAND, _EMITTER, _FLOW, _PRESSURE, _DEMAND = 1, 3, 8, 11, 9


@dataclass(frozen=True)
class Hole:
    """Steps are counted from the first reading; `diameter` in metres; `peak` equals `start` where it is abrupt."""

    pipe: str
    start: int
    end: int
    diameter: float
    peak: int

    def area(self, step: int) -> float:
        if not self.start <= step <= self.end:
            return 0.0
        growth = 1.0 if step >= self.peak else (step - self.start + 1) / (self.peak - self.start + 1)
        return math.pi * (self.diameter * growth / 2) ** 2


@dataclass(frozen=True)
class Year:
    """`flows`: steps × meters (m³/h); `pressures`: steps × sensors (m); `levels`: steps × tanks (m); `lost`: steps × holes."""

    holes: tuple[Hole, ...]
    flows: Vector
    pressures: Vector
    levels: Vector
    lost: Vector
    minutes: int


def draw(pipes: list[str], seed: int, count: int, first: int, steps: int, per_day: int) -> tuple[Hole, ...]:
    """Holes drawn between two steps: half abrupt, two in five repaired after two to eight weeks."""
    chance = random.Random(seed)
    holes = []
    for pipe in chance.sample(pipes, count):
        start = chance.randrange(first, steps - 20 * per_day)
        repaired = chance.random() < 0.5
        diameter = chance.uniform(0.014, 0.023) if repaired else chance.uniform(0.0087, 0.0155)
        end = min(steps - 1, start + int(chance.uniform(10, 70) * per_day)) if repaired else steps - 1
        abrupt = chance.random() < 0.5
        peak = start if abrupt else start + int(chance.uniform(0.3, 0.95) * min(end - start, 110 * per_day))
        holes.append(Hole(pipe, start, end, diameter, peak))
    return tuple(sorted(holes, key=lambda hole: hole.start))


def simulate(
    inp: Path,
    holes: tuple[Hole, ...],
    days: int,
    minutes: int,
    seed: int,
    sensors: list[str],
    meters: list[str],
    tanks: list[str],
    mismatch: float = 0.0,
    noise: float = 0.01,
    season: float = 0.08,
    growth: float = 0.0,
) -> Year:
    """Step EPANET over the days. `season`: amplitude of the yearly cycle; `mismatch`: relative error of the file."""
    chance = np.random.default_rng(seed)
    warnings.simplefilter("ignore")
    model: Any = wntr.network.WaterNetworkModel(str(inp))
    per_day = 1440 // minutes
    steps = days * per_day
    for _, pipe in model.pipes():
        pipe.roughness *= math.exp(mismatch * chance.normal())
    for _, node in model.junctions():
        factor = math.exp(2 * mismatch * chance.normal())
        for demand in node.demand_timeseries_list:
            demand.base_value *= factor
    moments = np.arange(steps) * minutes / 60
    yearly = 1 - season * np.cos(2 * np.pi * (moments / 8760 - 0.02))
    own = model.options.time.pattern_timestep / 3600
    week = (moments % 168 / own).astype(int)
    names = list(model.pattern_name_list)
    for name in names:
        values = np.asarray(model.get_pattern(name).multipliers)
        if len(values) >= 168 / own:
            daily = np.repeat(1 + 0.005 * chance.normal(size=days), per_day)
            shape = values[week % len(values)] * yearly * daily * (1 + 0.01 * chance.normal(size=steps))
            model.get_pattern(name).multipliers = list(np.maximum(shape, 0))
    for hole in holes:
        model = wntr.morph.split_pipe(
            model, hole.pipe, f"{hole.pipe}_after", f"{hole.pipe}_hole", return_copy=False
        )
        model.get_node(f"{hole.pipe}_hole").emitter_coefficient = 1e-9
    time = model.options.time
    time.duration = (steps - 1) * minutes * 60
    time.hydraulic_timestep = time.pattern_timestep = time.report_timestep = minutes * 60
    time.quality_timestep = time.rule_timestep = minutes * 60
    model.options.report.status = "NO"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.inp"
        wntr.network.io.write_inpfile(model, str(path), units="CMH")
        files = (str(path), str(path.with_suffix(".rpt")), str(path.with_suffix(".bin")))
        return _step(files, holes, steps, minutes, chance, sensors, meters, tanks, noise)


def _step(
    files: tuple[str, str, str],
    holes: tuple[Hole, ...],
    steps: int,
    minutes: int,
    chance: np.random.Generator,
    sensors: list[str],
    meters: list[str],
    tanks: list[str],
    noise: float,
) -> Year:
    toolkit = ENepanet(*files)
    toolkit.ENopen(*files)
    toolkit.ENopenH()
    toolkit.ENinitH(0)
    at = [toolkit.ENgetnodeindex(name) for name in sensors]
    metered = [toolkit.ENgetlinkindex(name) for name in meters]
    stored = [toolkit.ENgetnodeindex(name) for name in tanks]
    hole_at = [toolkit.ENgetnodeindex(f"{hole.pipe}_hole") for hole in holes]
    flows = np.full((steps, len(meters)), np.nan)
    pressures = np.full((steps, len(sensors)), np.nan)
    levels = np.full((steps, len(tanks)), np.nan)
    lost = np.zeros((steps, len(holes)))
    orifice = 0.75 * math.sqrt(2 * 9.81) * 3600  # m³/h by m² of hole and √m
    last = np.full(len(holes), -1.0)
    spent = 0
    while True:
        step = spent // (minutes * 60)
        for number, hole in enumerate(holes):
            area = hole.area(step)
            if area != last[number]:
                toolkit.ENsetnodevalue(hole_at[number], _EMITTER, orifice * area)
                last[number] = area
        now = toolkit.ENrunH()
        if now % (minutes * 60) == 0:
            step = now // (minutes * 60)
            flows[step] = [toolkit.ENgetlinkvalue(index, _FLOW) for index in metered]
            pressures[step] = [toolkit.ENgetnodevalue(index, _PRESSURE) for index in at]
            levels[step] = [toolkit.ENgetnodevalue(index, _PRESSURE) for index in stored]
            for number, index in enumerate(hole_at):
                if last[number] > 0:
                    lost[step, number] = (
                        orifice * last[number] * math.sqrt(max(0.0, toolkit.ENgetnodevalue(index, _PRESSURE)))
                    )
        ahead = toolkit.ENnextH()
        spent = now + ahead
        if ahead <= 0:
            break
    toolkit.ENclose()
    pressures = np.round(pressures + noise * chance.normal(size=pressures.shape), 2)
    flows = np.round(flows * (1 + 0.003 * chance.normal(size=flows.shape)), 2)
    return Year(holes, flows, pressures, np.round(levels, 2), lost, minutes)
