"""Day of the calculation: forecast days, their lead times, and the warning when the meals are old."""

from datetime import date, timedelta

import pytest

from beffroi.systems.canteen import run
from beffroi.systems.canteen.history import History, read_history
from beffroi.systems.canteen.lead_times import MAX_LEAD, group_by_lead, group_families
from beffroi.systems.canteen.options import Options, read_options
from beffroi.systems.contract import BadInput
from systems.canteen_runs import town, with_rows


@pytest.fixture(scope="module")
def history() -> History:
    rows = [row for row in town()["attendance"].to_pylist() if row["date"] <= date(2024, 3, 5)]
    return read_history(with_rows(town(), "attendance", rows))


def _options(today: date | None, days: int = 10) -> Options:
    return Options(horizon=14, days=days, risk=0.01, today=today)


def test_without_a_day_the_days_after_the_last_known_one_are_forecast_at_the_delay_of_the_order(
    history: History,
) -> None:
    found = group_by_lead(history, _options(None))
    days = [day for group in found for day in group.days]
    assert days[0] == date(2024, 3, 7)
    assert all(group.lead >= 14 for group in found)


@pytest.mark.parametrize("gap", [1, 2, 9, 20, 45, 100])
def test_no_day_before_the_day_of_the_calculation_is_forecast_and_every_lead_is_real(
    history: History, gap: int
) -> None:
    today = history.days[-1] + timedelta(gap)
    found = group_by_lead(history, _options(today))
    days = [day for group in found for day in group.days]
    assert len(days) == 10 and days == sorted(set(days))
    assert min(days) >= today
    for group in found:
        assert max((day - history.days[-1]).days for day in group.days) == group.lead


def test_each_day_is_forecast_at_its_own_distance_and_near_ones_share_their_forests(history: History) -> None:
    found = group_by_lead(history, _options(date(2024, 3, 7)))
    assert [(group.lead, group.days) for group in found] == [
        ((day - date(2024, 3, 5)).days, (day,)) for group in found for day in group.days
    ]
    assert [group.lead for group in found][:3] == [2, 3, 6]
    assert len(group_families(found)) == 1


def test_sixty_days_are_forecast_at_twelve_distances_at_most_and_never_nearer_than_they_are(
    history: History,
) -> None:
    found = group_by_lead(history, _options(date(2024, 3, 7), days=60))
    assert len(found) <= 12
    assert len([day for group in found for day in group.days]) == 60
    for group in found:
        assert max((day - history.days[-1]).days for day in group.days) == group.lead
    far = [group.lead for family in group_families(found)[1:] for group in family]
    assert far and min(far) > 28


def test_in_one_run_the_nearest_days_use_the_last_meals_and_the_furthest_do_not_pretend_to() -> None:
    """Seventeen days of known meals were once ignored for tomorrow's order, because further days were asked with it."""
    last = date(2024, 3, 15)
    rows = [row for row in town()["attendance"].to_pylist() if row["date"] <= last]
    acts = run(with_rows(town(), "attendance", rows), {"today": "2024-03-18", "days": 8}, 0).proposals
    assert len({act.evidence["horizon_days"] for act in acts}) >= 7
    for act in acts:
        distance = act.day - last
        assert act.evidence["horizon_days"] == distance.days
        assert act.evidence["features"]["jours depuis le dernier repas connu"] == distance.days
        latest = max(date.fromisoformat(day) for day in act.evidence["last_comparable"])
        assert last - latest < timedelta(7)  # the same weekday of the last known week


def test_meals_known_too_long_ago_are_refused_with_their_date(history: History) -> None:
    with pytest.raises(BadInput, match=r"Les derniers repas connus datent du 05/03/2024"):
        group_by_lead(history, _options(history.days[-1] + timedelta(MAX_LEAD)))


def test_meals_dated_from_the_day_of_the_calculation_on_are_left_out_and_reported() -> None:
    history = read_history(town(), date(2024, 5, 13))
    assert history.days[-1] < date(2024, 5, 13)
    assert any("jour du calcul, ou d’après" in note for note in history.notes)


def test_old_meals_are_reported_with_the_distance_that_was_measured() -> None:
    rows = [row for row in town()["attendance"].to_pylist() if row["date"] <= date(2024, 3, 5)]
    outcome = run(with_rows(town(), "attendance", rows), {"today": "2024-05-13", "days": 2}, 0)
    assert outcome.table["date"].to_pylist()[0] == date(2024, 5, 13)
    assert set(outcome.table["lead"].to_pylist()) == {69, 70}
    assert any("porte à plus de 14 jours" in note for note in outcome.notes)


def test_days_too_far_for_a_short_history_are_left_out_and_the_nearer_ones_are_forecast() -> None:
    rows = [row for row in town()["attendance"].to_pylist() if row["date"] >= date(2024, 2, 1)]
    outcome = run(with_rows(town(), "attendance", rows), {"today": "2024-07-04", "days": 3}, 0)
    assert set(outcome.table["date"].to_pylist()) == {date(2024, 7, 4)}
    assert any("Les jours du 02/09/2024 au 03/09/2024 ne sont pas prévus" in note for note in outcome.notes)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_absent_day_is_no_day(empty: str | None) -> None:
    assert read_options({"today": empty}).today is None


def test_a_day_that_is_none_is_refused_in_french() -> None:
    with pytest.raises(BadInput, match=r"année-mois-jour"):
        read_options({"today": "demain"})
