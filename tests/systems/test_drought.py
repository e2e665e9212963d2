"""`drought`: what is proposed, which decree serves, what bad files become, and that no day of the future is read."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems import drought
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.drought import hydrology

VERNE, ROUVRAY, OSIERE = (
    f"{name} (inventée)"
    for name in ("La Verne à Pont-Neuf", "Le Rouvray à Saint-Clair", "L’Osière aux Moulins")
)
SAMPLE = drought.make_sample(0, years=3)
LAST = max(SAMPLE["flows"].column("date").to_pylist())
LEVELS = ["aucun niveau", "vigilance", "alerte", "alerte renforcée", "crise"]


def with_rows(table: str, *rows: dict[str, Any]) -> Tables:
    more = pa.Table.from_pylist(list(rows), schema=SAMPLE[table].schema)
    return {**SAMPLE, table: pa.concat_tables([more, SAMPLE[table]])}


def scaled(table: str, factor: float) -> pa.Table:
    column = SAMPLE[table].column_names.index("flow")
    return SAMPLE[table].set_column(
        column, "flow", pa.array([factor * flow for flow in SAMPLE[table]["flow"].to_pylist()])
    )


def test_a_level_to_come_is_proposed_and_one_reached_already_is_not() -> None:
    outcome = drought.run(SAMPLE, {}, 0)
    rows = outcome.table.to_pylist()
    now = {row["station"]: row["now"] for row in outcome.layers["month"].to_pylist()}
    worst = {
        name: max((row["status"] for row in rows if row["station"] == name), key=LEVELS.index) for name in now
    }
    expected = {
        f"{name}/{level}" for name, level in worst.items() if LEVELS.index(level) > LEVELS.index(now[name])
    }
    assert now[ROUVRAY] == worst[ROUVRAY] == "crise" and expected
    assert {act.key for act in outcome.proposals} == expected
    for row in rows:
        assert (
            row["low"] <= row["expected"] <= row["high"] and row["p1"] >= row["p2"] >= row["p3"] >= row["p4"]
        )
    assert {row["week"] for row in rows} == set(range(1, 13))


def test_litres_and_cubic_metres_give_the_same_warnings() -> None:
    litres = {**SAMPLE, "flows": scaled("flows", 1000), "thresholds": scaled("thresholds", 1000)}
    outcome = drought.run(litres, {"flow_unit": "l/s", "threshold_unit": "l/s", "weeks": 2}, 0)
    usual = drought.run(SAMPLE, {"weeks": 2}, 0)
    assert outcome.table.column("status") == usual.table.column("status")
    np.testing.assert_allclose(outcome.table.column("expected"), usual.table.column("expected"), rtol=1e-3)
    mixed = drought.run({**SAMPLE, "flows": scaled("flows", 1000)}, {"weeks": 1}, 0)
    assert sum("vérifiez les unités" in note for note in mixed.notes) >= 3


def test_the_decree_in_force_on_the_day_serves() -> None:
    to_come = {"station": OSIERE, "level": "crise", "flow": 50.0, "since": LAST + timedelta(10)}
    stricter = with_rows("thresholds", to_come)
    rows = [
        row for row in drought.run(stricter, {"weeks": 3}, 0).table.to_pylist() if row["station"] == OSIERE
    ]
    assert [row["p1"] is None for row in rows] == [False, True, True]
    assert [row["status"] == "crise" for row in rows] == [False, True, True]


def test_the_future_changes_nothing() -> None:
    settings = {"today": "2025-06-02", "weeks": 1}
    cut = {
        name: table.filter(pa.compute.less(table["date"], pa.scalar(date(2025, 6, 2))))
        if "date" in table.column_names
        else table
        for name, table in SAMPLE.items()
    }
    assert drought.run(SAMPLE, settings, 0).table == drought.run(cut, settings, 0).table


def test_rows_that_cannot_serve_are_told_and_the_rest_is_computed() -> None:
    outcome = drought.run(
        {
            **with_rows(
                "flows",
                {"station": VERNE, "date": LAST, "flow": -3.0},
                {"station": "", "date": LAST, "flow": 4.0},
                {"station": VERNE, "date": LAST - timedelta(5), "flow": 900.0},
                {"station": "Ru neuf", "date": LAST, "flow": 1.0},
            ),
            "thresholds": SAMPLE["thresholds"].slice(0, 8),
        },
        {"weeks": 2},
        0,
    )
    told = " ".join(outcome.notes)
    for words in (
        "nombre négatif",
        "sans lieu",
        "jour déjà donné",
        "douze fois les jours voisins",
        "Ru neuf",
        "Sans seuil d’arrêté",
    ):
        assert words in told, words
    assert outcome.table.num_rows == 6 and outcome.table.to_pylist()[1]["p1"] is None


def test_gaps_of_weeks_are_passed_over_and_a_station_that_fell_silent_is_told() -> None:
    rows = SAMPLE["flows"].to_pylist()
    kept = [
        row
        for row in rows
        if not (row["station"] == VERNE and LAST - timedelta(90) < row["date"] < LAST - timedelta(50))
        and not (row["station"] == OSIERE and row["date"] > LAST - timedelta(15))
    ]
    outcome = drought.run({**SAMPLE, "flows": pa.Table.from_pylist(kept)}, {"weeks": 1}, 0)
    assert {row["station"] for row in outcome.table.to_pylist()} == {VERNE, ROUVRAY}
    assert any("aucun depuis dix jours" in note and OSIERE in note for note in outcome.notes)


@pytest.mark.parametrize(
    ("tables", "settings", "why"),
    [
        ({"flows": SAMPLE["flows"].slice(0, 0)}, {}, "Aucun débit ne peut servir"),
        ({"flows": SAMPLE["flows"].slice(0, 1)}, {}, "c’est trop peu pour apprendre"),
        (SAMPLE, {"today": "2026-09-01"}, "c’est trop vieux"),
        (SAMPLE, {"flow_unit": "pouces"}, "choisissez parmi m³/s"),
        (SAMPLE, {"weeks": 0}, "choisissez entre 1 et 12"),
    ],
)
def test_what_cannot_serve_is_refused_in_french(tables: Tables, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        drought.run(tables, settings, 0)


def test_snow_waits_for_the_thaw_and_none_of_it_is_lost() -> None:
    cold = (np.arange(150) < 40)[:, None]
    weather = hydrology.Weather(np.where(cold, 5.0, 0), np.ones((150, 1)), np.where(cold, -15.0, 20))
    flow = np.random.default_rng(0).uniform(1, 2, (150, 1))
    water = hydrology.calibrate(weather, flow, 150, 0).water
    assert water[:40].max() == 0 and water.sum() == pytest.approx(weather.rain.sum())
    without = hydrology.Weather(weather.rain, weather.evaporation)
    np.testing.assert_array_equal(hydrology.calibrate(without, flow, 150, 0).water, weather.rain)
