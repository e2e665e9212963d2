"""The kit's probabilistic forecasts and their judgement: on draws whose distribution is known, and never with what was not learned."""

from datetime import date

import numpy as np
import pytest

from beffroi.systems.kit import baselines, judging, probabilistic, scoring, series
from beffroi.systems.kit.calibration import least_cost
from beffroi.systems.kit.ensemble_judging import JudgedDays, median_skill
from beffroi.systems.kit.series import Series, last_known, trailing_mean, without_spikes

NAN = float("nan")


def draws(places: int = 3, days: int = 600) -> tuple[np.ndarray, ...]:
    """Columns, what the size of the errors depends on, the truth and the years."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(places, days, 2))
    size = np.exp(0.5 * columns[:, :, :1])
    truth = 2 * columns[:, :, 0] - columns[:, :, 1] + size[:, :, 0] * rng.normal(size=(places, days))
    return columns, columns[:, :, :1], truth, np.arange(days) // 100


def test_the_crps_is_the_error_of_one_member_and_the_mean_over_pairs_of_many() -> None:
    rng = np.random.default_rng(1)
    members, truth = rng.normal(size=(2, 4, 7)), rng.normal(size=(2, 4))
    pairs = np.abs(members[..., None] - members[..., None, :]).mean(axis=(2, 3))
    np.testing.assert_allclose(
        scoring.crps(members, truth), np.abs(members - truth[..., None]).mean(axis=2) - pairs / 2
    )
    padded = np.concatenate([members, np.full((2, 4, 3), NAN)], axis=2)
    np.testing.assert_allclose(scoring.crps(padded, truth), scoring.crps(members, truth))
    np.testing.assert_allclose(scoring.crps(members[..., :1], truth), np.abs(members[..., 0] - truth))
    assert np.isnan(scoring.crps(np.full((1, 1, 3), NAN), np.ones((1, 1)))).all()


def test_skill_is_counted_on_the_days_that_both_know() -> None:
    own, other = np.array([[1.0, 1.0, NAN]]), np.array([[2.0, NAN, 50.0]])
    np.testing.assert_allclose(scoring.skill(own, other), [0.5])


def test_quantiles_hold_the_truth_as_often_as_they_say_where_errors_differ_in_size() -> None:
    columns, spread, truth, years = draws()
    learned = np.arange(600) < 400
    made = probabilistic.quantiles(columns, spread, truth, years, learned)[:, 400:]
    low, high = (np.quantile(made, share, axis=2) for share in (0.05, 0.95))
    inside = (low <= truth[:, 400:]) & (truth[:, 400:] <= high)
    calm = columns[:, 400:, 0] < 0
    for group in (calm, ~calm):
        assert inside[group].mean() == pytest.approx(0.9, abs=0.05)
    assert (high - low)[~calm].mean() > 1.5 * (high - low)[calm].mean()


def test_what_was_not_learned_changes_nothing_and_too_little_says_nothing() -> None:
    columns, spread, truth, years = draws()
    learned, other = np.arange(600) < 400, truth.copy()
    other[:, 400:] += 100
    made = [probabilistic.quantiles(columns, spread, one, years, learned) for one in (truth, other)]
    np.testing.assert_array_equal(*made)
    truth[0, 30:] = NAN
    made_few = probabilistic.quantiles(columns, spread, truth, years, learned)
    assert np.isnan(made_few[0]).all() and np.isfinite(made_few[1:]).all()
    assert np.isnan(probabilistic.quantiles(columns, spread, truth, np.zeros(600, int), learned)).all()


def test_the_chance_of_a_limit_is_read_between_quantiles() -> None:
    ordered = np.linspace(1.0, 2.0, len(probabilistic.SHARES))
    assert probabilistic.probability_below(ordered, 1.5) == pytest.approx(0.5)
    assert 0 < probabilistic.probability_below(ordered, 0.0) < 0.02
    assert 0.98 < probabilistic.probability_below(ordered, 9.0) < 1


def test_same_days_are_of_other_years_known_before() -> None:
    first = date(2000, 1, 1)
    leap = (date(2004, 2, 29) - first).days
    found = baselines.same_days_of_other_years(first, np.array([leap, 10]), (date(2003, 6, 1) - first).days)
    days = [[date.fromordinal(first.toordinal() + day) for day in row if day >= 0] for row in found.tolist()]
    assert days[0] == [date(year, 2, 28) for year in range(2000, 2004)]
    assert days[1] == [date(year, 1, 11) for year in (2001, 2002, 2003)]


def test_a_spike_is_left_out_and_a_flood_is_not() -> None:
    values = np.array([[1.0, 1, 1, 90, 1, 1, 1, 5, 40, 60, 30, 10]])
    kept, wrong = without_spikes(Series(("a",), date(2024, 1, 1), values), 12.0)
    assert [value for _, _, value in wrong] == [90.0] and np.isnan(kept.values).sum() == 1


def test_means_and_last_values_pass_over_gaps() -> None:
    values = np.array([[1.0, NAN, 3.0, NAN, NAN, NAN]])
    np.testing.assert_allclose(trailing_mean(values.T, 2).T, [[1, 1, 3, 3, NAN, NAN]])
    np.testing.assert_allclose(last_known(values, 3), [[1, 1, 3, 3, 3, NAN]])


def test_the_lowest_mean_ahead_is_of_days_wholly_within_the_horizon() -> None:
    flow = np.concatenate([np.full(5, 1.0), np.full(40, 8.0)])[None, :]
    flow[0, 20:30] = 3.0
    found = series.lowest_mean_ahead(flow, 10, (10, 30))
    assert (found[0, 4], found[0, 14]) == (3.0, 3.0) and np.isnan(found[0, 15])
    assert found[0, 0] == 3.0
    assert series.lowest_mean_ahead(flow, 10, (10, 12))[0, 0] == pytest.approx((4 * 1 + 6 * 8) / 10)


def test_rain_is_remembered_the_less_the_older_it_is() -> None:
    rain = np.zeros((50, 1))
    rain[10] = 1.0
    short, long = series.decayed_means(rain, (2, 20))[:, :, 0]
    assert short[10] > long[10] and short[20] < long[20]
    assert long[30] / long[10] == pytest.approx(np.exp(-1), rel=0.05)


def test_values_beside_a_series_are_those_of_its_days_and_places() -> None:
    known, day = Series(("a", "b"), date(2024, 1, 1), np.zeros((2, 2))), date(2024, 1, 2)
    rows = [("b", day, [3.0, None]), ("c", day, [9.0, 9.0]), ("a", date(2024, 1, 3), [9.0, 9.0])]
    found = series.read_aligned(rows, known, 2)
    assert found[0, 1, 1] == 3.0 and np.isfinite(found).sum() == 1


def test_an_ensemble_is_judged_beside_the_same_days_of_years_known_before() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(1, 2, (2, 4 * 366))
    judged_days = JudgedDays(Series(("a", "b"), date(2020, 1, 1), values), np.arange(1100, 1400, 7), 1096)
    usual = judged_days.usual(values, 30)
    later = np.where(np.arange(values.shape[1]) < 1096 - 30, values, NAN)
    members = baselines.climatology(later, date(2020, 1, 1), judged_days.days, 1096)
    np.testing.assert_array_equal(usual, judged_days.losses(members, values))
    perfect = values[:, judged_days.days, None]
    assert median_skill(judged_days.losses(perfect, values), usual) == 100.0
    assert (
        judged_days.inside(perfect, values, 0.9).all()
        and not judged_days.inside(perfect - 1, values, 0.9).any()
    )
    assert np.isfinite(judged_days.in_months(usual, {1})).sum() == 2 * 4
    assert median_skill(usual, np.full_like(usual, NAN)) == 0.0


def test_a_calibration_finds_the_parameters_of_each_place_and_stays_in_their_bounds() -> None:
    truth, low, high = np.array([[0.2, 0.9], [3.0, -5.0]]), np.array([0.0, -2.0]), np.array([1.0, 4.0])
    found = least_cost(lambda tried: ((tried - truth[:, None]) ** 2).sum(axis=0), low, high, 2, 0)
    np.testing.assert_allclose(found, [[0.2, 0.9], [3.0, -2.0]], atol=0.05)


def test_a_way_that_halves_the_loss_is_recommended_and_one_that_another_way_beats_is_not() -> None:
    rng = np.random.default_rng(0)
    usual = rng.uniform(1, 2, (3, 200))
    losses = judging.Losses(("a", "b", "c"), usual / 2, usual, np.ones_like(usual), np.arange(200) // 10)
    score = judging.skill_score(
        "beffroi.systems.drought", losses, stated=0.9, test_period="", seed=0, training_rows=1
    )
    assert (score.value, score.baseline, score.recommended) == (50.0, 0.0, True)
    assert score.gain_interval == (50.0, 50.0) and set(score.groups.values()) == {50.0}
    better = judging.Losses(
        ("a", "b", "c"), usual / 2, usual, np.ones_like(usual), np.arange(200) // 10, {"à la main": usual / 4}
    )
    beaten = judging.skill_score(
        "beffroi.systems.drought", better, stated=0.9, test_period="", seed=0, training_rows=1
    )
    assert not beaten.recommended and "Une autre façon sans IA fait mieux (75,0)" in beaten.verdict


@pytest.mark.parametrize(("lucky", "sure"), [(False, True), (True, False)])
def test_a_gain_that_one_good_season_makes_is_measured_and_not_recommended(lucky: bool, sure: bool) -> None:
    usual = np.ones((3, 200))
    season = np.arange(200) // 20
    # One season in ten much better and the others a little worse, or all of them a little better: 5 % in both.
    own = np.where(season == 0, 0.05, 1.05) if lucky else np.full(200, 0.95)
    losses = judging.Losses(("a", "b", "c"), np.tile(own, (3, 1)), usual, np.ones_like(usual), season)
    score = judging.skill_score(
        "beffroi.systems.drought", losses, stated=0.9, test_period="", seed=0, training_rows=1
    )
    assert score.value == pytest.approx(5.0) and score.gain_interval is not None
    assert (score.gain_interval[0] > 0) is score.recommended is sure
    assert score.verdict.startswith("Recommandé" if sure else "Gain trop petit pour être sûr")


def test_a_way_that_loses_as_much_as_the_reference_is_not_recommended() -> None:
    usual = np.random.default_rng(0).uniform(1, 2, (3, 200))
    losses = judging.Losses(("a", "b", "c"), usual, usual, np.ones_like(usual), np.arange(200) // 20)
    score = judging.skill_score(
        "beffroi.systems.drought", losses, stated=0.9, test_period="", seed=0, training_rows=1
    )
    assert (score.value, score.recommended) == (0.0, False)
    assert score.verdict.startswith("Ne pas utiliser ici") and "aussi bien" in score.verdict
