"""Losses of a sector: located leaks and the night's excess beyond them, in an interval of measured coverage."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems import registry
from beffroi.systems.contract import Outcome, Tables
from beffroi.systems.leaks import backtest, make_sample, run
from beffroi.systems.leaks.losses import night_balance
from beffroi.systems.leaks.network import MAX_PIPES


@pytest.fixture(scope="module")
def town() -> Tables:
    return make_sample(seed=3)


_DAY = date(2024, 7, 24)  # a leak of 5 m³/h has just begun beside four others


@pytest.fixture(scope="module")
def silent() -> tuple[Tables, Outcome]:
    tables = make_sample(seed=23)
    return tables, run(tables, {"today": (_DAY + timedelta(1)).isoformat()}, 0)


def _truth(tables: Tables, sector: str) -> float:
    return sum(
        row["flow"]
        for row in tables["known_leaks"].to_pylist()
        if row["sector"] == sector and row["start"] <= _DAY and (row["end"] is None or row["end"] >= _DAY)
    )


def test_what_no_pipe_explains_is_counted_and_reported_as_not_located(silent: tuple[Tables, Outcome]) -> None:
    tables, outcome = silent
    rows = {row["sector"]: row for row in outcome.table.to_pylist()}
    assert sum(row["unlocated"] for row in rows.values()) > 2
    for sector, row in rows.items():
        assert row["excess"] == pytest.approx(row["located"] + row["unlocated"], abs=0.02)
        assert row["low"] <= row["excess"] <= row["high"]
        assert row["excess"] == pytest.approx(_truth(tables, sector), rel=0.25, abs=0.5)
        notes = [note for note in outcome.notes if note.startswith(f"Secteur {sector} :")]
        assert bool(notes) == (row["unlocated"] > 0)
        assert all("pas encore situés" in note for note in notes)
    figures = {figure.key: figure for figure in outcome.figures}
    assert "pas encore situés" in figures["lost_a_day"].base
    assert figures["lost_a_day"].value == pytest.approx(24 * sum(r["excess"] for r in rows.values()), abs=0.5)


def test_a_sector_never_loses_less_than_its_located_leaks(town: Tables) -> None:
    for day in ("2024-04-01", "2024-06-15", "2024-08-20"):
        outcome = run(town, {"today": day}, 0)
        proposed: dict[str, float] = {}
        for act in (one for one in outcome.proposals if "pipe" in one.evidence):
            proposed[act.evidence["sector"]] = proposed.get(act.evidence["sector"], 0.0) + act.value
        for row in outcome.table.to_pylist():
            assert row["located"] == pytest.approx(proposed.get(row["sector"], 0.0), abs=0.08)
            assert row["excess"] >= row["located"] - 0.01


@pytest.mark.parametrize("seed", [4, 60])
def test_the_interval_of_the_loss_covers_the_true_one_about_nine_days_in_ten(seed: int) -> None:
    """Seeds on which nothing was chosen; located leaks alone covered it three days in five."""
    others = backtest(make_sample(seed=seed), {}, 0).others
    assert others["Perte d’un secteur dans son intervalle à 90 % (% des jours)"] >= 80


@given(st.integers(0, 10_000), st.floats(2, 60), st.floats(0.0, 0.08))
def test_noise_and_seasons_are_not_reported_as_a_loss(seed: int, level: float, season: float) -> None:
    days = np.arange(200)
    nights = level * (1 + season * np.sin(2 * np.pi * days / 365))
    nights *= 1 + 0.02 * np.random.default_rng(seed).normal(size=200)
    gap, error, _ = night_balance(nights, np.zeros(200))
    assert gap <= max(3 * error, 0.06 * level)


@given(st.integers(0, 10_000), st.floats(2, 60), st.floats(0.3, 1.5))
def test_a_rise_that_nothing_explains_is_measured_within_its_error(
    seed: int, level: float, size: float
) -> None:
    nights = level * (1 + 0.02 * np.random.default_rng(seed).normal(size=120))
    nights[100:] += size * level
    gap, error, _ = night_balance(nights, np.zeros(120))
    assert abs(gap - size * level) <= 3 * error
    assert gap - 2 * error > 0


def test_a_sector_whose_meter_fell_silent_is_not_reported_as_losing_nothing(town: Tables) -> None:
    flows = town["flows"].to_pylist()
    sector = flows[0]["sector"]
    last = max(row["moment"] for row in flows)
    rows = [row for row in flows if row["sector"] != sector or row["moment"] < last - timedelta(days=20)]
    tables = {"flows": pa.Table.from_pylist(rows, schema=town["flows"].schema)}
    outcome = run(tables, {}, 0)
    row = next(row for row in outcome.table.to_pylist() if row["sector"] == sector)
    assert (row["low"], row["high"]) == (None, None)
    assert row["status"] != "calme"
    assert any(sector in note and "n’est pas connu" in note for note in outcome.notes)
    assert next(figure for figure in outcome.figures if figure.key == "lost_a_day").low is None


def test_the_largest_network_is_the_one_stated_on_the_card() -> None:
    limits = " ".join(registry.get("leaks").manifest.limits)
    assert f"{MAX_PIPES:,}".replace(",", " ") in limits
