"""Invented water syndicate for tests and for `beffroi check`: two sectors, thirty-odd streets, leaks and their repair.

In come a seed and a number of days; out go the system's tables. Pressures and flows are EPANET's for invented demands;
a leak is one more demand. The shape of the network is invented, and so is its place.
"""

import random
import tempfile
import warnings
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa

from beffroi.systems.contract import Tables
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.writing import input_table
from beffroi.systems.leaks.epanet import wntr
from beffroi.systems.leaks.network import read_network

_WIDE, _HIGH = 6, 4  # streets of the first sector
_SENSORS = ("b01", "b05", "b12", "b18", "b22", "c01", "c04", "c07")
_STREETS = ("Rue du Lavoir", "Rue des Tilleuls", "Chemin du Moulin", "Rue de la Poste", "Rue Haute", "Rue des Jardins", "Allée des Saules", "Rue du Four")  # fmt: skip
_VOLUMES = (
    {"year": 2022, "counted": 252_000.0, "produced": 331_000.0, "sold": 12_000.0, "uncounted": 6_000.0, "length": 7.1},
    {"year": 2023, "counted": 249_000.0, "produced": 322_000.0, "sold": 11_000.0, "uncounted": 6_000.0, "length": 7.1},
)  # fmt: skip
_DAY = (
    0.35, 0.3, 0.28, 0.28, 0.35, 0.6, 1.1, 1.6, 1.5, 1.3, 1.2, 1.25,
    1.35, 1.2, 1.05, 1.0, 1.05, 1.2, 1.45, 1.5, 1.3, 1.0, 0.7, 0.5,
)  # fmt: skip


