"""Benchmark of `leaks` on simulated years of a network, scored as in the BattLeDIM competition.

    python -m benchmarks.leaks FOLDER --seed 7 --mismatch 0.05
    python -m benchmarks.leaks FOLDER --official --mismatch 0.05

FOLDER holds `L-TOWN.inp` and `dataset_configuration.yaml` of the competition. `--official`: its leaks of 2018 and 2019, of
which 2019 is scored, alarms still on at its start being counted on its first hour; else 18 leaks on drawn pipes.
"""

import argparse
import re
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from beffroi.systems.contract import Tables
from beffroi.systems.leaks import run
from beffroi.systems.leaks.network import read_network
from beffroi.systems.leaks.score import Alarm, TrueLeak, score
from benchmarks.leak_years import Hole, Year, draw, simulate
from support.networks import network_table

METERS, TANKS = ("PUMP_1", "p227", "p235"), ("T1",)
MINUTES = 30
FIRST = date(2018, 1, 1)


def official(folder: Path) -> tuple[Hole, ...]:
    """The leaks of the competition, in half hours from 1 January 2018."""

    def step(text: str) -> int:
        moment = datetime.strptime(text.strip(), "%Y-%m-%d %H:%M")
        return int((moment - datetime(2018, 1, 1)).total_seconds()) // (60 * MINUTES)

    found = []
    for line in (folder / "dataset_configuration.yaml").read_text().splitlines():
        known = re.match(r"- (p\d+), (.*), (.*), (.*), (\w+), (.*)", line.strip())
        if known:
            pipe, start, end, diameter, _, peak = known.groups()
            found.append(Hole(pipe, step(start), step(end), float(diameter), step(peak)))
    return tuple(found)


def tables_of(year: Year, sensors: list[str], network: pa.Table) -> Tables:
    moments = np.datetime64(FIRST, "us") + np.arange(len(year.flows)) * np.timedelta64(MINUTES, "m")
    heads = [*sensors, *TANKS]
    readings = np.column_stack([year.pressures, year.levels])
    return {
        "flows": pa.table(
            {
                "sector": np.repeat(METERS, len(moments)),
                "moment": np.tile(moments, 3),
                "flow": year.flows.T.ravel(),
            }
        ),
        "pressures": pa.table(
            {
                "sensor": np.repeat(heads, len(moments)),
                "moment": np.tile(moments, len(heads)),
                "pressure": readings.T.ravel(),
            }
        ),
        "network": network,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mismatch", type=float, default=0.05)
    parser.add_argument("--leaks", type=int, default=18)
    parser.add_argument("--official", action="store_true")
    args = parser.parse_args()
    sensors = yaml.safe_load(
        "pressure_sensors:"
        + (args.folder / "dataset_configuration.yaml").read_text().split("pressure_sensors:")[1]
    )["pressure_sensors"]
    inp = args.folder / "L-TOWN.inp"
    lines = network_table(inp)
    network = read_network(lines)
    per_day = 1440 // MINUTES
    days, begin = (730, 365) if args.official else (365, 0)
    pipes = [name for name in network.pipes.names if name not in METERS]
    holes = (
        official(args.folder)
        if args.official
        else draw(pipes, args.seed, args.leaks, 10 * per_day, days * per_day, per_day)
    )
    year = simulate(
        inp, holes, days, MINUTES, args.seed, sensors, list(METERS), list(TANKS), mismatch=args.mismatch
    )
    first = begin * per_day
    truth = [
        TrueLeak(
            hole.pipe,
            max(0, hole.start - first),
            min(hole.end, len(year.lost) - 1) - first,
            year.lost[first:, row],
        )
        for row, hole in enumerate(holes)
        if hole.end >= first
    ]
    alarms = []
    for row in run(tables_of(year, sensors, lines), {}, 0).layers["alarms"].to_pylist():
        if row["pipe"] is None:  # the area alone is told: the competition scores pipes
            continue
        day = (row["day"] - FIRST).days
        if day >= begin:
            alarms.append(Alarm(row["pipe"], (day + 1 - begin) * per_day))
        elif row["ended"] is None or (row["ended"] - FIRST).days >= begin:
            alarms.append(Alarm(row["pipe"], 0))
    scored = score(network, truth, [a for a in alarms if a.step < len(year.lost) - first], MINUTES / 60)
    worth = 0.8 * sum(float(leak.flow.sum()) for leak in truth) * MINUTES / 60
    metres = [distance for _, _, distance in scored.found]
    print(
        f"{scored.euros:.0f} € of {worth:.0f}; {len(scored.found)} of {len(truth)} leaks; {len(scored.false)} false; "
        f"{len(scored.repeated)} repeated; median {np.median(metres) if metres else float('nan'):.0f} m"
    )


if __name__ == "__main__":
    main()
