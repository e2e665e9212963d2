"""The kit's series, baselines, forecasts and judgement: on series whose truth is known, and never with a day of the future."""

from datetime import date, timedelta

import numpy as np
import pytest

from beffroi.systems.contract import GuardResult
from beffroi.systems.kit import baselines, forecasting, judging
from beffroi.systems.kit.series import Series, read_series, without_outliers

MONDAY = date(2024, 1, 1)
PROFILE = np.array([100.0, 120.0, 150.0, 90.0, 110.0, 200.0, 60.0])


def town(days: int = 730, places: int = 3, noise: float = 0.1, seed: int = 0) -> Series:
    rng = np.random.default_rng(seed)
    weekly = np.tile(PROFILE, days // 7 + 1)[:days]
    levels = np.array([1.0, 3.0, 0.5])[:places, None]
    return Series(("a", "b", "c")[:places], MONDAY, levels * weekly * rng.normal(1, noise, (places, days)))


def test_rows_of_one_place_and_day_are_added_and_days_without_a_row_are_not_known() -> None:
    series = read_series([("a", MONDAY, 2.0), ("a", MONDAY, 3.0), ("b", MONDAY + timedelta(2), 4.0)])
    np.testing.assert_array_equal(series.values, [[5.0, np.nan, np.nan], [np.nan, np.nan, 4.0]])
    assert (series.last, series.index(series.day(1)), list(series.weekdays)) == (
        date(2024, 1, 3),
        1,
        [0, 1, 2],
    )
    for rows in ([], [("a", date(1924, 1, 1), 1.0), ("a", MONDAY, 1.0)]):
        with pytest.raises(ValueError, match=r"row|days"):
            read_series(rows)


def test_a_value_far_beyond_its_neighbours_is_left_out() -> None:
    series = town(120)
    series.values[1, 60] *= 100
    kept, wrong = without_outliers(series)
    assert [(place, day) for place, day, _ in wrong] == [("b", series.day(60))]
    assert np.isnan(kept.values[1, 60]) and np.isfinite(kept.values).sum() == 359


@pytest.mark.parametrize("lead", [1, 7, 8, 14])
def test_a_baseline_knows_nothing_of_the_days_just_before(lead: int) -> None:
    series, spoiled = town(200), town(200)
    spoiled.values[:, 150:] = 1e6
    for way in (baselines.same_weekdays, baselines.last_days):
        before, after = way(series, lead), way(spoiled, lead)
        np.testing.assert_array_equal(before[:, : 150 + lead], after[:, : 150 + lead])
    # Four weeks of the same weekday, by hand.
    expected = np.mean([series.values[0, 150 - 7 * (-(-lead // 7) + week)] for week in range(4)])
    assert baselines.same_weekdays(series, lead)[0, 150] == pytest.approx(expected)


def test_forecasts_find_the_profile_and_never_see_the_future() -> None:
    series, start = town(), 600
    made = forecasting.roll(series, start, 7, {})
    truth = series.values[:, start:]
    error, plain = (
        judging.wape(truth, made[:, start:]),
        judging.wape(truth, baselines.same_weekdays(series, 7)[:, start:]),
    )
    assert error < plain
    spoiled = Series(series.places, series.first, series.values.copy())
    spoiled.values[:, 650:] *= 50
    np.testing.assert_allclose(forecasting.roll(spoiled, start, 7, {})[:, start:650], made[:, start:650])
    with pytest.raises(ValueError, match="days"):
        forecasting.fit(series.until(10), range(1, 8), {})


def test_an_effect_known_by_day_is_learned_for_each_place() -> None:
    series = town(noise=0.02)
    off = np.array([float((index // 14) % 4 == 3) for index in range(series.days)])
    series.values[0] *= 1 + 0.5 * off
    series.values[1] *= 1 - 0.3 * off
    truth = series.values[:, 600:]
    plain, with_it = (forecasting.roll(series, 600, 7, extra)[:, 600:] for extra in ({}, {"off": off}))
    assert judging.wape(truth, with_it) < 0.5 * judging.wape(truth, plain)


def test_intervals_hold_what_they_state_and_widen_when_they_do_not() -> None:
    series = town(noise=0.15)
    series.values[:, 660:] *= np.random.default_rng(1).normal(1, 0.3, series.values[:, 660:].shape)
    made = forecasting.roll(series, 500, 7, {})
    rolled = forecasting.roll_intervals(series.values, made, 560, 7)
    calm = slice(560, 660)
    inside = (rolled.low <= series.values) & (series.values <= rolled.high)
    assert 0.85 <= inside[:, calm].mean() <= 0.95
    width = rolled.high - rolled.low
    assert np.nanmean(width[:, 700:]) > 1.2 * np.nanmean(width[:, calm])


def judged(better: float, **more: object) -> judging.Judged:
    rng = np.random.default_rng(0)
    truth = rng.normal(100, 5, 300)
    error = rng.normal(0, 10, 300)
    return judging.Judged(
        truth, truth + better * error, truth + error, truth - 15, truth + 15, np.arange(300) // 10, ["a"] * 300, **more  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("better", "more", "verdict"),
    [
        (0.5, {}, "Recommandé"),
        (1.2, {}, "Ne pas utiliser ici"),
        (0.9, {"without_ai": {"Commande": np.full(300, 100.0)}}, "Une autre façon sans IA fait mieux"),
    ],
)
def test_the_verdict_says_who_does_better(better: float, more: dict[str, object], verdict: str) -> None:
    case = judged(better, **more)
    found = judging.score(
        "beffroi.systems.attendance", case, stated=0.9, test_period="hier", seed=0, training_rows=9,
        guards={"shortage": GuardResult(1.0, 2.0)},
    )  # fmt: skip
    assert verdict in found.verdict and found.recommended == (verdict == "Recommandé")
    assert found.value == pytest.approx(judging.wape(case.truth, case.system), abs=0.001)
    assert found.gain_interval is not None and (found.gain_interval[0] > 0) == (better < 1)
    assert (found.rows, set(found.groups), set(found.guards)) == (300, {"a"}, {"shortage"})


@pytest.mark.parametrize(("lucky", "sure"), [(False, True), (True, False)])
def test_a_gain_that_one_good_week_makes_is_measured_and_not_recommended(lucky: bool, sure: bool) -> None:
    week = np.arange(300) // 10
    # One week in thirty without an error and the others a little worse, or all of them a little better: 2 % in both.
    error = np.where(week == 0, 0.0, 98 * 30 / 29) if lucky else np.full(300, 98.0)
    truth = np.full(300, 1000.0)
    found = judging.score(
        "beffroi.systems.attendance",
        judging.Judged(truth, truth + error, truth + 100, truth - 200, truth + 200, week, ["a"] * 300),
        stated=0.9, test_period="hier", seed=0, training_rows=9,
    )  # fmt: skip
    assert (found.value, found.baseline) == pytest.approx((9.8, 10.0))
    assert found.gain_interval is not None and (found.gain_interval[0] > 0) is found.recommended is sure
    assert found.verdict.startswith("Recommandé" if sure else "Gain trop petit pour être sûr")
