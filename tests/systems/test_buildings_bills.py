"""Monthly bills are judged as daily readings are: bill by bill, whatever day they are dated and whether they count or climb."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems.buildings import backtest, bills, run
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.options import read_options
from beffroi.systems.buildings.town import read_town
from beffroi.systems.contract import Tables
from systems.test_buildings_levels import COUNT, DAYS, _gas, _town

MONTHS = sorted({DAYS.day(place).replace(day=1) for place in range(COUNT)})[:-1]


def _after(month: date) -> date:
    return (month + timedelta(32)).replace(day=1)


def _bills(dated: Callable[[date], date], *meters: np.ndarray, climb: bool = False) -> Tables:  # type: ignore[type-arg]
    rows = []
    for number, kwh in enumerate(meters):
        total = 0.0
        for month in MONTHS:
            amount = float(kwh[DAYS.at(month) : DAYS.at(_after(month))].sum())
            total += amount
            rows.append((f"Site {number}", dated(month), total if climb else amount))
    building, day, kwh = zip(*rows, strict=True)
    return {**_town(meters[0]), "meters": pa.table({"building": building, "date": day, "kwh": kwh})}


@pytest.mark.parametrize("dated", [lambda month: month, lambda month: _after(month) - timedelta(1)])
def test_a_bill_is_shared_out_over_the_days_that_it_counts(dated: Callable[[date], date]) -> None:
    town = read_town(_bills(dated, _gas()), read_options({}))
    march = slice(DAYS.at(date(2022, 3, 1)), DAYS.at(date(2022, 4, 1)))
    first = town.days.at(date(2022, 3, 1))
    assert town.kwh[0, first : first + 31] == pytest.approx(_gas()[march].mean())
    assert town.spread.all() and len(set(town.period[0, first : first + 31])) == 1
    assert any("facture par facture" in note for note in town.notes)


def test_bills_that_climb_are_an_index() -> None:
    town = read_town(_bills(lambda month: month, _gas(), climb=True), read_options({}))
    # Read on the first of each month, an index counts the days since the first of the month before.
    first = town.days.at(date(2022, 3, 2))
    assert town.kwh[0, first : first + 31] == pytest.approx(
        _gas()[DAYS.at(date(2022, 4, 1)) : DAYS.at(date(2022, 5, 1))].sum() / 31
    )


def test_the_model_of_bills_finds_the_heating_of_the_days() -> None:
    kwh = _gas()
    town = read_town(_bills(lambda month: month, kwh), read_options({}))
    fitted = fit(town.kwh, np.ones(town.kwh.shape), town.days, town.period)
    heat = fitted.heating(town.days)[0]
    true = 12 * np.maximum(16 - DAYS.temperature, 0) * np.where(DAYS.off, 0.7, 1.0)
    assert heat.sum() == pytest.approx(true[: len(heat)].sum(), rel=0.15)


def test_a_town_that_has_only_bills_is_judged_on_bills() -> None:
    score = backtest(_bills(lambda month: month, _gas(), _gas(1)), {}, 0)
    assert score.value < score.baseline and score.value < 8
    assert "2 par facture" in score.held_out and "Erreur par facture" in score.verdict


def test_a_bill_too_high_is_reported_without_naming_days() -> None:
    kwh = _gas()
    high = np.where(np.arange(COUNT) >= DAYS.at(MONTHS[-1]), 1.6, 1.0) * kwh
    outcome = run(_bills(lambda month: month, high, _gas(1), _gas(2)), {}, 0)
    rows = {row["building"]: row for row in outcome.table.to_pylist()}
    assert rows["Site 0"]["status"] == "anomalie" and rows["Site 1"]["status"] in ("normal", "à surveiller")
    act = next(act for act in outcome.proposals if act.place == "Site 0")
    assert any("facture ne dit pas quels jours" in reason for reason in act.reasons)


def test_what_one_may_not_read_of_a_bill_hides_the_rest_of_it() -> None:
    period = np.array([[1, 1, 1, 2, 2, bills.DAILY]])
    weight = np.array([[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]])
    assert bills.whole_periods(weight, np.ones((1, 6), dtype=bool), period).tolist() == [[0, 0, 0, 1, 1, 1]]
