"""Planted savings lie within their 95 % interval as often as stated; works that cannot be verified are reported."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings import verify
from beffroi.systems.buildings.days import Days, Vector, read_days
from beffroi.systems.buildings.options import read_options
from beffroi.systems.buildings.sample import invent
from beffroi.systems.buildings.town import read_town
from beffroi.systems.contract import Tables

_FIRST, _LENGTH, _WORKS = date(2021, 1, 1), 1095, date(2023, 1, 1)


def _days(rng: np.random.Generator) -> Days:
    dates = [_FIRST + timedelta(n) for n in range(_LENGTH)]
    wander = np.zeros(_LENGTH)
    for place in range(1, _LENGTH):
        wander[place] = 0.75 * wander[place - 1] + rng.normal(0, 2)
    temperature = 12 - 8 * np.cos(2 * np.pi * (np.arange(_LENGTH) - 20) / 365.25) + wander
    return read_days(
        {"weather": pa.table({"date": dates, "temperature": temperature})}, _FIRST, dates[-1], []
    )


def _meter(days: Days, rng: np.random.Generator, noise: float, drift: float) -> Vector:
    """Base, heating, week-ends, days that resemble the day before, and a level that each year draws anew."""
    error = np.zeros(len(days))
    for place in range(1, len(days)):
        error[place] = 0.5 * error[place - 1] + rng.normal(0, noise)
    year = np.array([rng.normal(0, drift) for _ in range(4)])[np.arange(len(days)) // 365]
    heat = np.maximum(rng.uniform(13, 17) - days.temperature, 0) * rng.uniform(0.05, 0.15)
    kwh: Vector = 200 * (0.5 + heat) * np.where(days.off, 0.7, 1.0) * np.exp(error + year)
    return kwh


def _tables(
    days: Days, meters: dict[str, Vector], works: tuple[str, ...], start: date = _WORKS - timedelta(1)
) -> Tables:
    dates = [days.day(place) for place in range(len(days))]
    return {
        "meters": pa.table(
            {
                "building": [name for name in meters for _ in dates],
                "date": dates * len(meters),
                "kwh": np.concatenate(list(meters.values())),
            }
        ),
        "weather": pa.table({"date": dates, "temperature": days.temperature}),
        "works_done": pa.table(
            {
                "building": list(works),
                "kind": ["isolation"] * len(works),
                "date": [_WORKS] * len(works),
                "start": [start] * len(works),
            }
        ),
    }


def test_a_planted_saving_of_a_tenth_is_within_its_interval_nineteen_times_in_twenty() -> None:
    """100 buildings with works and 100 without, levels moving by 2 % a year: 95 % less two standard deviations at least."""
    rng = np.random.default_rng(7)
    days = _days(rng)
    after = np.arange(len(days)) > days.at(_WORKS)
    meters = {f"Site {n:03d}": _meter(days, rng, 0.08, 0.02) for n in range(200)}
    touched = tuple(name for n, name in enumerate(meters) if n % 2)
    for name in touched:
        meters[name] = np.where(after, 0.9 * meters[name], meters[name])
    tables = _tables(days, meters, touched)
    found = verify.verify_savings(read_town(tables, read_options({})), tables, [])
    assert len(found) == 100
    inside = np.mean([saving.share(saving.low) <= 0.10 <= saving.share(saving.high) for saving in found])
    assert 0.91 <= inside <= 1.0
    assert abs(np.mean([saving.share(saving.saved) for saving in found]) - 0.10) < 0.01
    assert np.mean([saving.share(saving.high - saving.low) / 2 for saving in found]) < 0.09


def test_a_lone_meter_gets_a_wider_interval_that_covers_the_saving() -> None:
    """The drift from year to year is then unknown: 5 % is assumed, and widens the interval."""
    rng = np.random.default_rng(9)
    days = _days(rng)
    kwh = _meter(days, rng, 0.08, 0.02)
    after = np.arange(len(days)) > days.at(_WORKS)
    tables = _tables(days, {"École": np.where(after, 0.9 * kwh, kwh)}, ("École",))
    (saving,) = verify.verify_savings(read_town(tables, read_options({})), tables, [])
    assert saving.share(saving.low) <= 0.10 <= saving.share(saving.high)
    assert 0.10 <= saving.share(saving.high - saving.low) / 2 <= 0.15
    assert saving.model_sd / saving.expected < 0.02


def test_works_without_effect_are_seldom_called_a_saving() -> None:
    rng = np.random.default_rng(11)
    days = _days(rng)
    meters = {f"Site {n:03d}": _meter(days, rng, 0.08, 0.02) for n in range(100)}
    tables = _tables(days, meters, tuple(list(meters)[:50]))
    found = verify.verify_savings(read_town(tables, read_options({})), tables, [])
    assert sum(saving.status == verify.PROVED for saving in found) <= 0.08 * len(found)


def test_works_too_recent_or_without_a_year_before_are_not_judged() -> None:
    invented = invent(5)
    days = invented.tables["meters"]["date"].to_pylist()
    done = pa.table(
        {
            "building": ["Mairie de Valbruyère", "École des Tilleuls", "Château inconnu", None],
            "kind": ["a", "b", "c", "d"],
            "date": [max(days) - timedelta(40), min(days) + timedelta(100), max(days), max(days)],
            "energy": ["gaz", "gaz", None, None],
        }
    )
    tables = {**invented.tables, "works_done": done}
    notes: list[str] = []
    status = {
        saving.work.building: saving.status
        for saving in verify.verify_savings(read_town(tables, read_options({})), tables, notes)
    }
    assert status == {"Mairie de Valbruyère": verify.EARLY, "École des Tilleuls": verify.IMPOSSIBLE}
    assert any("Château inconnu" in note for note in notes)
    assert any("sans bâtiment" in note for note in notes)
