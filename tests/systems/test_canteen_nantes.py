"""The system `canteen` on real files: seven school years of a large town, with their faults."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from beffroi.systems.canteen import run
from beffroi.systems.contract import Tables
from beffroi.systems.runner import execute
from systems import real_canteens


@pytest.fixture(scope="module")
def nantes(real_data: Path) -> Tables:
    tables = real_canteens.nantes(real_data)
    if tables is None:
        pytest.skip(f"real files absent: {real_data}")
    return tables


def test_some_sites_of_the_town_are_forecast_for_the_first_days_after_the_holidays(nantes: Tables) -> None:
    """Six of the 88 sites over two years: what the whole files prove is for the long ring."""
    attendance = nantes["attendance"]
    sites = sorted(set(attendance["site"].to_pylist()))[:6]
    some = pc.and_(
        pc.is_in(attendance["site"], pa.array(sites)), pc.greater_equal(attendance["date"], date(2016, 1, 4))
    )
    outcome = run({**nantes, "attendance": attendance.filter(some)}, {"days": 2}, 0)
    assert outcome.table["date"].to_pylist()[0] == date(2018, 1, 8)
    forecast = set(outcome.table["site"].to_pylist())  # one name of two types is two sites
    assert len(forecast) >= 5 and all(name.startswith(tuple(sites)) for name in forecast)
    assert all(row["low"] <= row["forecast"] <= row["high"] for row in outcome.table.to_pylist())


@pytest.mark.long
def test_two_weeks_ahead_it_wastes_less_than_the_town_and_the_baseline_at_equal_shortage(
    nantes: Tables,
) -> None:
    score = execute("canteen", "backtest", nantes).score
    assert score is not None
    assert score.held_out.startswith("du 04/09/2017 au 22/12/2017")
    assert score.value <= 5.5
    assert 0.8 <= score.others["Manque atteint (%)"] <= 1.2
    assert score.others["Erreur moyenne (WAPE, %)"] <= 5.3
    assert score.value < score.baseline
    assert (
        score.others["Repas en trop à manque exactement égal (%)"]
        < score.others["Commande de la ville : repas en trop à manque exactement égal (%)"]
    )
    assert score.interval_coverage is not None
    assert 0.87 <= score.interval_coverage <= 0.93
    assert score.recommended
    assert max(score.groups.values()) - min(score.groups.values()) <= 3.0
    leads = ("Prévu la veille", "Prévu 7 jours à l’avance")
    errors = [score.others[f"{lead} : erreur moyenne (WAPE, %)"] for lead in leads]
    assert errors[0] < errors[1] < score.others["Erreur moyenne (WAPE, %)"]
    for lead in leads:
        assert score.others[f"{lead} : repas en trop à manque exactement égal (%)"] < 4.3
        assert 87 <= score.others[f"{lead} : vérités dans l’intervalle (%)"] <= 93


@pytest.mark.long
def test_on_a_day_of_november_the_next_days_are_forecast_from_what_was_known_then(nantes: Tables) -> None:
    attendance = nantes["attendance"]
    settings = {"today": "2017-11-20", "days": 4, "meal_grams": 660}
    done = execute("canteen", "run", nantes, settings)
    assert done.outcome is not None
    served = {
        (row["site"], row["date"]): row["meals"]
        for row in attendance.to_pylist()
        if row["date"] >= date(2017, 11, 20) and row["meals"]
    }
    rows = [row for row in done.outcome.table.to_pylist() if (row["site"], row["date"]) in served]
    assert {row["date"] for row in rows} == {date(2017, 11, day) for day in (20, 21, 23, 24)}
    inside = [row["low"] <= served[row["site"], row["date"]] <= row["high"] for row in rows]
    assert len(rows) > 300 and 0.8 <= sum(inside) / len(inside) <= 0.99
    notes = " ".join(done.outcome.notes)
    assert "jour du calcul, ou d’après" in notes
    assert {"next_day", "order", "surplus", "shortage", "spared", "spared_kg"} <= {
        figure.key for figure in done.outcome.figures
    }
    assert {row["lead"] for row in rows} == {3, 4, 6, 7}
    assert done.footprint.cpu_s < 30


@pytest.mark.long
def test_the_faults_of_the_files_are_reported_and_every_open_site_is_forecast(nantes: Tables) -> None:
    outcome = execute("canteen", "run", nantes, {"days": 2}).outcome
    assert outcome is not None
    notes = " ".join(outcome.notes)
    assert "jour et mois étaient intervertis" in notes
    assert "désignent plusieurs sites" in notes
    assert "sans nombre de repas" in notes
    assert outcome.table["date"].to_pylist()[0] == date(2018, 1, 8)  # after the Christmas holidays
    assert len(set(outcome.table["site"].to_pylist())) == 88
