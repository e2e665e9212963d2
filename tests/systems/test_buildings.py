"""The system `buildings` on an invented town: deterministic, blind to the future, honest intervals, causes found, works within budget."""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from beffroi.systems import registry
from beffroi.systems.buildings import backtest, causes, make_sample, proposals, run
from beffroi.systems.buildings.energies import normalize_energy
from beffroi.systems.buildings.expected import judge_meters
from beffroi.systems.buildings.options import read_options
from beffroi.systems.buildings.sample import LAST, Invented, invent
from beffroi.systems.buildings.town import read_town
from beffroi.systems.contract import BadInput, Outcome, Tables
from beffroi.systems.manifest import Manifest
from beffroi.systems.outputs import match_declared_tables


@pytest.fixture(scope="module")
def invented() -> Invented:
    return invent(seed=4)


@pytest.fixture(scope="module")
def town(invented: Invented) -> Tables:
    return invented.tables


@pytest.fixture(scope="module")
def outcome(town: Tables) -> Outcome:
    return run(town, {}, 1)


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return registry.get("buildings").manifest


def test_the_same_arguments_give_the_same_answer(town: Tables, outcome: Outcome) -> None:
    again = run(town, {}, 1)
    assert again.table.equals(outcome.table)
    assert again.proposals == outcome.proposals
    assert again.figures == outcome.figures
    assert all(again.layers[name].equals(table) for name, table in outcome.layers.items())


def test_it_writes_the_tables_that_its_card_declares(manifest: Manifest, outcome: Outcome) -> None:
    written = match_declared_tables(manifest, outcome)
    assert [output.name for output, _ in written] == [
        "by_meter", "days", "works", "scenarios", "building_scenarios", "savings",
    ]  # fmt: skip
    assert all(table.num_rows for _, table in written)
    levels = next(column.levels for column in manifest.outputs[0].columns if column.role == "status")
    assert set(levels) == set(causes.ORDER)
    assert set(outcome.table["status"].to_pylist()) <= set(levels)


def test_the_rounded_figures_of_a_meter_still_add_up(outcome: Outcome) -> None:
    judged = [row for row in outcome.table.to_pylist() if row["gap"] is not None]
    assert len(judged) > 10
    for row in judged:
        assert row["expected"] + row["gap"] == row["actual"], row["meter"]
    assert any(row["expected"] >= 1000 and row["gap"] % 100 for row in judged)


def test_what_is_expected_of_a_day_owes_nothing_to_the_days_after(town: Tables) -> None:
    """The last month changed: what was expected of it stays as it was."""
    rows = town["meters"].to_pylist()
    begin = LAST - timedelta(29)
    for row in rows:
        if row["date"] >= begin:
            row["kwh"] = row["kwh"] * 1.2
    changed = {**town, "meters": pa.Table.from_pylist(rows, schema=town["meters"].schema)}
    one, two = (
        judge_meters(read_town(tables, read_options({})), tables, read_options({}))
        for tables in (town, changed)
    )
    np.testing.assert_allclose(one.expected, two.expected)


def test_planted_anomalies_are_found_with_their_cause(invented: Invented, outcome: Outcome) -> None:
    found = {
        (row["building"], row["energy"]): (row["status"], row["cause"])
        for row in outcome.table.to_pylist()
        if row["status"] in (causes.ANOMALY, causes.METER)
    }
    planted = {(name, normalize_energy(energy)): cause for (name, energy), cause in invented.causes.items()}
    assert len(planted) == 5
    assert {key: value[1] for key, value in found.items() if key in planted} == planted
    assert len(found) <= len(planted) + 1


def test_causes_are_recognised_and_few_alarms_are_false_on_other_towns() -> None:
    right = planted = alarms = quiet = 0
    for seed in (21, 22, 23):
        other = invent(seed)
        wanted = {(name, normalize_energy(energy)): cause for (name, energy), cause in other.causes.items()}
        seen = read_town(other.tables, read_options({}))
        for finding in causes.find_causes(seen, judge_meters(seen, other.tables, read_options({}))):
            meter = seen.meters[finding.row]
            cause = wanted.get((meter.building, meter.energy))
            alarm = finding.status in (causes.ANOMALY, causes.METER)
            if cause is None or (meter.number and not meter.number.endswith("0")):
                alarms += alarm
                quiet += 1
            else:
                planted += 1
                right += alarm and finding.cause == cause
    assert planted == 15
    assert right >= 13
    assert alarms <= 0.05 * quiet


