"""Outputs of `canteen`: declared tables, headline figures, the dial that quantities follow, the map."""

import itertools
import json
import re
from datetime import date

import numpy as np
import pyarrow.types as kinds
import pytest

from beffroi.systems import registry
from beffroi.systems.canteen import backtest, run
from beffroi.systems.canteen.history import read_history
from beffroi.systems.canteen.model import Predictions
from beffroi.systems.canteen.options import RISKS
from beffroi.systems.canteen.places import read_places
from beffroi.systems.canteen.rolling import Calibration
from beffroi.systems.canteen.tradeoff import trades_at_lead
from beffroi.systems.contract import Tables
from systems.canteen_runs import outcome, score, town, with_rows

_IS = {
    "text": kinds.is_string,
    "geometry": kinds.is_string,
    "date": kinds.is_date,
    "integer": kinds.is_integer,
    "number": lambda actual: kinds.is_floating(actual) or kinds.is_integer(actual),
}


def test_every_table_is_the_one_that_the_manifest_declares() -> None:
    manifest = registry.get("canteen").manifest
    made = outcome()
    assert set(made.layers) == {output.name for output in manifest.outputs[1:]}
    for place, output in enumerate(manifest.outputs):
        table = made.layers[output.name] if place else made.table
        assert table.column_names and {column.name for column in output.columns} == set(table.column_names)
        for column in output.columns:
            assert _IS[column.type](table.schema.field(column.name).type), (output.name, column.name)


def test_the_dial_of_the_manifest_is_what_each_proposal_answers() -> None:
    manifest = registry.get("canteen").manifest
    assert manifest.dial is not None and manifest.dial.options == RISKS
    assert manifest.dial.setting in manifest.settings
    for act in outcome().proposals:
        assert list(act.by_choice) == [f"{option:g}" for option in manifest.dial.options]
        assert act.by_choice["1"] == act.value
        values = list(act.by_choice.values())
        assert values == sorted(values, reverse=True)  # the smaller the risk, the more is ordered


@pytest.mark.long
def test_another_choice_is_what_the_dial_had_announced() -> None:
    chosen = outcome(shortage_risk=2.0)
    announced = [act.by_choice["2"] for act in outcome().proposals]
    assert [act.value for act in chosen.proposals] == announced
    assert sum(announced) == outcome().layers["risk"].to_pylist()[3]["order"]


def test_each_risk_comes_with_its_surplus_and_shortage_measured_on_other_days() -> None:
    rows = outcome().layers["risk"].to_pylist()
    assert [row["shortage_risk"] for row in rows] == list(RISKS)
    assert all(left["surplus"] > right["surplus"] for left, right in itertools.pairwise(rows))
    assert all(left["shortage"] < right["shortage"] for left, right in itertools.pairwise(rows))
    assert 0.6 <= rows[2]["shortage"] <= 1.5


def test_before_choosing_a_person_reads_the_surplus_its_price_and_the_services_that_would_lack() -> None:
    priced = outcome()
    rows = priced.layers["risk"].to_pylist()
    expected = sum(act.evidence["forecast"] for act in priced.proposals)
    for row in rows:
        assert row["too_many"] == pytest.approx(row["surplus"] / 100 * expected, abs=1)
        assert row["euros"] == pytest.approx(1.93 * row["too_many"], abs=2)
        assert row["services"] == len(priced.proposals)
    lacking = [row["lacking"] for row in rows]
    assert lacking == sorted(lacking) and 0 < lacking[2] < lacking[5] < rows[5]["services"]
    unpriced = outcome(meal_grams=0, meal_euros=0).layers["risk"].to_pylist()
    assert [row["euros"] for row in unpriced] == [None] * len(RISKS)
    manifest = registry.get("canteen").manifest
    key = next(output for output in manifest.outputs if output.name == "risk").of_role("key")
    assert manifest.dial is not None and key is not None and key.name == manifest.dial.setting


def test_the_services_that_lack_are_those_of_past_days_whose_order_was_too_small() -> None:
    """Twenty days of two sites, forecast right, of which one falls short by a third on one day in four."""
    meals = np.tile([100.0, 100, 100, 100, 100, 100, 100, 150], 10)
    middle = np.full(80, 100.0)
    ordinal = np.repeat(np.arange(738_000, 738_020), 4)
    actual = Calibration(
        meals, Predictions(middle, middle / 10, middle / 10), ordinal, middle, ordinal % 2, middle, middle
    )
    (trade,) = trades_at_lead(actual, (0.05,))
    assert trade.lacking == 1 / 8


