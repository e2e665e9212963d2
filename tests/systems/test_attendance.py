"""`attendance`: what is proposed, what bad files become, and that no day of the future is read."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pytest

from beffroi.systems import attendance
from beffroi.systems.contract import BadInput, Tables

SAMPLE = attendance.make_sample(0)
LAST = max(SAMPLE["counts"].column("date").to_pylist())


def with_rows(*rows: dict[str, Any]) -> Tables:
    more = pa.Table.from_pylist(list(rows), schema=SAMPLE["counts"].schema)
    return {**SAMPLE, "counts": pa.concat_tables([SAMPLE["counts"], more])}


def test_a_break_is_proposed_as_unusual_and_an_ordinary_week_is_not() -> None:
    outcome = attendance.run(SAMPLE, {}, 0)
    assert {act.place for act in outcome.proposals} >= {"Piscine des Tilleuls"}
    assert all(
        act.low <= act.value <= act.high and act.key == f"{act.day}/{act.place}" for act in outcome.proposals
    )
    quiet = attendance.run(SAMPLE, {"today": "2025-10-01", "days": 7}, 0)
    assert quiet.proposals == () and quiet.summary.startswith("Rien d’inhabituel")


def test_a_closed_place_is_not_forecast() -> None:
    rows = attendance.run(SAMPLE, {}, 0).table.to_pylist()
    closed = max(row["date"] for row in SAMPLE["closures"].to_pylist() if row["place"])
    assert closed > LAST
    assert ("Piscine des Tilleuls", closed) not in {(row["place"], row["day"]) for row in rows}
    open_again = attendance.run(
        {**SAMPLE, "closures": SAMPLE["closures"].slice(0, 0)}, {}, 0
    ).table.to_pylist()
    assert ("Piscine des Tilleuls", closed) in {(row["place"], row["day"]) for row in open_again}
    assert not any(row["place"] == "Médiathèque Bellevue" and row["day"].weekday() in (0, 6) for row in rows)


def test_a_calendar_that_ends_before_the_days_forecast_is_said() -> None:
    def notes_with(holidays: pa.Table) -> str:
        return " ".join(attendance.run({**SAMPLE, "holidays": holidays}, {}, 0).notes)

    known = SAMPLE["holidays"]
    assert "vacances scolaires" not in notes_with(known)
    past = known.filter(pa.compute.less(known.column("end"), pa.scalar(LAST)))
    assert "Les vacances scolaires ne sont connues que jusqu’au" in notes_with(past)
    assert "vacances scolaires" not in notes_with(known.slice(0, 0)), "the table is optional"


def test_the_future_changes_nothing() -> None:
    settings = {"today": "2025-06-02"}
    past = [row for row in SAMPLE["counts"].to_pylist() if row["date"] < date(2025, 6, 2)]
    cut = {**SAMPLE, "counts": pa.Table.from_pylist(past, schema=SAMPLE["counts"].schema)}
    assert attendance.run(SAMPLE, settings, 0).table == attendance.run(cut, settings, 0).table


def test_rows_that_cannot_serve_are_told_and_the_rest_is_computed() -> None:
    pool = "Piscine des Tilleuls"
    outcome = attendance.run(
        with_rows(
            {"place": pool, "date": LAST, "count": -3.0},
            {"place": "", "date": LAST, "count": 4.0},
            {"place": pool, "date": LAST - timedelta(7), "count": 90_000.0},
            {"place": "Musée neuf", "date": LAST, "count": 12.0},
            {"place": "Accueil de la mairie", "date": date(2025, 10, 15), "count": 1.0},
        ),
        {},
        0,
    )
    told = " ".join(outcome.notes)
    for words in (
        "nombre négatif",
        "sans lieu, sans jour ou sans nombre",
        "huit fois l’habitude",
        "Musée neuf",
        "2 jours sont donnés plusieurs fois",
    ):
        assert words in told
    assert outcome.table.num_rows > 30


@pytest.mark.parametrize(
    ("tables", "settings", "why"),
    [
        ({"counts": SAMPLE["counts"].slice(0, 0)}, {}, "Aucun comptage ne peut servir"),
        ({"counts": SAMPLE["counts"].slice(0, 1)}, {}, "c’est trop peu pour apprendre"),
        (SAMPLE, {"today": "2026-09-01"}, "trop loin des jours à prévoir"),
        (SAMPLE, {"days": 0}, "choisissez entre 1 et 60"),
    ],
)
def test_what_cannot_serve_is_refused_in_french(tables: Tables, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        attendance.run(tables, settings, 0)
