"""Properties of `canteen` on any figures: margins, intervals and combinations."""

import itertools
from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.canteen import bookings
from beffroi.systems.canteen.gaps import note_gaps
from beffroi.systems.canteen.model import Predictions
from beffroi.systems.canteen.rolling import Calibration, margin, shortage, surplus
from beffroi.systems.canteen.tradeoff import trades_at_lead
from beffroi.systems.kit.calendar import Calendar

_seeds = st.integers(0, 10_000)
_risks = st.floats(0.001, 0.1)


def _calibration(seed: int, rows: int = 200, days: int = 40) -> Calibration:
    rng = np.random.default_rng(seed)
    middle = rng.uniform(5, 300, rows)
    meals = np.maximum(1, middle * np.exp(rng.normal(0, 0.1, rows)))
    above, below = middle * rng.uniform(0.02, 0.2, (2, rows))
    ordinal = np.sort(rng.integers(738_000, 738_000 + days, rows))
    return Calibration(
        meals, Predictions(middle, above, below), ordinal, middle * 1.05, ordinal % 3, middle, middle
    )


@given(_seeds, _risks, _risks)
def test_the_margin_is_the_smallest_that_keeps_the_shortage_and_grows_as_risk_falls(
    seed: int, one: float, other: float
) -> None:
    calibration = _calibration(seed)
    middle, room = calibration.predictions.middle, calibration.predictions.room
    low, high = sorted((one, other))
    assert calibration.margin(low) >= calibration.margin(high)
    k = calibration.margin(low)
    assert shortage(calibration.meals, middle + k * room) <= low
    if k > -4.9:
        assert shortage(calibration.meals, middle + (k - 1e-3) * room) > low
    assert margin(calibration.meals, middle, room, low) == k


@given(_seeds)
def test_less_risk_is_never_less_surplus(seed: int) -> None:
    found = trades_at_lead(_calibration(seed), (0.005, 0.01, 0.02, 0.05))
    assert all(left.surplus >= right.surplus for left, right in itertools.pairwise(found))


@given(_seeds)
def test_the_interval_covers_its_stated_share_on_its_calibration_rows_and_totals_have_one(seed: int) -> None:
    calibration = _calibration(seed)
    below, above = calibration.factors()
    low = calibration.predictions.middle - below * calibration.predictions.below
    high = calibration.predictions.middle + above * calibration.predictions.above
    assert ((calibration.meals >= low) & (calibration.meals <= high)).mean() >= 0.9
    for days in (1, 5):
        least, most = calibration.total_factors(days)
        assert least <= most


@given(_seeds, st.floats(0.2, 3.0))
def test_bookings_move_the_forecast_towards_them_and_never_past_them(seed: int, ratio: float) -> None:
    calibration = _calibration(seed)
    booked_meals = calibration.predictions.middle * ratio
    booked_meals[::3] = np.nan
    found = bookings.learn_link(
        calibration.meals, calibration.predictions, booked_meals, np.arange(len(booked_meals))
    )
    assert found is not None and 0 <= found.weight <= 1 and 0 < found.spread <= 1
    joined = bookings.combine(calibration.predictions, booked_meals, found)
    known = np.isfinite(booked_meals)
    between = np.sort(np.stack([calibration.predictions.middle[known], booked_meals[known]]), axis=0)
    assert ((joined.middle[known] >= between[0] - 1e-9) & (joined.middle[known] <= between[1] + 1e-9)).all()
    np.testing.assert_array_equal(joined.middle[~known], calibration.predictions.middle[~known])
    assert (joined.room > 0).all()


@given(_seeds, st.floats(0, 3))
def test_surplus_less_shortage_is_what_was_ordered_beyond_what_was_served(seed: int, factor: float) -> None:
    calibration = _calibration(seed)
    order = calibration.predictions.middle * factor
    balance = surplus(calibration.meals, order) - shortage(calibration.meals, order)
    assert (
        balance == np.float64((order - calibration.meals).sum() / calibration.meals.sum()).__float__()
        or abs(balance - (order - calibration.meals).sum() / calibration.meals.sum()) < 1e-9
    )


@given(st.integers(25, 60))
def test_a_gap_of_a_month_is_reported_and_a_complete_year_is_not(hole: int) -> None:
    days = [date(2023, 9, 4) + timedelta(step) for step in range(200)]
    days = [day for day in days if day.weekday() < 5]
    calendar = Calendar((), frozenset(), frozenset())
    begin = date(2023, 11, 6)
    left = tuple(day for day in days if not begin <= day < begin + timedelta(hole))
    assert note_gaps(("A",), tuple(days), np.ones((1, len(days))), calendar) == []
    (note,) = note_gaps(("A",), left, np.ones((1, len(left))), calendar)
    assert "1 période d’école sans aucune ligne" in note
