"""Properties of `buildings` on any town: works within the budget and never worse than any other set, models that scale with the meter."""

from datetime import date, timedelta
from itertools import chain, combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.buildings import uncertainty, works
from beffroi.systems.buildings.days import Days, read_days
from beffroi.systems.buildings.energies import kwh_per_unit, normalize_energy
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.works import HEATING, OTHER, Candidate, Demand
from rings import costly
from support.work import counted

_NEEDS: Demand = {(row, part): 1000.0 * (row + 1) for row in range(4) for part in (HEATING, OTHER)}


@st.composite
def _candidates(draw: st.DrawFn) -> list[Candidate]:
    found = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        row = draw(st.integers(0, 3))
        low = draw(st.floats(0.01, 0.4))
        parts = draw(st.sampled_from((((row, HEATING),), ((row, OTHER),), ((row, HEATING), (row, OTHER)))))
        found.append(
            Candidate(
                number,
                f"Bâtiment {row}",
                "travaux",
                draw(st.floats(100, 50_000)),
                low,
                low + 0.1,
                parts,
                "tout",
            )
        )
    return found


@given(candidates=_candidates(), budget=st.floats(0, 120_000))
def test_the_choice_of_works_keeps_the_budget_and_no_other_set_saves_more(
    candidates: list[Candidate], budget: float
) -> None:
    chosen = works.choose_works(candidates, _NEEDS, budget, [])
    costs = {work.number: work.cost for work in candidates}

    def worth(numbers: frozenset[int]) -> float:
        return works.combined_saving([work for work in candidates if work.number in numbers], _NEEDS)

    def cost(numbers: frozenset[int]) -> float:
        return sum(costs[number] for number in numbers)

    assert chosen <= costs.keys() and cost(chosen) <= budget * (1 + 1e-9)
    # More works than are combined in one building: the best six are, and the run says so.
    if max(sum(work.building == other.building for other in candidates) for work in candidates) <= 6:
        sets = chain.from_iterable(combinations(costs, size) for size in range(len(costs) + 1))
        best = max(worth(frozenset(numbers)) for numbers in sets if cost(frozenset(numbers)) <= budget)
        assert worth(chosen) == pytest.approx(best, rel=1e-6)


def test_works_done_together_save_less_than_one_by_one() -> None:
    both = [Candidate(number, "A", "t", 1.0, 0.2, 0.4, ((0, HEATING),), HEATING) for number in (1, 2)]
    assert works.combined_saving(both, _NEEDS) == pytest.approx(1000 * (1 - 0.7**2))
    assert works.combined_saving(both, _NEEDS) < 2 * works.combined_saving(both[:1], _NEEDS)


def _days(count: int = 500) -> Days:
    first = date(2022, 1, 1)
    dates = [first + timedelta(n) for n in range(count)]
    temperature = 12 - 8 * np.cos(2 * np.pi * np.arange(count) / 365.25) + 2 * np.sin(np.arange(count))
    return read_days({"weather": pa.table({"date": dates, "temperature": temperature})}, first, dates[-1], [])


@costly
@given(times=st.floats(1e-3, 1e4), seed=st.integers(0, 1000))
def test_a_meter_read_in_another_unit_has_the_same_model(times: float, seed: int) -> None:
    days = _days()
    rng = np.random.default_rng(seed)
    kwh = (50 + 6 * np.maximum(15 - days.temperature, 0)) * np.exp(rng.normal(0, 0.1, len(days)))
    fitted = fit(np.stack([kwh, times * kwh]), np.ones((2, len(days))), days)
    expected = fitted.predict(days)
    np.testing.assert_allclose(expected[1], times * expected[0], rtol=1e-5)
    assert (expected >= 0).all()


def test_meters_fitted_together_are_as_if_each_were_fitted_separately() -> None:
    days = _days()
    rng = np.random.default_rng(1)
    kwh = np.stack(
        [
            (40 + 5 * np.maximum(t - days.temperature, 0)) * np.exp(rng.normal(0, 0.1, len(days)))
            for t in (12, 15, 18)
        ]
    )
    weight = np.ones(kwh.shape)
    together = fit(kwh, weight, days).predict(days)
    for row in range(3):
        np.testing.assert_allclose(
            fit(kwh[row : row + 1], weight[:1], days).predict(days)[0], together[row], rtol=1e-9
        )


def test_a_balance_point_and_a_slope_are_found_again() -> None:
    days = _days(730)
    rng = np.random.default_rng(3)
    kwh = 50 + 8 * np.maximum(15 - days.temperature, 0) + rng.normal(0, 3, len(days))
    fitted = fit(kwh[None], np.ones((1, len(days))), days)
    heat = fitted.heating(days)[0]
    true = 8 * np.maximum(15 - days.temperature, 0)
    assert fitted.heats[0]
    assert abs(heat.sum() / true.sum() - 1) < 0.1


def test_the_scale_of_errors_follows_what_is_expected_where_they_grow_with_it() -> None:
    days = _days(730)
    rng = np.random.default_rng(5)
    mean = 5 + 10 * np.maximum(16 - days.temperature, 0)
    fitted = fit((mean * np.exp(rng.normal(0, 0.2, len(days))))[None], np.ones((1, len(days))), days)
    assert uncertainty.learn_scale(fitted, days).power[0] >= 0.5


def test_days_that_resemble_each_other_make_a_sum_less_sure() -> None:
    rng = np.random.default_rng(6)
    alike = np.zeros((1, 700))
    for day in range(1, 700):
        alike[0, day] = 0.6 * alike[0, day - 1] + rng.normal()
    assert uncertainty.variance_inflation(rng.normal(size=(1, 700)))[0] < 1.6
    assert uncertainty.variance_inflation(alike)[0] > 3


@pytest.mark.parametrize(
    ("text", "energy"),
    [
        ("ELEC C5", "électricité"),
        ("Gaz nat.", "gaz"),
        ("Réseau de chaleur", "chaleur"),
        ("Fioul dom.", "fioul"),
        ("granulés", "bois"),
        ("solaire", "solaire"),
    ],
)
def test_energies_are_recognised_in_the_words_of_towns(text: str, energy: str) -> None:
    assert normalize_energy(text) == energy


def test_units_are_read_and_unknown_ones_are_not_guessed() -> None:
    assert kwh_per_unit("MWh", "gaz") == 1000
    assert kwh_per_unit("m3", "gaz") == pytest.approx(11.2)
    assert kwh_per_unit("m3", "chaleur") is None
    assert kwh_per_unit(None, "gaz") == 1


def test_all_meters_are_fitted_together_whatever_their_number() -> None:
    days = _days(730)

    def cost(meters: int) -> int:
        rng = np.random.default_rng(8)
        balance = rng.uniform(12, 18, (meters, 1))
        noise = np.exp(rng.normal(0, 0.1, (meters, len(days))))
        kwh = (40 + 5 * np.maximum(balance - days.temperature, 0)) * noise
        return counted(lambda: fit(kwh, np.ones(kwh.shape), days))[1]

    assert cost(200) == cost(20)