def test_a_heating_left_on_in_june_is_called_out_of_season() -> None:
    last = date(2024, 6, 30)
    other = invent(6, buildings=4, last=last, anomalies=False)
    rows = other.tables["meters"].to_pylist()
    victim = "Gymnase du Vieux Moulin"
    winter = np.median(
        [
            r["kwh"]
            for r in rows
            if r["building"] == victim and r["energy"] == "Gaz naturel" and r["date"].month == 1
        ]
    )
    for row in rows:
        if (
            row["building"] == victim
            and row["energy"] == "Gaz naturel"
            and row["date"] > last - timedelta(21)
        ):
            row["kwh"] += 0.25 * winter
    tables = {**other.tables, "meters": pa.Table.from_pylist(rows, schema=other.tables["meters"].schema)}
    line = next(
        r
        for r in run(tables, {}, 0).table.to_pylist()
        if r["meter"].startswith(victim) and r["energy"] == "gaz"
    )
    assert (line["status"], line["cause"]) == (causes.ANOMALY, causes.OUT_OF_SEASON)


def test_a_school_heated_through_the_holidays_is_reported() -> None:
    last = date(2024, 2, 25)  # the last day of the winter holidays
    other = invent(8, buildings=4, last=last, anomalies=False)
    holidays = (date(2024, 2, 10), last)
    school = "École Pré-Fleuri"
    seen = read_town(other.tables, read_options({}))
    judged = judge_meters(seen, other.tables, read_options({}))
    (row,) = seen.rows_of(school, "chaleur")
    rows = other.tables["meters"].to_pylist()
    expected = {seen.days.day(place): judged.expected[row, place] for place in range(len(seen.days))}
    for line in rows:
        day = line["date"]
        if (
            line["building"] == school
            and "chaleur" in line["energy"]
            and holidays[0] <= day <= holidays[1]
            and day.weekday() < 5
        ):
            factor = 1000 if line["unit"] == "Wh" else 1
            line["kwh"] = float(expected[day]) * 1.6 * factor
    tables = {**other.tables, "meters": pa.Table.from_pylist(rows, schema=other.tables["meters"].schema)}
    found = next(
        r
        for r in run(tables, {}, 0).table.to_pylist()
        if r["building"] == school and r["energy"] == "chaleur"
    )
    assert (found["status"], found["cause"]) == (causes.ANOMALY, causes.HOLIDAYS)


@pytest.mark.parametrize("seed", [11, 12])
def test_the_test_year_is_forecast_better_than_by_degree_days_and_intervals_cover(seed: int) -> None:
    score = backtest(make_sample(seed), {}, 0)
    # What energy managers do without AI is the corrected month: the plain one, in a year of another weather, errs more.
    assert score.value < score.baseline < score.without_ai["Même mois l’an dernier, sans corriger la météo"]
    assert score.value < 20
    assert score.gain_interval is not None and score.gain_interval[0] > 0
    assert score.interval_coverage is not None
    assert 0.87 <= score.interval_coverage <= 0.93
    assert score.recommended and score.verdict.startswith("Recommandé")
    assert set(score.without_ai) == {
        "Même mois l’an dernier, sans corriger la météo",
        "Même jour de la semaine, un an avant",
    }


def test_where_nothing_can_be_learned_it_falls_back_and_reports_it() -> None:
    """Days drawn at random: neither the weather nor the week explains them."""
    rng = np.random.default_rng(2)
    days = [date(2022, 1, 1) + timedelta(n) for n in range(900)]
    tables = {
        "meters": pa.table({"building": ["Forge"] * 900, "date": days, "kwh": rng.gamma(2.0, 50.0, 900)}),
        "weather": pa.table({"date": days, "temperature": 12 + 8 * np.sin(np.arange(900) / 58)}),
    }
    outcome = run(tables, {}, 0)
    (line,) = outcome.table.to_pylist()
    assert line["status"] in (causes.NORMAL, causes.WATCH)
    assert "repli" in line["model"] or line["model"] == "sans effet de la météo"
    assert backtest(tables, {}, 0).value > 50


def test_without_weather_it_still_answers_and_warns_that_it_is_less_sure(town: Tables) -> None:
    bare = {"meters": town["meters"].select(["building", "date", "kwh"])}
    outcome = run(bare, {}, 0)
    assert outcome.table.num_rows == 10
    assert any("Aucune météo" in note for note in outcome.notes)
    assert not outcome.layers["works"].num_rows


def test_each_proposal_has_its_interval_its_reasons_and_its_evidence(outcome: Outcome) -> None:
    assert outcome.proposals
    for act in outcome.proposals:
        assert act.low <= act.value <= act.high
        assert act.reasons and act.evidence["seed"] == 1
    about = [act for act in outcome.proposals if act.unit == "kWh par mois"]
    assert about and all("attendus" in act.reasons[0] for act in about)


