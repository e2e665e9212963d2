"""Each kind of bad reading is reported in French, and the rest is still computed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems.buildings import make_sample, run
from beffroi.systems.buildings.options import read_options
from beffroi.systems.buildings.town import Town, read_town
from beffroi.systems.contract import BadInput, Outcome, Tables
from rings import LONG

_SCHOOL = "École des Tilleuls"


@pytest.fixture(scope="module")
def town() -> Tables:
    return make_sample(2, buildings=3, days=800)


@pytest.fixture(scope="module")
def plain(town: Tables) -> Outcome:
    return run(town, {}, 0)


def _changed(town: Tables, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Tables:
    rows = [new for row in town["meters"].to_pylist() if (new := change(dict(row))) is not None]
    return {**town, "meters": pa.Table.from_pylist(rows, schema=town["meters"].schema)}


def _gas(read: Town) -> np.ndarray[Any, np.dtype[np.float64]]:
    (row,) = read.rows_of(_SCHOOL, "gaz")
    return read.kwh[row]


def _is_gas(row: dict[str, Any]) -> bool:
    return row["building"] == _SCHOOL and row["energy"] == "Gaz naturel"


BEGIN = date(2023, 6, 1)


type Change = Callable[[dict[str, Any]], dict[str, Any]]

BAD: list[tuple[Change, str]] = [
    (lambda row: {**row, "kwh": -5.0} if row["date"] == BEGIN else row, "consommation négative"),
    (lambda row: {**row, "kwh": None} if row["date"] == BEGIN else row, "sans consommation"),
    (lambda row: {**row, "date": None} if row["date"] == BEGIN else row, "sans bâtiment ou sans date"),
    (
        lambda row: {**row, "building": "  "} if row["date"] == BEGIN else row,
        "sans bâtiment ou sans date",
    ),
    (
        lambda row: {**row, "date": date(1924, 1, 1)} if row["date"] == BEGIN else row,
        "date invraisemblable",
    ),
    (
        lambda row: {**row, "unit": "stères"} if row["date"] == BEGIN else row,
        "unité inconnue",
    ),
    (lambda row: {**row, "kwh": row["kwh"] * 100} if row["date"] == BEGIN else row, "très au-dessus"),
    (lambda row: {**row, "quality": "Estimée"} if row["date"] == BEGIN else row, "estimés"),
    (
        lambda row: {**row, "date": BEGIN} if row["date"] == BEGIN + timedelta(1) else row,
        "relevés plusieurs fois",
    ),
    (
        lambda row: (
            {**row, "kwh": 321.5} if _is_gas(row) and BEGIN <= row["date"] < BEGIN + timedelta(20) else row
        ),
        "figé",
    ),
]
APART = timedelta(25)


def _later(change: Change, days: timedelta) -> Change:
    """The same change, so many days after."""

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        if row["date"] is None:
            return row
        moved = change({**row, "date": row["date"] - days})
        return {**moved, "date": moved["date"] and moved["date"] + days}

    return changed


# One at a time in the long ring; in the quick one all at once, each in days of its own.
@pytest.mark.parametrize("bad", [[one] for one in BAD] if LONG else [BAD], ids=lambda bad: bad[0][1])
def test_a_bad_reading_is_reported_and_the_rest_computed(
    town: Tables, plain: Outcome, bad: list[tuple[Change, str]]
) -> None:
    for rank, (change, _) in enumerate(bad):
        town = _changed(town, _later(change, rank * APART))
    outcome = run(town, {}, 0)
    for _, message in bad:
        assert any(message in note for note in outcome.notes), (message, outcome.notes)
    assert outcome.table.num_rows == plain.table.num_rows
    gaps = np.array([abs(a - b) for a, b in zip(_by_name(outcome), _by_name(plain), strict=True)])
    assert (gaps < 5).all()


def _by_name(outcome: Any) -> list[float]:
    rows = sorted(outcome.table.to_pylist(), key=lambda row: row["meter"])
    return [row["gap_percent"] for row in rows]


def test_an_index_is_read_as_its_steps_and_a_new_meter_as_a_hole(town: Tables) -> None:
    total = {"sum": 5e6}

    def climb(row: dict[str, Any]) -> dict[str, Any]:
        if _is_gas(row):
            if row["date"] == BEGIN:
                total["sum"] = 0.0  # the meter was replaced
            total["sum"] += row["kwh"]
            return {**row, "kwh": total["sum"]}
        return row

    plain, read = read_town(town, read_options({})), read_town(_changed(town, climb), read_options({}))
    assert any("index du cadran" in note and "1 jour reste vide" in note for note in read.notes)
    both = np.isfinite(_gas(read)) & np.isfinite(_gas(plain))
    assert both.sum() > 700
    np.testing.assert_allclose(_gas(read)[both], _gas(plain)[both], atol=1e-3)


def test_a_month_in_watt_hours_is_divided_and_reported(town: Tables) -> None:
    month = (BEGIN, BEGIN + timedelta(75))
    changed = _changed(
        town,
        lambda row: (
            {**row, "kwh": row["kwh"] * 1000} if _is_gas(row) and month[0] <= row["date"] < month[1] else row
        ),
    )
    plain, read = read_town(town, read_options({})), read_town(changed, read_options({}))
    assert any("mille fois plus" in note for note in read.notes)
    both = np.isfinite(_gas(read)) & np.isfinite(_gas(plain))
    assert np.isclose(_gas(read)[both], _gas(plain)[both], rtol=1e-6).mean() > 0.97


def test_hours_are_added_by_day_and_a_day_that_lacks_hours_is_left_out(town: Tables) -> None:
    rows = [row for row in town["meters"].to_pylist() if _is_gas(row)]
    hours = [
        {**row, "kwh": row["kwh"] / 24} for row in rows for _ in range(6 if row["date"] == BEGIN else 24)
    ]
    tables = {**town, "meters": pa.Table.from_pylist(hours, schema=town["meters"].schema)}
    plain = read_town(
        {**town, "meters": pa.Table.from_pylist(rows, schema=town["meters"].schema)}, read_options({})
    )
    read = read_town(tables, read_options({}))
    assert any("additionnés par jour, sauf 1 jour incomplet" in note for note in read.notes)
    assert np.isnan(_gas(read)[read.days.at(BEGIN)])
    both = np.isfinite(_gas(read))
    np.testing.assert_allclose(_gas(read)[both], _gas(plain)[both], rtol=1e-6)


def test_bills_shared_out_over_days_are_judged_bill_by_bill(town: Tables) -> None:
    months: dict[tuple[int, int], list[float]] = {}
    for row in town["meters"].to_pylist():
        if _is_gas(row):
            months.setdefault((row["date"].year, row["date"].month), []).append(row["kwh"])

    def share(row: dict[str, Any]) -> dict[str, Any]:
        if not _is_gas(row):
            return row
        return {**row, "kwh": float(np.mean(months[row["date"].year, row["date"].month]))}

    outcome = run(_changed(town, share), {}, 0)
    assert any("factures étalées" in note for note in outcome.notes)
    line = next(row for row in outcome.table.to_pylist() if row["meter"] == f"{_SCHOOL}, gaz")
    assert line["status"] != "non jugé" and line["expected"] > 0


def test_a_young_meter_is_not_judged_and_the_others_are(town: Tables) -> None:
    last = max(town["meters"]["date"].to_pylist())
    outcome = run(
        _changed(town, lambda row: None if _is_gas(row) and row["date"] < last - timedelta(120) else row),
        {},
        0,
    )
    status = {row["meter"]: row["status"] for row in outcome.table.to_pylist()}
    assert status[f"{_SCHOOL}, gaz"] == "non jugé"
    assert sum(value != "non jugé" for value in status.values()) == len(status) - 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: None, "est vide"),
        (lambda row: {**row, "kwh": -abs(row["kwh"])}, "Aucun relevé ne peut servir"),
        (lambda row: {**row, "unit": "stères"}, "Aucun relevé ne peut servir"),
        (lambda row: row if row["date"] >= date(2024, 6, 1) else None, "300 jours"),
    ],
)
def test_data_that_cannot_serve_are_refused_in_french(
    town: Tables, change: Callable[[dict[str, Any]], dict[str, Any] | None], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        run(_changed(town, change), {}, 0)


def test_faults_of_the_other_tables_are_reported(town: Tables) -> None:
    day = BEGIN
    tables = {
        **town,
        "weather": pa.concat_tables(
            [
                town["weather"],
                pa.table({"date": [day, day], "temperature": [95.0, 12.0]}, schema=town["weather"].schema),
            ]
        ),
        "calendar": pa.table({"start": [date(2023, 5, 1)], "end": [date(2023, 4, 1)]}),
        "prices": pa.table({"energy": ["gaz"], "eur_per_kwh": [90.0]}),
        "works_considered": pa.table(
            {
                "building": [_SCHOOL, _SCHOOL, "Ailleurs"],
                "kind": ["a", "b", "c"],
                "cost": [0.0, 100.0, 100.0],
                "saving_low": [5.0, 50.0, 5.0],
                "saving_high": [10.0, 20.0, 10.0],
            }
        ),
    }
    notes = " ".join(run(tables, {}, 0).notes)
    for words in (
        "température impossible (95 °C le 01/06/2023)",
        "plusieurs températures",
        "finit avant de commencer",
        "prix impossible",
        "sans bâtiment ou sans coût (ligne 1)",
        "le plus bas puis le plus haut (ligne 2)",
        "que rien ne mesure (Ailleurs)",
    ):
        assert words in notes
