"""The kit's ranking: points of open weights, a choice within the budget, and what another weight would change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.kit.ranking import Candidates, Criterion, Ranking, passed_over, share_beaten

COUNTS = st.integers(1, 8)


@st.composite
def rankings(draw: st.DrawFn) -> Ranking:
    count = draw(COUNTS)
    few = st.integers(0, 4).map(float)
    costs = np.array(draw(st.lists(few, min_size=count, max_size=count)))
    values = np.array(draw(st.lists(st.one_of(few, st.just(float("nan"))), min_size=2 * count, max_size=2 * count)))  # fmt: skip
    criteria = (Criterion("Besoin", draw(few)), Criterion("État", draw(few), higher_first=False))
    names = tuple(f"candidat {number}" for number in range(count))
    return Ranking(Candidates(names, costs, values.reshape(count, 2)), criteria, draw(few))


@given(rankings())
def test_the_choice_fits_in_the_budget_and_passes_nobody_over(ranking: Ranking) -> None:
    costs, chosen = ranking.candidates.costs, ranking.chosen
    assert costs[chosen].sum() <= ranking.budget
    assert not passed_over(ranking.score, costs, chosen, ranking.budget).any()
    left = ranking.budget - costs[chosen].sum()
    assert all(costs[~chosen] > left)
    assert ((ranking.score >= 0) & (ranking.score <= 100)).all()


@pytest.mark.requirement("R100")
@given(rankings())
def test_what_another_weight_changes_is_what_its_ranking_chooses(ranking: Ranking) -> None:
    names = np.array(ranking.candidates.names)
    for change in ranking.weight_changes():
        number = [one.label for one in ranking.criteria].index(change.criterion)
        other = ranking.with_weight(number, change.weight)
        before, after = set(names[ranking.chosen]), set(names[other.chosen])
        assert (set(change.entering), set(change.leaving)) == (after - before, before - after)


def test_points_are_those_that_one_counts_by_hand() -> None:
    values = np.array([[10.0, 3.0], [20.0, 3.0], [9000.0, float("nan")]])
    criteria = (Criterion("Besoin", 3), Criterion("État", 1, higher_first=False))
    ranking = Ranking(Candidates(("a", "b", "c"), np.array([5.0, 5.0, 5.0]), values), criteria, 10)
    assert ranking.points.tolist() == [[0, 12.5], [37.5, 12.5], [75, 12.5]]
    assert [ranking.candidates.names[row] for row in ranking.order] == ["c", "b", "a"]
    assert ranking.chosen.tolist() == [False, True, True]
    assert share_beaten(np.array([1.0, 1.0, 4.0])).tolist() == [0.25, 0.25, 1.0]


def test_who_is_left_out_for_one_with_fewer_points_is_seen() -> None:
    score, costs = np.array([9.0, 5.0, 7.0]), np.array([4.0, 4.0, 6.0])
    assert passed_over(score, costs, np.array([False, True, False]), 5).tolist() == [True, False, False]
