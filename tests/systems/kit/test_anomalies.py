"""A value that leaves its weekday's usual is seen, a season is not; the judgement counts planted faults."""

import math
from datetime import date

import numpy as np
import pytest

from beffroi.systems.contract import BadInput
from beffroi.systems.kit import anomalies
from beffroi.systems.kit.series import Series


def year(days: int = 364, noise: float = 0.04, seed: int = 0) -> Series:
    rng = np.random.default_rng(seed)
    index = np.arange(days)
    week = np.array([1.0, 0.9, 1.1, 1.0, 1.0, 0.5, 0.2])[index % 7]
    season = 1 + 0.3 * np.cos(2 * math.pi * index / 365)
    values = 200 * week * season * rng.normal(1, noise, (2, days))
    return Series(("A", "B"), date(2024, 1, 1), values)


def test_a_season_and_a_week_are_usual_and_a_quarter_less_on_one_day_is_not() -> None:
    series = year()
    assert float(np.nanmean(np.abs(anomalies.deviations(series).scores) > 5)) < 0.01
    values = series.values.copy()
    values[0, 300] *= 0.7
    scores = anomalies.deviations(Series(series.places, series.first, values)).scores
    assert scores[0, 300] < -4
    assert abs(scores[1, 300]) < 4


def test_a_deviation_leans_on_earlier_days_alone() -> None:
    series = year()
    values = series.values.copy()
    values[:, 301:] = 9_999.0
    later = anomalies.deviations(Series(series.places, series.first, values)).scores
    assert np.array_equal(later[:, :301], anomalies.deviations(series).scores[:, :301], equal_nan=True)


def test_places_that_measure_nothing_for_weeks_have_no_alert() -> None:
    values = year().values.copy()
    values[0, 100:200] = np.nan
    values[1] = 0.0
    scores = anomalies.deviations(Series(("A", "B"), date(2024, 1, 1), values)).scores
    assert not np.isfinite(scores[0, 100:214]).any()
    assert not (np.abs(scores[1]) > 5).any()


def test_planted_faults_are_found_better_than_by_hand_and_too_few_days_are_refused() -> None:
    score = anomalies.judge("beffroi.systems.attendance", year(), 5, seed=0)
    assert score.value > 60 > score.baseline
    assert score.recommended
    with pytest.raises(BadInput, match="trois mois"):
        anomalies.judge("beffroi.systems.attendance", year(60), 5, seed=0)


def test_a_weekly_closing_day_does_not_silence_the_ways_without_ai() -> None:
    values = year().values.copy()
    values[:, 6::7] = np.nan
    score = anomalies.judge(
        "beffroi.systems.attendance", Series(("A", "B"), date(2024, 1, 1), values), 5, seed=0
    )
    assert all(figure > 0 for figure in score.without_ai.values())


def test_a_service_open_five_days_is_judged_through_a_month_of_holidays() -> None:
    values = year().values.copy()
    values[:, 5::7] = values[:, 6::7] = np.nan  # closed at the week-end
    values[:, [280, 281, 287, 288]] = np.nan  # and four more days of a fortnight
    scores = anomalies.deviations(Series(("A", "B"), date(2024, 1, 1), values)).scores
    assert np.isfinite(scores[:, 289:292]).all()


def test_days_left_out_are_not_judged_and_wider_faults_are_easier_to_find() -> None:
    series, half = year(noise=0.3), np.zeros((2, 364), dtype=bool)
    half[:, 300:] = True
    narrow = anomalies.judge("beffroi.systems.attendance", series, 4, seed=0)
    wide = anomalies.judge("beffroi.systems.attendance", series, 4, seed=0, lower=(0, 0.1), higher=(3, 5))
    assert wide.value > narrow.value
    assert anomalies.judge("beffroi.systems.attendance", series, 4, seed=0, left_out=half).rows < narrow.rows
