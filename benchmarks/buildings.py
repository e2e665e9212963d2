"""The energy of buildings beside OpenDSM's daily model: `python -m benchmarks.buildings`.

In: the folder of real meters (`BEFFROI_REAL_DATA`). Out: Markdown: the CV(RMSE) of the year after the one that taught, for each
meter, ours and theirs (where `opendsm` can be imported, or asked of another interpreter by `--peer PYTHON`), the coverage of
the intervals as weeks pass, the processor time of a thousand meters, and how often a planted saving is held.
"""

import argparse
import csv
import gzip
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings import backtest, run, verify
from beffroi.systems.buildings.days import Days, Matrix, read_days
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.sample import invent, make_sample
from beffroi.systems.buildings.town import read_town

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Series:
    """One real meter: kWh (or therms) and °C by day; `taught` and `tried` are (first, last) days, both included."""

    name: str
    kwh: dict[date, float]
    temperature: dict[date, float]
    taught: tuple[date, date]
    tried: tuple[date, date]


# The five samples on which OpenDSM's own figures are known; year taught, year tried. Their metadata say where works lie.
_SPLITS = (
    ("il-electricity-cdd-hdd-daily", "il-tempF", "2015-12-26", "2016-12-25", "2017-01-04", "2018-01-03"),
    ("il-gas-hdd-only-daily", "il-tempF", "2015-12-26", "2016-12-25", "2017-01-04", "2018-01-03"),
    (
        "uk-electricity-hdd-only-hourly-sample-0",
        "uk-tempC-sample-0",
        "2020-04-02",
        "2021-04-01",
        "2021-04-02",
        "2022-04-01",
    ),
    (
        "uk-gas-hdd-only-hourly-sample-0",
        "uk-tempC-sample-0",
        "2020-04-02",
        "2021-04-01",
        "2021-04-02",
        "2022-04-01",
    ),
    ("nmecr", "nmecr", "2012-03-01", "2013-02-28", "2013-03-01", "2014-02-28"),
)


def series(folder: Path) -> list[Series]:
    """The five meters, hours added by day (a day that lacks a tenth of its hours is unknown)."""
    return [
        _read(folder, name, weather, *(date.fromisoformat(day) for day in days))
        for name, weather, *days in _SPLITS
    ]


def _read(folder: Path, name: str, weather: str, a: date, b: date, c: date, d: date) -> Series:
    if name == "nmecr":
        kwh = _days(_plain(folder / "nmecr_eload.csv"), "time", "eload", add=True)
        degrees = _days(_plain(folder / "nmecr_temp.csv"), "time", "temp")
        return Series(name, kwh, {day: (f - 32) / 1.8 for day, f in degrees.items()}, (a, b), (c, d))
    kwh = _days(_packed(folder / f"{name}.csv.gz"), "start", "value", add=True)
    fahrenheit = weather.endswith("F")
    degrees = _days(_packed(folder / f"{weather}.csv.gz"), "dt", "tempF" if fahrenheit else "tempC")
    if fahrenheit:
        degrees = {day: (f - 32) / 1.8 for day, f in degrees.items()}
    return Series(name, kwh, degrees, (a, b), (c, d))


