"""Feasibility intervals of hidden sums: equal to another solver's, with the known sums that bind them."""

import ctypes
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


@given(systems())
def test_the_bounds_are_those_of_another_solver(
    drawn: tuple[list[int], list[tuple[int, ...]], tuple[int, ...]],
) -> None:
    truth, known, target = drawn
    equations = np.array([[float(n in members) for n in range(len(truth))] for members in known])
    sums = equations @ np.array(truth, dtype=float)
    objective = np.array([float(n in target) for n in range(len(truth))])
    expected = []
    for sign in (1.0, -1.0):
        solved = linprog(sign * objective, A_eq=equations, b_eq=sums, bounds=(0, None))
        expected.append(sign * solved.fun if solved.status == 0 else inf)
    assert feasible_interval(truth, [KnownSum(members) for members in known], target) == pytest.approx(
        expected, abs=1e-5
    )


@given(systems())
def test_without_binding_tags_no_withdrawal_widens_the_interval(
    drawn: tuple[list[int], list[tuple[int, ...]], tuple[int, ...]],
) -> None:
    truth, known, target = drawn
    tagged = [KnownSum(members, tag) for tag, members in enumerate(known)]
    wanted = Target(target, inf, inf)
    (found,) = feasible_intervals(truth, tagged, [wanted])
    binding = [one for one in tagged if one.tag in found.binding]
    # What is not blamed may be forgotten: the bounds do not move.
    (again,) = feasible_intervals(truth, binding, [wanted])
    if found.high < inf:
        lost = [again.low - found.low, again.high - found.high]
        assert lost == pytest.approx([0, 0], abs=1e-5)


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
