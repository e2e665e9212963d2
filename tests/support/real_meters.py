"""Real meters of the OpenDSM and nmecr projects, as the tables of the system of buildings, and its error on the year after.

In: the folder of their files. Out: `Series` of kWh and °C by day, the days taught and the days tried.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings.days import Days, Matrix, read_days
from beffroi.systems.buildings.model import fit


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
    values_by_day: dict[date, list[float]] = defaultdict(list)
    for row in rows:
        value = float(row[what] or "nan")
        if value == value:
            values_by_day[date.fromisoformat(row[when][:10])].append(value)
    counts = sorted(len(values) for values in values_by_day.values())
    usual = counts[len(counts) // 2]
    return {
        day: sum(values) if add else sum(values) / len(values)
        for day, values in values_by_day.items()
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