def _plain(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _packed(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _days(rows: Iterator[dict[str, str]], when: str, what: str, add: bool = False) -> dict[date, float]:
    held: dict[date, list[float]] = defaultdict(list)
    for row in rows:
        value = float(row[what] or "nan")
        if value == value:
            held[date.fromisoformat(row[when][:10])].append(value)
    counts = sorted(len(values) for values in held.values())
    usual = counts[len(counts) // 2]
    return {
        day: sum(values) if add else sum(values) / len(values)
        for day, values in held.items()
        if len(values) >= 0.9 * usual
    }


def tables(*meters: Series) -> dict[str, pa.Table]:
    """The system's own tables; meters of one place share their weather."""
    rows = [(one.name, day, value) for one in meters for day, value in one.kwh.items()]
    weather = meters[0].temperature
    return {
        "meters": pa.table(
            {
                "building": [row[0] for row in rows],
                "date": [row[1] for row in rows],
                "kwh": [row[2] for row in rows],
            }
        ),
        "weather": pa.table({"date": list(weather), "temperature": list(weather.values())}),
    }


def next_year(one: Series) -> float:
    """CV(RMSE), a share, of the days tried by a model of the days taught."""
    days, kwh = matrix(one)
    taught = (days.dates >= np.datetime64(one.taught[0])) & (days.dates <= np.datetime64(one.taught[1]))
    tried = (days.dates >= np.datetime64(one.tried[0])) & (days.dates <= np.datetime64(one.tried[1]))
    expected = fit(kwh, taught[None].astype(float), days).predict(days)
    judged = tried & np.isfinite(kwh[0]) & np.isfinite(expected[0])
    error = kwh[0, judged] - expected[0, judged]
    return float(np.sqrt((error**2).mean()) / kwh[0, judged].mean())


def matrix(one: Series) -> tuple[Days, Matrix]:
    """Its days from the first to the last temperature, and its consumption, (1, days)."""
    first, last = min(one.temperature), max(one.temperature)
    days = read_days({"weather": tables(one)["weather"]}, first, last, [])
    kwh = np.array([[one.kwh.get(first + timedelta(place), np.nan) for place in range(len(days))]])
    return days, kwh


def thousand(meters: int = 1000) -> tuple[float, float]:
    """Processor seconds of one fit, and of a whole run, on an invented town of that many meters over three years."""
    given = make_sample(3, buildings=round(meters / 2.1))
    town = read_town(given, Options())
    begin = time.process_time()
    fit(town.kwh, town.teaches.astype(float), town.days)
    fitted = time.process_time() - begin
    begin = time.process_time()
    outcome = run(given, {}, 0)
    print(f"{outcome.table.num_rows} meters, {given['meters'].num_rows} readings", file=sys.stderr)
    return fitted, time.process_time() - begin


def held(seeds: range) -> tuple[int, int]:
    """How many of the planted savings lie within their 95 % interval, and how many were tried."""
    inside = tried = 0
    for seed in seeds:
        invented = invent(seed)
        for saving in verify.verify(read_town(invented.tables, Options()), invented.tables, []):
            true = invented.savings[saving.work.building]
            tried += 1
            inside += saving.share(saving.low) <= true <= saving.share(saving.high)
    return inside, tried


_PEER = """
import json, sys, time, warnings, logging
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
import numpy as np, pandas as pd
from opendsm.eemeter import DailyBaselineData, DailyModel, DailyReportingData
asked = json.load(sys.stdin)
answers = []
for one in asked:
    frame = pd.DataFrame({"observed": one["kwh"], "temperature": one["temperature"]}, index=pd.DatetimeIndex(one["days"], tz="UTC"), dtype=float)
    begin = time.process_time()
    electric = "gas" not in one["name"]
    taught = DailyBaselineData(frame.loc[one["taught"][0]:one["taught"][1]], is_electricity_data=electric)
    model = DailyModel().fit(taught, ignore_disqualification=True)
    tried = frame.loc[one["tried"][0]:one["tried"][1]]
    expected = model.predict(DailyReportingData(tried, is_electricity_data=electric), ignore_disqualification=True)["predicted"].reindex(tried.index)
    known = tried["observed"].notna() & expected.notna()
    error = (tried["observed"] - expected)[known]
    answers.append([float(np.sqrt((error**2).mean()) / tried["observed"][known].mean()), time.process_time() - begin])
print("ANSWER" + json.dumps(answers))
"""


def peer(meters: list[Series], python: str) -> list[tuple[float, float]] | None:
    """CV(RMSE) and processor seconds of OpenDSM for each meter, from an interpreter that has it; None where it has not."""
    asked = []
    for one in meters:
        days, kwh = matrix(one)
        asked.append(
            {
                "name": one.name,
                "days": [str(day) for day in days.dates],
                "kwh": [None if value != value else float(value) for value in kwh[0]],
                "temperature": [None if value != value else float(value) for value in days.temperature],
                "taught": [day.isoformat() for day in one.taught],
                "tried": [day.isoformat() for day in one.tried],
            }
        )
    done = subprocess.run(
        [python, "-c", _PEER], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("ANSWER")), None)
    if line is None:
        print(f"no OpenDSM: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return [(float(error), float(cpu)) for error, cpu in json.loads(line[len("ANSWER") :])]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peer", default=sys.executable, help="an interpreter that can import opendsm")
    asked.add_argument("--seeds", type=int, default=60)
    options = asked.parse_args()
    folder = (
        Path(os.environ.get("BEFFROI_REAL_DATA", ROOT.parent / "shared" / "data"))
        / "systems"
        / "building-energy"
    )
    meters = series(folder)
    theirs = peer(meters, options.peer)
    print("| meter, year after | ours | OpenDSM daily | ratio |\n| --- | --- | --- | --- |")
    for place, one in enumerate(meters):
        ours = next_year(one)
        other = theirs[place][0] if theirs else float("nan")
        print(f"| {one.name} | {ours:.3f} | {other:.3f} | {ours / other:.2f} |")
    if theirs:
        print(f"\nOpenDSM: {sum(cpu for _, cpu in theirs) / len(theirs):.1f} s of processor a meter.")
    for group in (meters[:2], meters[2:4], meters[4:]):
        score = backtest(tables(*group), {}, 0)
        print(
            f"{group[0].name}: {score.value:.1f} % against {score.baseline:.1f} %, coverage {score.interval_coverage}"
        )
    fitted, whole = thousand()
    print(f"a thousand meters: {fitted:.1f} s of processor to fit, {whole:.1f} s for a whole run")
    inside, tried = held(range(1000, 1000 + options.seeds))
    print(f"planted savings within their 95 % interval: {inside} of {tried}")


if __name__ == "__main__":
    main()
