"""The system `canteen` on an invented town: deterministic, blind to the future, honest intervals, French about bad input."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from beffroi.systems.canteen import backtest, make_sample, run
from beffroi.systems.canteen.evaluation import calibration_chunks, split
from beffroi.systems.canteen.features import NAMES, Describer
from beffroi.systems.canteen.history import read_history
from beffroi.systems.canteen.model import Predictions
from beffroi.systems.canteen.rolling import build_rolled, roll_forecasts
from beffroi.systems.canteen.training_set import anchor_leads, build_training_set
from beffroi.systems.canteen.verdict import MethodMetrics
from beffroi.systems.contract import BadInput, Tables
from rings import LONG, representatives


@pytest.fixture(scope="module")
def town() -> Tables:
    return make_sample(seed=3, sites=6, years=2, first_year=2022)


@pytest.fixture(scope="module")
def village() -> Tables:
    """Two sites over one year: enough for a forecast, which is six times quicker."""
    return make_sample(seed=3, sites=2, years=1, first_year=2023)


def _only(tables: Tables, rows: list[dict[str, object]]) -> Tables:
    return {**tables, "attendance": pa.Table.from_pylist(rows, schema=tables["attendance"].schema)}


def test_the_same_seed_gives_the_same_answer_and_another_seed_nearly_the_same(village: Tables) -> None:
    first, second, other = (run(village, {} if LONG else {"days": 3}, seed) for seed in (1, 1, 2))
    assert first.table.equals(second.table)
    assert first.proposals == second.proposals
    gap = np.abs(np.array(first.table["forecast"]) - np.array(other.table["forecast"]))
    assert gap.mean() < 0.03 * np.mean(first.table["forecast"])


@pytest.mark.parametrize("horizon", [1, 14])
def test_margins_are_set_on_days_known_when_the_first_order_of_their_chunk_is_placed(
    village: Tables, horizon: int
) -> None:
    history = read_history(village)
    described = Describer(history, village).describe(horizon, history.days)
    made = build_rolled(history, described)
    rolled = replace(made, predictions=Predictions(made.meals, made.meals, made.meals))
    rows = np.flatnonzero(rolled.scored)[-200:]
    chunks = calibration_chunks(rolled, rows, horizon)
    assert np.array_equal(np.concatenate([judged for _, judged in chunks]), rows)
    assert len(chunks) > 2
    for past, judged in chunks:
        assert rolled.ordinal[past].max() <= rolled.ordinal[judged].min() - horizon


def test_changing_the_future_changes_no_forecast_made_before_it(town: Tables) -> None:
    """The rolling forecasts of the days before a cut, with the meals after it shuffled and multiplied."""
    leads = [1, 14]
    history = read_history(town)
    cut = history.days[-60]
    rng = np.random.default_rng(0)
    rows = town["attendance"].to_pylist()
    future = [row for row in rows if row["date"] >= cut]
    for row, other in zip(future, rng.permutation(len(future)), strict=True):
        row["meals"] = 1 + 2 * int(future[other]["meals"])
    changed = _only(town, rows)

    def forecasts(tables: Tables) -> dict[tuple[int, str, date], tuple[float, float, float]]:
        known = read_history(tables)
        describer = Describer(known, tables)
        learned = build_training_set(describer, leads)
        first, _ = split(known, learned.earliest, 14)
        return {
            (lead, known.sites[site], known.days[day]): (
                float(rolled.predictions.middle[row]),
                float(rolled.predictions.above[row]),
                float(rolled.features.baseline[row]),
            )
            for lead, rolled in roll_forecasts(describer, learned, leads, first, 0).items()
            for row, (site, day) in enumerate(zip(rolled.features.site, rolled.features.day, strict=True))
            if known.days[day] < cut + timedelta(lead) and np.isfinite(rolled.predictions.middle[row])
        }

    before, after = forecasts(town), forecasts(changed)
    assert len(before) > 400
    assert before == after


def test_training_rows_describe_each_site_and_day_once_at_their_own_lead(town: Tables) -> None:
    history = read_history(town)
    leads = [1, 4, 7, 14]
    describer = Describer(history, town)
    taught = build_training_set(describer, leads).features
    assert len(set(zip(taught.site.tolist(), taught.day.tolist(), strict=True))) == len(taught.site)
    days_since_known = taught.values[:, NAMES.index("jours depuis le dernier repas connu")]
    assert set(days_since_known) == {1, 7, 14} == set(anchor_leads(leads))
    for lead in anchor_leads(leads):
        single_lead = describer.describe(lead, history.days)
        place = {pair: row for row, pair in enumerate(zip(single_lead.site, single_lead.day, strict=True))}
        rows = np.flatnonzero(days_since_known == lead)
        there = [place[taught.site[row], taught.day[row]] for row in rows]
        assert len(rows) > 300
        np.testing.assert_array_equal(taught.values[rows], single_lead.values[there])


def test_a_forecast_uses_nothing_known_after_its_horizon(town: Tables) -> None:
    history = read_history(town)
    target = history.days[-1]
    rows = town["attendance"].to_pylist()
    for row in rows:
        if row["date"] > target - timedelta(14):
            row["meals"] += 500
    changed = read_history(_only(town, rows))
    one = Describer(history, town).describe(14, (target,))
    two = Describer(changed, town).describe(14, (target,))
    np.testing.assert_array_equal(one.values, two.values)


@pytest.mark.parametrize("seed", representatives([1, 5], [5]))
def test_intervals_cover_and_the_baseline_is_beaten_on_invented_towns(seed: int) -> None:
    score = backtest(make_sample(seed=seed, sites=8, years=3), {}, 0)
    assert score.interval_coverage is not None
    assert 0.86 <= score.interval_coverage <= 0.95
    assert score.value < score.baseline
    assert score.recommended and score.verdict.startswith("Recommandé")
    assert score.rows > 500


def test_a_low_surplus_that_is_owed_to_missing_meals_beats_nobody() -> None:
    system = MethodMetrics(surplus=4.1, shortage=1.1, equal=4.3, wape=5)
    assert system.beats(MethodMetrics(surplus=3.7, shortage=2.4, equal=6.8, wape=7), risk=0.01)
    assert not system.beats(MethodMetrics(surplus=3.7, shortage=1.4, equal=6.8, wape=7), risk=0.01)
    assert not system.beats(MethodMetrics(surplus=5.0, shortage=2.4, equal=4.2, wape=7), risk=0.01)
    assert system.keeps_to(0.01) and not replace(system, shortage=1.6).keeps_to(0.01)


def test_where_nothing_can_be_learned_it_advises_against_its_use(town: Tables) -> None:
    """Every day drawn at random around a constant: no method can beat the mean of the last weeks by knowing more."""
    rng = np.random.default_rng(4)
    rows = town["attendance"].to_pylist()
    for row in rows:
        row["meals"] = int(100 + rng.normal(0, 10))
        row["ordered"] = row["meals"]  # a town that knows
    score = backtest(_only(town, rows), {}, 0)
    assert not score.recommended
    assert score.verdict.startswith("Ne pas utiliser ici")
    assert "la commande actuelle de la ville" in score.verdict


def test_the_attendance_table_is_enough(village: Tables) -> None:
    bare = {"attendance": village["attendance"].select(["site", "date", "meals"])}
    outcome = run(bare, {"days": 3}, 0)
    assert outcome.table.num_rows == 3 * 2
    assert any("vacances scolaires à venir ne sont pas connues" in note for note in outcome.notes)
    assert "Commande de la ville : erreur moyenne (WAPE, %)" not in backtest(bare, {}, 0).others


def test_each_proposal_has_its_interval_its_reasons_and_its_evidence(town: Tables, village: Tables) -> None:
    outcome = run(town if LONG else village, {"days": 4}, 0)
    assert len(outcome.proposals) == outcome.table.num_rows > 0
    for proposal in outcome.proposals:
        assert proposal.low <= proposal.evidence["forecast"] <= proposal.high
        assert proposal.unit == "repas"
        assert "repas attendus" in proposal.reasons[0]
        assert proposal.reasons[-1].startswith("Quantité proposée")
        assert {"last_comparable", "features", "model", "baseline", "seed"} <= proposal.evidence.keys()
    reasons = " ".join(reason for proposal in outcome.proposals for reason in proposal.reasons)
    assert "vacances" in reasons


def test_accepting_less_shortage_orders_more(village: Tables) -> None:
    totals = [
        pc.sum(run(village, {"shortage_risk": risk, "days": 2}, 0).table["order"]).as_py()
        for risk in (3.7, 0.3)  # not options of the dial
    ]
    assert totals[0] < totals[1]


def test_closed_days_are_not_forecast_and_announced_strikes_are_flagged(town: Tables) -> None:
    history = read_history(town)
    cut = date(2023, 12, 18)  # the Christmas holidays begin on Saturday 23
    rows = [row for row in town["attendance"].to_pylist() if row["date"] < cut]
    strike = date(2023, 12, 21)
    strikes = pa.table({"date": [*town["strikes"]["date"].to_pylist(), strike]})
    outcome = run({**_only(town, rows), "strikes": strikes}, {"days": 6}, 0)
    days = sorted(set(outcome.table["date"].to_pylist()))
    assert days == [date(2023, 12, d) for d in (18, 19, 21, 22)] + [date(2024, 1, d) for d in (8, 9)]
    assert all(day in history.days for day in days)
    assert not any(proposal.day == strike for proposal in outcome.proposals)
    assert any("Grève annoncée le 21/12/2023" in note for note in outcome.notes)


def _spoil(tables: Tables, number: int, **change: object) -> Tables:
    rows = tables["attendance"].to_pylist()
    rows[number] = {**rows[number], **change}
    return _only(tables, rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"site": None}, "1 ligne de « Repas servis » écartée : sans nom de site ou sans date (ligne 41)"),
        ({"meals": -12}, "négatif"),
        ({"meals": None}, "sans nombre de repas"),
        ({"site": "NA"}, "1 ligne de « Repas servis » écartée : sans nom de site ou sans date (ligne 41)"),
        ({"date": date(2087, 3, 1)}, "date isolée, sans doute mal saisie (01/03/2087)"),
        ({"date": date(1924, 3, 1)}, "date isolée, sans doute mal saisie (01/03/1924)"),
    ],
)
def test_a_bad_row_is_reported_and_the_rest_is_computed(
    village: Tables, change: dict[str, object], message: str
) -> None:
    outcome = run(_spoil(village, 40, **change), {"days": 2}, 0)
    assert len(set(outcome.table["site"].to_pylist())) == 2
    assert any(message in note for note in outcome.notes), outcome.notes


def test_a_day_counted_twice_is_reported(village: Tables) -> None:
    rows = village["attendance"].to_pylist()
    outcome = run(_only(village, [*rows, {**rows[10], "meals": 999}]), {"days": 2}, 0)
    assert any("1 jour compté deux fois" in note and rows[10]["site"] in note for note in outcome.notes)


def test_lines_written_twice_are_counted_once_and_reported(town: Tables) -> None:
    rows = town["attendance"].to_pylist()
    history = read_history(_only(town, [*rows, *rows[:7]]))
    assert any("7 lignes en double" in note for note in history.notes)
    assert np.nansum(history.meals) == np.nansum(read_history(town).meals)


def test_text_without_a_number_is_no_figure(town: Tables) -> None:
    """A table given as it was read: « NA » strings, a comma, a date as text."""
    rows = town["attendance"].to_pylist()
    read = [{**row, "meals": str(row["meals"]), "date": row["date"].isoformat()} for row in rows]
    read[5]["meals"], read[6]["meals"] = "NA", "12,0"
    history = read_history({**town, "attendance": pa.Table.from_pylist(read)})
    assert any("1 ligne de « Repas servis » écartée : sans nombre de repas" in note for note in history.notes)
    assert history.days == read_history(town).days


def test_a_missing_month_is_reported(town: Tables) -> None:
    rows = [
        row
        for row in town["attendance"].to_pylist()
        if not date(2023, 11, 13) <= row["date"] <= date(2023, 12, 15)
    ]
    notes = read_history(_only(town, rows)).notes
    assert any("1 période d’école sans aucune ligne de repas" in note for note in notes)


def test_a_school_absent_for_weeks_while_others_are_served_is_reported_by_name(town: Tables) -> None:
    rows = [
        row
        for row in town["attendance"].to_pylist()
        if row["site"] != "La Fontaine" or not date(2024, 1, 8) <= row["date"] <= date(2024, 3, 29)
    ]
    notes = read_history(_only(town, rows)).notes
    assert any("1 site est resté plus de 20 jours" in note and "La Fontaine" in note for note in notes)


def test_a_new_site_is_left_out_by_name_and_the_others_are_forecast(village: Tables) -> None:
    rows = village["attendance"].to_pylist()
    new = [{**row, "site": "École Neuve"} for row in rows if row["site"] == rows[0]["site"]][-5:]
    outcome = run(_only(village, rows + new), {"days": 2}, 0)
    assert any("École Neuve (5 jours)" in note for note in outcome.notes)
    assert "École Neuve" not in outcome.table["site"].to_pylist()


def test_two_spellings_of_a_site_are_one_and_one_name_of_two_types_is_two(town: Tables) -> None:
    rows = town["attendance"].to_pylist()
    for row in rows:
        if row["site"] == "Le Grand Chêne" and row["date"] > date(2023, 1, 1):
            row["site"] = "LE GRAND CHENE"
    both = [{**row, "site": "Doublet", "site_type": "M"} for row in rows if row["site"] == "La Fontaine"] + [
        {**row, "site": "Doublet", "site_type": "E"} for row in rows if row["site"] == "Les Tilleuls"
    ]
    history = read_history(_only(town, rows + both))
    assert len([site for site in history.sites if "CH" in site.upper() and "GRAND" in site.upper()]) == 1
    assert {"Doublet (M)", "Doublet (E)"} <= set(history.sites)


def test_strikes_with_day_and_month_exchanged_are_put_right(town: Tables) -> None:
    day = next(
        day
        for day in read_history(town).days
        if day.day <= 12 and date(day.year, day.day, day.month).weekday() > 4
    )
    swapped = pa.table({"date": [date(day.year, day.day, day.month)]})
    history = read_history({**town, "strikes": swapped})
    assert history.calendar.strikes == {day}
    assert any("intervertis" in note for note in history.notes)


def test_an_announced_strike_is_not_taken_for_an_exchanged_date(town: Tables) -> None:
    rows = [row for row in town["attendance"].to_pylist() if row["date"] < date(2024, 4, 1)]
    strikes = pa.table({"date": [date(2024, 5, 3), date(2024, 6, 4)]})  # 5 March and 6 April exist too
    history = read_history({**_only(town, rows), "strikes": strikes})
    assert history.calendar.strikes == {date(2024, 5, 3), date(2024, 6, 4)}


@pytest.mark.parametrize("days", [0, 20])
def test_too_little_history_is_refused_with_what_is_needed(town: Tables, days: int) -> None:
    first_days = set(read_history(town).days[:days])
    rows = [row for row in town["attendance"].to_pylist() if row["date"] in first_days]
    for verb in (run, backtest):
        with pytest.raises(BadInput, match=r"vide|ne compte que 20 jours"):
            verb(_only(town, rows), {}, 0)


def test_half_a_year_is_enough_to_judge_and_to_forecast(town: Tables) -> None:
    first_days = set(read_history(town).days[:110])
    rows = [row for row in town["attendance"].to_pylist() if row["date"] in first_days]
    assert backtest(_only(town, rows), {}, 0).rows > 50
    assert run(_only(town, rows), {"days": 2}, 0).table.num_rows == 12


def test_a_setting_out_of_range_is_reported(town: Tables) -> None:
    with pytest.raises(BadInput, match=r"choisissez entre 0,1 et 10"):
        run(town, {"shortage_risk": 40.0}, 0)