def make_sample(seed: int = 0, days: int = 240) -> Tables:
    """Flows, pressures, the network's file, visits and known leaks of an invented syndicate."""
    rng = np.random.default_rng(seed)
    sections = _file(random.Random(seed))  # noqa: S311  (an invented town, no secret)
    leaks = _leaks(random.Random(seed + 1), sections["PIPES"], days)  # noqa: S311
    pressures, flows = _simulate(sections, leaks, days, rng)
    first = datetime(2024, 1, 1)
    moments = [first + timedelta(hours=hour) for hour in range(days * 24)]
    sensors = {
        "sensor": np.repeat(_SENSORS, len(moments)),
        "moment": moments * len(_SENSORS),
        "pressure": np.round(pressures + 0.02 * rng.normal(size=pressures.shape), 2).T.ravel(),
    }
    meters = {
        "sector": np.repeat(("Bourg", "Coteau"), len(moments)),
        "meter": np.repeat(("M1", "M2"), len(moments)),
        "moment": moments * 2,
        "flow": np.round(flows * (1 + 0.003 * rng.normal(size=flows.shape)), 2).T.ravel(),
    }
    day = first.date()
    known, visits = [], []
    for leak in leaks:
        place, repaired = {"pipe": leak["pipe"], "sector": leak["sector"]}, leak["end"] < days - 1
        start, end, seen = (day + timedelta(leak[name]) for name in ("start", "end", "seen"))
        flow = round(float(leak["flow"]), 2)
        known.append({**place, "start": start, "end": end if repaired else None, "flow": flow})
        if repaired:
            visits.append({**place, "date": seen, "found": True, "mended": end})
    for visit in visits[:2]:
        visit["pipe"] = None  # noted by sector alone, as happens
    if len(visits) > 2:  # and by street
        last = visits[-1]
        last["street"], last["pipe"] = _street(f" {last['pipe']}"), None
    visits.append({"date": day + timedelta(days // 2), "sector": "Bourg", "pipe": "pb07", "found": False})
    known[-3]["pipe"] = None
    order = np.argsort(np.tile(np.arange(len(moments)), 2), kind="stable")
    return {
        "flows": pa.table(meters).take(pa.array(order)),
        "pressures": pa.table(sensors),
        "network": _as_table(sections),
        "volumes": input_table(__package__, "volumes", _VOLUMES),
        "inspections": input_table(__package__, "inspections", sorted(visits, key=lambda row: row["date"])),
        "known_leaks": input_table(__package__, "known_leaks", known),
    }


def _as_table(sections: dict[str, list[str]]) -> pa.Table:
    rows = [
        {"section": name, "line": line, "street": _street(line) if name == "PIPES" else None}
        for name, lines in sections.items()
        for line in lines
    ]
    return input_table(__package__, "network", rows)


def _street(line: str) -> str:
    """Four pipes a street, an invented one."""
    name = line.split()[0]
    return f"{_STREETS[int(name[2:] or 0) // 4 % len(_STREETS)]}{', le Coteau' if name[:2] == 'pc' else ''}"


def _file(rng: random.Random) -> dict[str, list[str]]:
    """An EPANET file, by section: a tower, the streets of a town as a grid with a few left out, a hamlet behind a meter."""
    junctions, demands, coordinates, pipes = [], [], [], []
    for row in range(_HIGH):
        for column in range(_WIDE):
            name = f"b{row * _WIDE + column:02d}"
            junctions.append(f" {name} {20 + 1.5 * row + rng.uniform(-1, 1):.2f} 0")
            demands.append(f" {name} {rng.uniform(0.8, 2.2):.3f} day")
            coordinates.append(f" {name} {2.5 + 0.003 * column:.6f} {47.2 + 0.002 * row:.6f}")
    streets = nx.grid_2d_graph(_HIGH, _WIDE)
    for one, other in rng.sample(list(streets.edges), streets.number_of_edges()):
        streets.remove_edge(one, other)
        if one[0] + other[0] == 0 or rng.random() < 0.6 or not nx.is_connected(streets):
            streets.add_edge(one, other)
    for number, (one, other) in enumerate(sorted(tuple(sorted(edge)) for edge in streets.edges)):
        size = 150 if one[0] + other[0] == 0 else 80
        ends = " ".join(f"b{row * _WIDE + column:02d}" for row, column in (one, other))
        pipes.append(f" pb{number:02d} {ends} {rng.uniform(150, 260):.1f} {size} 120 0 Open")
    for number in range(8):
        junctions.append(f" c{number:02d} {28 + rng.uniform(-2, 2):.2f} 0")
        demands.append(f" c{number:02d} {rng.uniform(0.5, 1.2):.3f} day")
        coordinates.append(
            f" c{number:02d} {2.52 + 0.003 * (number % 4):.6f} {47.2 + 0.002 * (number // 4):.6f}"
        )
    links = [(0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (6, 7), (3, 7), (1, 5)]
    pipes += [
        f" pc{n:02d} c{one:02d} c{two:02d} {rng.uniform(150, 260):.1f} 80 115 0 Open"
        for n, (one, two) in enumerate(links)
    ]
    inlets = [" M1 tower b00 300 200 130 0 Open", " M2 b05 c00 250 125 120 0 Open"]
    return {
        "JUNCTIONS": junctions,
        "RESERVOIRS": [" tower 75"],
        "PIPES": inlets + pipes,
        "DEMANDS": demands,
        "PATTERNS": [" day " + " ".join(map(str, _DAY[start : start + 6])) for start in range(0, 24, 6)],
        "TIMES": [" Pattern Timestep 1:00", " Hydraulic Timestep 1:00"],
        "OPTIONS": [" Units CMH", " Headloss H-W"],
        "COORDINATES": [*coordinates, " tower 2.498 47.2"],
    }


def _leaks(rng: random.Random, pipes: list[str], days: int) -> list[dict[str, Any]]:
    """A leak every two weeks or so, in either sector; seven in ten are repaired."""
    names = [line.split()[0] for line in pipes if line.startswith((" pb", " pc"))]
    leaks = []
    start = 24
    while start < days - 15:
        pipe = names.pop(rng.randrange(len(names)))
        repaired = rng.random() < 0.75
        end = min(days - 1, start + rng.randrange(12, 40)) if repaired else days - 1
        place = {"pipe": pipe, "sector": "Bourg" if pipe.startswith("pb") else "Coteau"}
        dates = {"start": start, "end": end, "seen": max(start + 1, end - 2)}
        leaks.append({**place, **dates, "flow": rng.uniform(1.5, 6.0)})
        start += rng.randrange(10, 22)
    return leaks


def _simulate(
    sections: dict[str, list[str]], leaks: list[dict[str, Any]], days: int, rng: np.random.Generator
) -> tuple[Vector, Vector]:
    """Pressures (hours × sensors, m) and flows (hours × meters, m³/h)."""
    hours = days * 24
    model = read_network(_as_table(sections)).model
    season = 1 + 0.06 * np.sin(2 * np.pi * (np.arange(hours) / 8760 - 0.25))
    shape = np.tile(_DAY, days) * season * np.repeat(1 + 0.01 * rng.normal(size=days), 24)
    model.get_pattern("day").multipliers = list(shape * (1 + 0.02 * rng.normal(size=hours)))
    for number, leak in enumerate(leaks):
        wntr.morph.split_pipe(model, leak["pipe"], f"after{number}", f"hole{number}", return_copy=False)
        on = np.zeros(hours)
        on[leak["start"] * 24 : (leak["end"] + 1) * 24] = leak["flow"] / 3600
        model.add_pattern(f"leak{number}", list(on))
        hole = model.get_node(f"hole{number}")
        hole.demand_timeseries_list.clear()
        hole.add_demand(1.0, f"leak{number}")
    model.options.time.duration = (hours - 1) * 3600
    model.options.time.report_timestep = model.options.time.hydraulic_timestep = 3600
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = wntr.sim.EpanetSimulator(model).run_sim(file_prefix=str(Path(folder) / "run"))
    pressures = results.node["pressure"][list(_SENSORS)].to_numpy()
    flows = results.link["flowrate"][["M1", "M2"]].to_numpy() * 3600
    return np.asarray(pressures, dtype=float), np.asarray(flows, dtype=float)