def test_a_meter_that_fell_silent_or_stuck_says_since_when(outcome: Outcome) -> None:
    told = [act.reasons[0] for act in outcome.proposals if act.unit == "kWh par mois non suivis"]
    silent, stuck = LAST - timedelta(8), LAST - timedelta(11)  # nine days lack, twelve are the same
    assert f"Aucun relevé n’arrive depuis le {silent:%d/%m/%Y}." in told
    assert any(
        reason.startswith(f"Le compteur redit le même nombre depuis le {stuck:%d/%m/%Y}") for reason in told
    )


def test_the_morning_begins_with_what_to_do_first(outcome: Outcome) -> None:
    first, seen = outcome.proposals[0], [act for act in outcome.proposals if "meter" in act.evidence]
    assert outcome.summary.startswith(f"{len(seen)} compteur")
    assert first.subject in outcome.summary
    assert proposals.summary(()).startswith("Aucun compteur")


def test_the_days_outside_their_interval_are_few(outcome: Outcome) -> None:
    """The three months shown: the months before the window hold no planted anomaly."""
    rows = [
        r
        for r in outcome.layers["days"].to_pylist()
        if r["day"] < LAST - timedelta(30) and r["actual"] is not None
    ]
    covered = np.mean([r["low"] <= r["actual"] <= r["high"] for r in rows])
    assert 0.85 <= covered <= 0.95


def test_one_degree_less_saves_about_seven_percent_of_heating(outcome: Outcome) -> None:
    """ADEME's order of magnitude: 7 % of the heating for one degree."""
    lines = {row["scenario"]: row for row in outcome.layers["scenarios"].to_pylist()}
    assert 3 <= lines["Consigne de chauffage −1 °C"]["percent"] <= 10
    assert all(line["low"] <= line["kwh"] <= line["high"] for line in lines.values())
    assert len(lines) == 6


def test_a_lower_setpoint_saves_more_the_lower_it_is(town: Tables) -> None:
    saved = [
        max(
            pc.max(
                run(town, {"setpoint_drop": drop}, 0)
                .layers["scenarios"]
                .filter(pc.match_substring(pc.field("scenario"), "Consigne"))["kwh"]
            ).as_py(),
            0,
        )
        for drop in (1, 2)
    ]
    assert saved[0] < saved[1] < 2.2 * saved[0]


def test_readings_after_the_day_of_the_calculation_are_not_read(town: Tables) -> None:
    today = LAST - timedelta(60)
    outcome = run(town, {"today": today.isoformat()}, 0)
    assert max(outcome.layers["days"]["day"].to_pylist()) == today
    assert any("postérieurs" in note for note in outcome.notes)
    late = run(town, {"today": "2026-01-01"}, 0)
    assert any("Relancez la collecte" in note for note in late.notes)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window_days": 3}, "window_days"),
        ({"budget": -1}, "budget"),
        ({"goal_percent": "beaucoup"}, "n’est pas un nombre"),
        ({"reference_start": "hier"}, "année-mois-jour"),
    ],
)
def test_a_setting_out_of_range_is_refused_in_french(
    town: Tables, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        run(town, settings, 0)


def test_the_way_to_the_goal_is_measured_from_the_chosen_year(town: Tables) -> None:
    figures = {figure.key: figure for figure in run(town, {"reference_start": "2022-06-01"}, 0).figures}
    assert "01/06/2022" in figures["progress"].base
    low, high = figures["progress"].low, figures["progress"].high
    assert low is not None and high is not None and low <= figures["progress"].value <= high
    outcome = run(town, {"reference_start": "2024-06-01"}, 0)
    assert "progress" not in {figure.key for figure in outcome.figures}
    assert any("année de référence" in note for note in outcome.notes)


def test_a_night_load_too_high_is_seen_where_hours_are_read(town: Tables) -> None:
    rows = [r for r in town["meters"].to_pylist() if r["building"] == "Maison des associations"]
    hours = []
    for row in rows:
        if row["energy"] != "Électricité":
            continue
        shape = [0.02 if hour < 6 or hour > 21 else 0.05 for hour in range(24)]
        late = row["date"] > LAST - timedelta(25)
        for hour, part in enumerate(shape):
            extra = 0.06 * row["kwh"] if late and hour < 5 else 0.0
            moment = datetime(row["date"].year, row["date"].month, row["date"].day, hour)
            hours.append(
                {
                    "building": row["building"],
                    "energy": "elec",
                    "date": moment,
                    "kwh": part * row["kwh"] + extra,
                }
            )
    outcome = run({**town, "meters": pa.Table.from_pylist(hours)}, {}, 0)
    (line,) = outcome.table.to_pylist()
    assert (line["status"], line["cause"]) == (causes.ANOMALY, causes.NIGHT)
    act = next(act for act in outcome.proposals if act.unit == "kWh par mois")
    assert "la nuit" in act.subject
    assert any("De minuit à 5 heures" in reason for reason in act.reasons)
