"""`waste_rounds`: what the rounds hold, what bad files become, and that no reading of the future is used."""

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from beffroi.systems import waste_rounds
from beffroi.systems.contract import BadInput, Outcome, Tables

SAMPLE = waste_rounds.make_sample(0)
DAY = date(2025, 6, 19)  # a Thursday of rounds


def planned(tables: Tables = SAMPLE, **settings: Any) -> Outcome:
    return waste_rounds.run(tables, {"today": DAY.isoformat(), "full_percent": 60, **settings}, 0)


def changed(name: str, *more: dict[str, Any], **columns: Any) -> Tables:
    """The sample with rows more in one table, and the first rows of some columns changed."""
    rows = [dict(row) for row in SAMPLE[name].to_pylist()]
    for column, values in columns.items():
        for row, value in zip(rows, values, strict=False):
            row[column] = value
    return {**SAMPLE, name: pa.Table.from_pylist([*rows, *more], schema=SAMPLE[name].schema)}


def test_each_truck_has_a_round_from_its_depot_to_its_depot_and_what_is_due_is_in_one() -> None:
    outcome = planned()
    rows = {row["container"]: row for row in outcome.table.to_pylist()}
    assert {act.key for act in outcome.proposals} == {
        f"{DAY}/{row['truck']}" for row in rows.values() if row["truck"]
    }
    for act in outcome.proposals:
        stops = [item for item in act.items if not item.fixed and item.key in rows]
        assert [rows[item.key]["rank"] for item in stops] == list(range(1, len(stops) + 1))
        assert (act.items[0].label, act.items[-1].label) == ("Départ du dépôt", "Retour au dépôt")
        assert act.low <= act.value <= act.high
        assert not {item.key for item in act.spare} & {
            row["container"] for row in rows.values() if row["truck"]
        }
    assert all(row["truck"] for row in rows.values() if row["status"] == "à vider")
    assert outcome.layers["routes"].num_rows == len(outcome.proposals)
    assert outcome.proposals[0].evidence["bound_km"] <= sum(act.evidence["km"] for act in outcome.proposals)


def test_fewer_trucks_leave_containers_that_are_said() -> None:
    small = changed("trucks", capacity=[5.0, 4.0], emptying=[None, None])
    outcome = planned(small, trucks_off=1, full_percent=40)
    left = [row for row in outcome.table.to_pylist() if row["status"] == "à vider, sans camion"]
    assert len(outcome.proposals) == 1 and left and left[0]["container"] in outcome.summary
    assert sum(figure.value for figure in outcome.figures if figure.key == "left") == len(left)
    assert waste_rounds.setting_bounds(SAMPLE) == {"trucks_off": (0, 1)}


def test_the_future_changes_nothing() -> None:
    past = [row for row in SAMPLE["readings"].to_pylist() if row["date"].date() < DAY]
    cut = {**SAMPLE, "readings": pa.Table.from_pylist(past, schema=SAMPLE["readings"].schema)}
    assert planned().table == planned(cut).table
    assert planned().proposals == planned(cut).proposals


def test_after_a_weekend_that_fills_faster_the_level_expected_on_monday_is_higher() -> None:
    """Four points a working day, sixteen on Saturday and on Sunday; the last readings are of Friday evening."""
    rows, level = [], 0.0
    for day in (date(2025, 3, 3) + timedelta(rank) for rank in range(103)):
        level += 16.0 if day.weekday() > 4 else 4.0
        read, emptied = datetime(day.year, day.month, day.day, 20), day.weekday() == 3
        rows += [
            {"container": f"V{number:02d}", "date": read, "fill": level, "emptied": emptied}
            for number in (1, 2, 3)
        ]
        level = 0.0 if emptied else level
    readings = pa.Table.from_pylist(rows, schema=SAMPLE["readings"].schema)
    outcome = planned({**SAMPLE, "readings": readings}, today="2025-06-16")
    came = {row["container"]: row["fill"] for row in outcome.table.to_pylist()}["V01"] - level
    assert came == pytest.approx(16 + 16 + 4 * 16 / 24, abs=3)


def test_a_quiet_town_needs_no_round() -> None:
    low = [
        {"container": row["container"], "date": datetime(2025, 6, 18, 20), "fill": 2.0}
        for row in SAMPLE["containers"].to_pylist()
    ]
    outcome = planned({**SAMPLE, "readings": pa.Table.from_pylist(low, schema=SAMPLE["readings"].schema)})
    assert outcome.proposals == () and outcome.summary.startswith("Pas de tournée à faire")


def test_played_again_the_rounds_are_shorter_than_the_towns_without_more_overflows() -> None:
    score = waste_rounds.backtest(SAMPLE, {}, 0)
    assert score.recommended and score.value < min(score.baseline, *score.without_ai.values())
    assert max(score.bounds.values()) < score.value
    assert score.guards["overflow"].value <= score.guards["overflow"].reference + 0.2
    assert score.interval_coverage is not None and 0.85 < score.interval_coverage < 0.95


def test_rows_that_cannot_serve_are_told_and_the_rest_is_computed() -> None:
    last = datetime(2025, 6, 18, 20)
    tables = changed(
        "readings",
        {"container": "V99", "date": last, "fill": 5.0},
        {"container": "V05", "date": last, "fill": -5.0},
        {"container": "V06", "date": None, "fill": 5.0},
        {"container": "V03", "date": last, "fill": 50.0},
        {"container": "V03", "date": datetime(2025, 6, 30), "fill": 50.0},
    )
    tables["containers"] = changed("containers", position=["nulle part"], volume=[3.0, -1.0])["containers"]
    tables["trucks"] = changed("trucks", {"truck": "Benne 3", "capacity": None})["trucks"]
    outcome = planned(tables)
    told = " ".join(outcome.notes)
    for words in (
        "V99",
        "négatif",
        "sans moment",
        "deux fois",
        "pas encore passé",
        "sans position lisible",
        "Benne 3",
    ):
        assert words in told
    assert outcome.table.num_rows == 34 and outcome.proposals


@pytest.mark.parametrize(
    ("tables", "settings", "why"),
    [
        (changed("readings", container=["X"] * 6000), {}, "Aucun relevé ne peut servir"),
        (changed("containers", volume=[0.0] * 40), {}, "Aucune borne ne peut être vidée"),
        ({**SAMPLE, "trucks": SAMPLE["trucks"].slice(0, 0)}, {}, "Aucun camion ne peut sortir"),
        (SAMPLE, {"today": "2025-09-01"}, "c’est trop vieux"),
        (SAMPLE, {"detour": 9}, "choisissez entre 1 et 3"),
    ],
)
def test_what_cannot_serve_is_refused_in_french(tables: Tables, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        planned(tables, **settings)


def test_one_reading_gives_a_result_and_no_judgement() -> None:
    one = {**SAMPLE, "readings": SAMPLE["readings"].slice(0, 1)}
    assert waste_rounds.run(one, {}, 0).notes
    with pytest.raises(BadInput, match="jours de relevés au moins"):
        waste_rounds.backtest(one, {}, 0)