@pytest.mark.long
def test_the_page_and_the_verdict_name_the_same_days_and_lead_times() -> None:
    days = re.search(r"\d+ jours d’école, du .+? au .+? 20\d\d", score().verdict)
    assert days is not None
    assert f"Mesuré sur {days[0]}, prévus 14 jours à l’avance." in score().verdict
    last = "2024-05-10"
    page = run(_until(last), {"today": "2024-05-13", "days": 5}, 0)
    (over,) = re.findall(r"Mesuré sur (.+?), prévus", backtest(_until(last), {}, 0).verdict)
    ahead = [(row["date"] - date.fromisoformat(last)).days for row in page.layers["days"].to_pylist()]
    figures = {figure.key: figure for figure in page.figures}
    for key in ("surplus", "shortage", "spared"):
        base = figures[key].base
        assert base.startswith(f"Mesuré sur {over}, prévus de {ahead[0]} à {ahead[-1]} jours à l’avance")
    assert figures["next_day"].base == f"6 sites, prévus {ahead[0]} jours à l’avance"


def _until(last: str) -> Tables:
    rows = [row for row in town()["attendance"].to_pylist() if row["date"] <= date.fromisoformat(last)]
    return with_rows(town(), "attendance", rows)


def test_the_morning_begins_with_the_order_of_the_next_day() -> None:
    rows = outcome().table.to_pylist()
    first = min(row["date"] for row in rows if row["order"] is not None)
    ordered = sum(row["order"] for row in rows if row["date"] == first)
    summary = outcome().summary.replace("\N{NO-BREAK SPACE}", "")
    assert f"{ordered} à commander" in summary
    assert f"{first.day} " in summary


def test_the_figures_are_those_of_the_tables() -> None:
    made = outcome()
    figures = {figure.key: figure for figure in made.figures}
    assert {"next_day", "all_days", "order", "surplus", "shortage", "spared"} <= set(figures)
    first = made.layers["days"].to_pylist()[0]
    assert figures["next_day"].value == round(first["forecast"])
    assert figures["order"].value == sum(act.value for act in made.proposals)
    for figure in figures.values():
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high
    assert "jeudi 4 juillet" in figures["next_day"].label


def test_weights_and_prices_are_estimates_with_their_assumption_and_zero_silences_them() -> None:
    figures = {figure.key: figure for figure in outcome().figures}
    assert "estimé" in figures["spared_kg"].label and "660 g" in figures["spared_kg"].base
    assert figures["spared_euros"].value == pytest.approx(figures["spared"].value * 1.93, abs=2)
    assert not {"spared_kg", "spared_euros"} & {
        figure.key for figure in outcome(meal_grams=0, meal_euros=0).figures
    }


def test_the_interval_of_the_town_is_narrower_than_the_sum_of_its_sites() -> None:
    made = outcome()
    first = made.layers["days"].to_pylist()[0]
    rows = [row for row in made.table.to_pylist() if row["date"] == first["date"]]
    assert first["high"] - first["low"] < sum(row["high"] - row["low"] for row in rows)
    assert first["low"] <= first["forecast"] <= first["high"]


def test_the_map_has_each_site_once_for_its_next_day() -> None:
    layer = outcome().layers["sites"].to_pylist()
    assert sorted(row["site"] for row in layer) == sorted(set(outcome().table["site"].to_pylist()))
    assert {row["date"] for row in layer} == {date(2024, 7, 4)}
    assert all(json.loads(row["geometry"])["type"] == "Point" for row in layer)


def test_a_place_out_of_the_world_or_without_shape_is_reported_and_the_others_stay() -> None:
    rows = town()["sites"].to_pylist()
    rows[0] |= {"longitude": 412.0, "latitude": 46.0, "geometry": None}
    rows[1] |= {"longitude": None, "latitude": None, "geometry": "près de l’église"}
    shapes, notes = read_places(read_history(town()), with_rows(town(), "sites", rows))
    assert len(shapes) == len(rows) - 2
    assert any(
        "2 lignes de « Coordonnées des lieux » écartées : sans place sur la carte" in note for note in notes
    )


def test_orders_of_the_town_for_coming_days_are_read_with_the_forecast() -> None:
    rows = town()["attendance"].to_pylist()
    rows.append({**rows[0], "date": date(2024, 7, 4), "meals": None, "ordered": 123})
    history = read_history(with_rows(town(), "attendance", rows))
    assert history.planned == {(rows[0]["site"], date(2024, 7, 4)): 123.0}
