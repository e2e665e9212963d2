"""Invented changes of level: found, told, learned from after; a closed summer and a frozen meter are none."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems.buildings import backtest, run
from beffroi.systems.buildings.days import Days, Vector, read_days
from beffroi.systems.buildings.levels import Levels, find_levels, fit_at_level, notes_of_changes
from beffroi.systems.contract import Tables

FIRST, COUNT = date(2021, 1, 1), 1100


def _days() -> Days:
    rng = np.random.default_rng(1)
    dates = [FIRST + timedelta(n) for n in range(COUNT)]
    wander = np.convolve(rng.normal(0, 2, COUNT + 4), np.ones(5) / 2, "valid")
    temperature = 12 - 8 * np.cos(2 * np.pi * (np.arange(COUNT) - 20) / 365.25) + wander
    return read_days({"weather": pa.table({"date": dates, "temperature": temperature})}, FIRST, dates[-1], [])


DAYS = _days()


def _gas(seed: int = 0) -> Vector:
    rng = np.random.default_rng(seed)
    kwh: Vector = (20 + 12 * np.maximum(16 - DAYS.temperature, 0)) * np.exp(rng.normal(0, 0.1, COUNT))
    return kwh * np.where(DAYS.off, 0.7, 1.0)


def _levels(kwh: Vector) -> Levels:
    return find_levels(kwh[None], np.ones((1, COUNT)), DAYS)


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_a_change_of_level_is_dated_and_told_from_what_to_what(factor: float) -> None:
    changed = np.where(np.arange(COUNT) >= 700, factor, 1.0) * _gas()
    found = _levels(changed)
    (change,) = found.changes
    assert abs((change.day - DAYS.day(700)).days) <= 5
    assert change.after / change.before == pytest.approx(factor, rel=0.1)
    assert not found.weight[0, :690].any() and found.weight[0, 710:].all()
    (note,) = notes_of_changes(found.changes, ["École, gaz"])
    assert note.startswith("École, gaz : le niveau a changé vers le ") and "à météo égale" in note


def test_what_is_expected_follows_the_level_of_the_last_two_months() -> None:
    """Too few days at the new level to know the year: those before give its shape, at the new level."""
    kwh = _gas()
    changed = np.where(np.arange(COUNT) >= 1000, 0.1, 1.0) * kwh
    weight = (np.arange(COUNT) < 1060).astype(float)[None]
    expected = fit_at_level(changed[None], weight, DAYS).fitted.predict(DAYS)[0, 1060:]
    assert expected.sum() == pytest.approx(changed[1060:].sum(), rel=0.15)


def test_a_meter_without_a_change_of_level_keeps_all_its_days() -> None:
    for seed in range(6):
        found = _levels(_gas(seed))
        assert not found.changes and found.weight.all() and (found.scale == 1).all()


def test_a_building_closed_for_a_season_is_back_at_its_level_and_keeps_the_days_before() -> None:
    closed = (np.arange(COUNT) >= 640) & (np.arange(COUNT) < 730)  # October to December: hardly anything
    found = _levels(np.where(closed, 0.15, 1.0) * _gas())
    assert len(found.changes) == 2
    assert found.weight[0, :600].all() and not found.weight[0, 660:720].any()


def test_the_future_does_not_change_the_levels_of_the_past() -> None:
    weight = (np.arange(COUNT) < 800).astype(float)[None]
    kwh = _gas()
    changed = np.where(np.arange(COUNT) >= 800, 5.0, 1.0) * kwh
    assert not find_levels(changed[None], weight, DAYS).changes


def _town(*meters: Vector) -> Tables:
    dates = [DAYS.day(place) for place in range(COUNT)]
    return {
        "meters": pa.table(
            {
                "building": [f"Site {n}" for n in range(len(meters)) for _ in dates],
                "date": dates * len(meters),
                "kwh": np.concatenate(meters),
            }
        ),
        "weather": pa.table({"date": dates, "temperature": DAYS.temperature}),
    }


def test_a_meter_that_falls_by_ten_does_not_spoil_the_town() -> None:
    fallen = np.where(np.arange(COUNT) >= 600, 0.1, 1.0) * _gas(9)
    score = backtest(_town(_gas(), fallen), {}, 0)
    assert score.value < 20 < score.baseline
    assert score.recommended and score.verdict.startswith("Recommandé")


def test_the_run_tells_the_change_and_calls_the_new_level_normal() -> None:
    outcome = run(_town(_gas(), np.where(np.arange(COUNT) >= 900, 0.1, 1.0) * _gas(9)), {}, 0)
    assert any("Site 1" in note and "le niveau a changé" in note for note in outcome.notes)
    status = {row["building"]: row["status"] for row in outcome.table.to_pylist()}
    assert status["Site 1"] in ("normal", "à surveiller")
