"""Optional sources of `canteen`: morning bookings, weather, and names that are not those of the attendance."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems.canteen import backtest, bookings, features, leftovers, run, weather
from beffroi.systems.canteen.history import History, read_history
from beffroi.systems.canteen.model import Predictions
from beffroi.systems.canteen.rolling import Rolled
from beffroi.systems.canteen.site_names import unmatched_notes
from systems.canteen_runs import LAST, NEXT, outcome, score, town, with_rows


@pytest.fixture(scope="module")
def history() -> History:
    return read_history(town())


def test_on_the_morning_itself_bookings_narrow_the_interval_and_appear_in_the_reasons() -> None:
    bare = {name: table for name, table in town().items() if name != "bookings"}
    without = run(bare, {"today": NEXT, "days": 1}, 0)
    with_bookings = outcome(today=NEXT, days=1)
    booked = [row for row in with_bookings.table.to_pylist() if row["announced"] is not None]
    plain = {row["site"]: row for row in without.table.to_pylist()}
    assert len(booked) == 5  # the sixth site keeps a paper list
    width = sum(row["high"] - row["low"] for row in booked)
    assert width < 0.8 * sum(plain[row["site"]]["high"] - plain[row["site"]]["low"] for row in booked)
    explained = [
        act
        for act in with_bookings.proposals
        if any("réservations du jour" in reason for reason in act.reasons)
    ]
    assert len(explained) == 5


def test_past_bookings_are_judged_on_the_test_days() -> None:
    others = score().others
    assert others["Avec les réservations du matin : lignes jugées"] > 100
    with_them = others["Avec les réservations du matin : erreur moyenne (WAPE, %)"]
    assert with_them < others["Sans elles, mêmes lignes : erreur moyenne (WAPE, %)"]
    assert 85 <= others["Avec les réservations du matin : vérités dans l’intervalle (%)"] <= 96
    assert others["Avec les réservations du matin : largeur de l’intervalle (% de celui sans elles)"] < 90


def test_the_rain_counts_in_the_weather_figure_of_the_backtest() -> None:
    figure = "Si la météo du jour était connue : part de l’erreur du jour expliquée (%)"
    dry = {**town(), "weather": town()["weather"].drop_columns(["rain"])}
    assert score().others.get(figure) != backtest(dry, {}, 0).others.get(figure)


def test_bookings_without_past_ones_are_not_used_and_a_note_gives_the_reason() -> None:
    last = date.fromisoformat(LAST)
    rows = [row for row in town()["bookings"].to_pylist() if row["date"] > last]
    outcome = run(with_rows(town(), "bookings", rows), {"today": NEXT, "days": 1}, 0)
    assert bookings.UNKNOWN_RATIO in outcome.notes
    assert outcome.table["announced"].null_count == outcome.table.num_rows


def test_a_booking_taken_after_its_day_is_no_booking_and_the_last_reading_before_counts(
    history: History,
) -> None:
    day = date(2024, 6, 24)
    site = history.sites[0]
    rows = [
        {"site": site, "date": day, "booked": 90, "taken_on": day},
        {"site": site, "date": day, "booked": 70, "taken_on": day - timedelta(7)},
        {"site": site, "date": day, "booked": 50, "taken_on": day + timedelta(1)},
        {"site": site, "date": day, "booked": -4, "taken_on": day},
        {"site": "Nulle Part", "date": day, "booked": 9, "taken_on": day},
    ]
    read = bookings.read_bookings(history, with_rows(town(), "bookings", rows))
    assert read is not None and read.booked[0].tolist() == [90.0]
    notes = " ".join(read.notes)
    assert "relevé trop tard" in notes and "sans nombre positif" in notes and "1 nom sur 2" in notes


def test_a_booking_read_earlier_than_usual_may_grow_and_does_not_serve(history: History) -> None:
    """On a Thursday the bookings of the next Monday are not complete, whether or not the file says when they were read."""
    site, today = history.sites[0], date(2024, 7, 4)
    past = [{"site": site, "date": day, "booked": 90, "taken_on": day} for day in history.days[-30:]]
    to_come = [
        {"site": site, "date": today, "booked": 88, "taken_on": today},
        {"site": site, "date": date(2024, 9, 2), "booked": 12, "taken_on": today},
    ]
    tables = with_rows(town(), "bookings", past + to_come)
    bare = {**tables, "bookings": tables["bookings"].drop_columns(["taken_on"])}
    for variant in (tables, bare):
        read = bookings.read_bookings(history, variant, today)
        assert read is not None and read.days[-1] == today
        assert any(
            "1 ligne de « Réservations du matin » écartée : relevé plus tôt que d’habitude" in note
            for note in read.notes
        )


def test_a_booking_a_hundred_times_too_large_is_rejected() -> None:
    predictions = Predictions(np.full(2, 100.0), np.full(2, 10.0), np.full(2, 10.0))
    announced = bookings.drop_implausible_bookings(predictions, np.array([9000.0, 95.0]))
    assert np.isnan(announced[0]) and announced[1] == 95


def _rolled(errors: np.ndarray, days: list[date]) -> Rolled:
    empty = features.Features(
        (), np.zeros(0, int), np.zeros(0, int), np.zeros((0, 1)), np.zeros(0), np.zeros(0)
    )
    ordinal = np.array([day.toordinal() for day in days])
    every = np.ones(len(days), dtype=bool)
    middle = np.full(len(days), 100.0)
    return Rolled(empty, 100 * np.exp(errors), every, every, ordinal, Predictions(middle, middle, middle))


@pytest.mark.parametrize(("strength", "used"), [(0.01, True), (0.0, False)])
def test_the_weather_effect_is_used_only_where_it_forecasts_unseen_weeks(strength: float, used: bool) -> None:
    rng = np.random.default_rng(2)
    days = [date(2023, 1, 2) + timedelta(step) for step in range(500)]
    season = np.array([12 - 8 * np.cos(2 * np.pi * day.timetuple().tm_yday / 365) for day in days])
    moved = rng.normal(0, 3, len(days))
    table = pa.table({"date": days, "temperature": season + moved})
    sky = weather.read_weather({"weather": table})
    rolled = _rolled(strength * moved + rng.normal(0, 0.01, len(days)), days)
    effect = weather.learn_weather_effect(sky, rolled, np.arange(len(days)))
    assert (effect is not None) is used
    if effect is not None:
        hot, unknown = effect.factor(sky, [days[int(np.argmax(moved))], date(2030, 1, 1)])
        assert 1.0 < hot <= np.exp(0.10) and unknown == 1.0


def test_beyond_five_days_the_weather_is_not_used_and_a_note_gives_the_reason() -> None:
    assert any("La météo n’est pas utilisée à plus de 5 jours" in note for note in outcome().notes)


def test_names_that_are_no_site_are_counted_with_examples(history: History) -> None:
    rolls = {"rolls": pa.table({"site": [history.sites[0].upper(), "École Perdue", None]})}
    (note,) = unmatched_notes(history, rolls, "rolls", "Effectifs")
    assert "1 nom sur 2" in note
    assert "École Perdue" in note and "Rapprochez ces noms" in note


def test_a_roll_under_the_name_that_two_kinds_share_serves_both(history: History) -> None:
    rows = town()["attendance"].to_pylist()
    both = [{**row, "site": "Doublet", "site_type": "M"} for row in rows if row["site"] == history.sites[0]]
    both += [{**row, "site": "Doublet", "site_type": "E"} for row in rows if row["site"] == history.sites[1]]
    rolls = [*town()["rolls"].to_pylist(), {"site": "DOUBLET", "school_year": "2023-2024", "pupils": 90}]
    tables = with_rows(with_rows(town(), "attendance", rows + both), "rolls", rolls)
    doubled = read_history(tables)
    found = features._rolls(doubled, tables)[2023]
    places = [doubled.sites.index("Doublet (M)"), doubled.sites.index("Doublet (E)")]
    assert [found[place] for place in places] == [90.0, 90.0]
    assert unmatched_notes(doubled, tables, "rolls", "Effectifs") == []


def test_weighed_leftovers_are_told_by_meal_served_and_bad_rows_are_reported(history: History) -> None:
    site, days = history.sites[0], [history.days[-1 - n] for n in range(6)]
    meals = [float(history.meals[0, -1 - n]) for n in range(6)]
    rows = [{"site": site, "date": day, "kilos": count / 10} for day, count in zip(days, meals, strict=True)]
    rows += [
        {"site": site, "date": days[0], "kilos": meals[0] / 10},  # weighed twice: counted once
        {"site": site, "date": None, "kilos": 3.0},
        {"site": "Cantine fermée", "date": days[0], "kilos": 500.0},
    ]
    tables = {**town(), "leftovers": pa.Table.from_pylist(rows)}
    (figure,), notes = leftovers.weigh(history, tables)
    assert (figure.value, figure.unit, figure.better) == (100, "g", "lower")
    assert figure.base.startswith("6 pesées, du ")
    assert any("sans date ou sans poids positif" in note for note in notes)
    assert any("Restes pesés : 1 nom sur 2" in note.replace("\u00a0", " ") for note in notes)
    few = {**tables, "leftovers": pa.Table.from_pylist(rows[:4])}
    assert leftovers.weigh(history, few)[0] == ()


def test_each_site_says_how_wrong_the_system_was_there_and_what_to_order_without_it() -> None:
    evidence = [act.evidence for act in outcome().proposals]
    assert all(0 < one["site_error"] < 40 and 0 < one["site_reference_error"] < 40 for one in evidence)
    # Ordered for the same shortage, without AI: more than the plain mean, by a margin.
    assert all(one["reference_order"] > one["baseline"] for one in evidence)
    better = sum(one["site_error"] < one["site_reference_error"] for one in evidence)
    assert better > len(evidence) / 2
