"""Feasibility intervals of hidden sums: equal to another solver's, with the known sums that bind them."""

import ctypes
from collections.abc import Sequence
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from beffroi.quiet_highs import QuietHighs
from beffroi.recipes import intervals as solver
from beffroi.recipes.intervals import KnownSum, Target, TooLarge, feasible_interval, feasible_intervals


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, ...]], tuple[int, ...]]:
    size = draw(st.integers(2, 7))
    truth = draw(st.lists(st.integers(0, 30), min_size=size, max_size=size))
    some = st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True).map(tuple)
    return truth, draw(st.lists(some, min_size=1, max_size=6)), draw(some)


def bounds_by_another_solver(
    truth: Sequence[float], known: Sequence[KnownSum], members: tuple[int, ...], lower: float = 0.0
) -> tuple[float, float]:
    objective = np.array([float(n in members) for n in range(len(truth))])
    equations = np.array([[float(n in one.members) for n in range(len(truth))] for one in known])
    equal = {"A_eq": equations, "b_eq": equations @ np.array(truth)} if known else {}
    lowest, highest = (linprog(sign * objective, **equal, bounds=(lower, None)) for sign in (1.0, -1.0))
    return lowest.fun, inf if highest.status else -highest.fun


@given(systems())
def test_the_bounds_are_those_of_another_solver(
    drawn: tuple[list[int], list[tuple[int, ...]], tuple[int, ...]],
) -> None:
    truth, members, target = drawn
    known = [KnownSum(one) for one in members]
    assert feasible_interval(truth, known, target) == pytest.approx(
        bounds_by_another_solver(truth, known, target), abs=1e-5
    )


@st.composite
def tagged_systems(draw: st.DrawFn) -> tuple[list[float], float, list[KnownSum], list[Target]]:
    """Sums known once, twice or reduced to the same unknowns by single cells; some that nobody may withdraw."""
    size = draw(st.integers(2, 7))
    lower = draw(st.sampled_from([0.0, -3.0]))
    truth = draw(st.lists(st.integers(int(lower), 9).map(float), min_size=size, max_size=size))
    some = st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True).map(tuple)
    members = draw(st.lists(some, min_size=1, max_size=6))
    members += draw(
        st.lists(st.sampled_from(members) | st.integers(0, size - 1).map(lambda n: (n,)), max_size=3)
    )
    lasting = draw(st.sets(st.integers(0, len(members) - 1), max_size=2))
    known = [KnownSum(one, None if n in lasting else n) for n, one in enumerate(members)]
    return (
        truth,
        lower,
        known,
        [Target(one, inf, inf) for one in draw(st.lists(some, min_size=1, max_size=4))],
    )


@given(tagged_systems())
def test_who_lacks_every_sum_that_is_not_named_has_the_same_interval(
    drawn: tuple[list[float], float, list[KnownSum], list[Target]],
) -> None:
    truth, lower, known, targets = drawn
    for target, found in zip(targets, feasible_intervals(truth, known, targets, lower=lower), strict=True):
        left = [one for one in known if one.tag is None or one.tag in found.binding]
        assert bounds_by_another_solver(truth, left, target.members, lower) == pytest.approx(
            (found.low, found.high), abs=1e-5
        )


@pytest.mark.parametrize("lasting", [(), (0, 2, 3, 4)])
def test_a_cell_that_two_copies_of_a_sum_were_reduced_by_is_named(lasting: tuple[int, ...]) -> None:
    # Counted twice, by each copy of the sum of all, cell 1 would cancel out with the sums (3, 1) and (4, 1).
    sums = [(0, 1, 2, 3, 4), (1,), (3, 1), (4, 1), (0, 1, 2, 3, 4)]
    known = [KnownSum(members, None if tag in lasting else tag) for tag, members in enumerate(sums)]
    (found,) = feasible_intervals([0, 0, 0, 1, 1], known, [Target((0,), inf, inf)])
    assert (found.low, found.high) == (0, 0)
    assert found.binding == {0, 1, 2, 3, 4} - set(lasting)
    without = [one for one in known if one.tag != 1]
    assert feasible_interval([0, 0, 0, 1, 1], without, (0,)) == (0, 1)


def test_a_copy_that_nobody_may_withdraw_frees_the_cells_of_the_others() -> None:
    # 0 + 1 is known for ever; that it can be had from 0 + 1 + 2 and 2 as well binds nothing.
    known = [KnownSum((0, 1)), KnownSum((0, 1, 2), 1), KnownSum((2,), 2)]
    (found,) = feasible_intervals([3, 4, 5], known, [Target((0,), inf, inf)])
    assert (found.low, found.high, found.binding) == (0, 7, frozenset())


def test_one_total_hides_each_of_two_behind_the_other() -> None:
    assert feasible_interval([3, 9], [KnownSum((0, 1))], (0,)) == (0, 12)
    assert feasible_interval([3, 9], [KnownSum((0, 1)), KnownSum((1,))], (0,)) == (3, 3)
    assert feasible_interval([3, 9], [], (0,)) == (0, inf)


def test_rows_and_columns_together_narrow_more_than_either() -> None:
    # A square of four cells, one of them empty for all to see: its margins give the others back.
    margins = [(0, 1), (2,), (0, 2), (1,)]
    assert feasible_interval([20, 1, 20], [KnownSum(members) for members in margins], (1,)) == (1, 1)


def test_a_system_too_large_to_solve_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MAX_UNKNOWNS", 3)
    ring = [KnownSum((n, (n + 1) % 4)) for n in range(4)]
    with pytest.raises(TooLarge):
        feasible_interval([5, 5, 5, 5], ring, (0,))


def test_the_work_of_several_questions_is_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MAX_WORK", 2 * 4 * 4)
    ring, budget = [KnownSum((n, (n + 1) % 4)) for n in range(4)], solver.Budget()
    targets = [Target((0,), inf, inf)]
    (first,) = feasible_intervals([5, 5, 5, 5], ring, targets, budget=budget)
    assert (first.low, first.high) == (0, 10)
    with pytest.raises(TooLarge):
        feasible_intervals([5, 5, 5, 5], ring, targets, budget=budget)


def test_the_solver_writes_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    highs = QuietHighs(threads=1)
    highs.addVars(1, np.zeros(1), np.ones(1))
    highs.run()
    ctypes.CDLL(None).fflush(None)  # what its library still holds
    assert capfd.readouterr() == ("", "")
