"""The kit's matching, on drawn markets: stable by the definition, the best of all stable ones, and fair to who gains points."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.kit.arrays import Rows
from beffroi.systems.kit.plans.matching import (
    NONE,
    Market,
    deferred_acceptance,
    one_by_one,
    wish_by_wish,
)
from beffroi.systems.kit.plans.stability import verify


@st.composite
def markets(draw: st.DrawFn, candidates: int = 9, places: int = 4) -> Market:
    count, capacities = draw(st.integers(1, candidates)), draw(st.lists(st.integers(0, 3), min_size=1, max_size=places))  # fmt: skip
    ranks = len(capacities)
    wishes = np.full((count, ranks), NONE)
    for candidate in range(count):
        chosen = draw(st.permutations(range(ranks)))[: draw(st.integers(0, ranks))]
        wishes[candidate, : len(chosen)] = chosen
    few = st.integers(0, 3).map(float)  # ties are frequent
    scores = np.array(draw(st.lists(few, min_size=count * ranks, max_size=count * ranks)))
    order = np.array(draw(st.permutations(range(count))))
    return Market(wishes, scores.reshape(count, ranks), order, np.array(capacities))


def blocking_pairs(market: Market, assigned: Rows) -> set[tuple[int, int]]:
    """By the words of the definition, candidate by candidate: it calls nothing of the kit."""
    holders: dict[int, list[int]] = {place: [] for place in range(len(market.capacities))}
    for candidate, place in enumerate(assigned):
        if place != NONE:
            holders[int(place)].append(candidate)

    def priority(candidate: int, place: int) -> tuple[float, int]:
        rank = list(market.wishes[candidate]).index(place)
        return -market.scores[candidate, rank], int(market.order[candidate])

    found = set()
    for candidate, wishes in enumerate(market.wishes):
        for place in (int(wish) for wish in wishes if wish != NONE):
            if place == assigned[candidate]:
                break
            if len(holders[place]) < market.capacities[place] or any(
                priority(candidate, place) < priority(other, place) for other in holders[place]
            ):
                found.add((candidate, place))
    return found


def within_capacities(market: Market, assigned: Rows) -> bool:
    taken = np.bincount(assigned[assigned != NONE], minlength=len(market.capacities))
    return bool((taken <= market.capacities).all())


@given(markets())
def test_deferred_acceptance_is_stable_and_gives_no_place_twice(market: Market) -> None:
    assigned = deferred_acceptance(market)
    assert blocking_pairs(market, assigned) == set()
    assert within_capacities(market, assigned)
    assert all(place in (NONE, *wishes) for place, wishes in zip(assigned, market.wishes, strict=True))
    assert verify(market, assigned).stable


@given(markets(candidates=4, places=3))
def test_each_candidate_has_the_best_that_any_stable_matching_gives(market: Market) -> None:
    options = [[NONE, *dict.fromkeys(int(wish) for wish in wishes if wish != NONE)] for wishes in market.wishes]  # fmt: skip
    every = (np.array(one) for one in product(*options))
    stable = [one for one in every if within_capacities(market, one) and not blocking_pairs(market, one)]
    ranks = [market.rank_of(one) for one in stable]
    best = [min((rank[candidate] for rank in ranks if rank[candidate] != NONE), default=NONE) for candidate in range(len(market.wishes))]  # fmt: skip
    assert market.rank_of(deferred_acceptance(market)).tolist() == best


@given(markets(), st.data())
def test_more_points_never_harm_who_has_them(market: Market, data: st.DataObject) -> None:
    candidate = data.draw(st.integers(0, len(market.wishes) - 1))
    more = data.draw(st.sampled_from([1.0, 2.5, 10.0]))
    scores = market.scores.copy()
    scores[candidate] += more
    before, after = (
        m.rank_of(deferred_acceptance(m))[candidate] for m in (market, replace(market, scores=scores))
    )
    assert before == NONE or 0 <= after <= before


@given(markets(), st.data())
def test_the_checker_finds_what_the_definition_finds(market: Market, data: st.DataObject) -> None:
    """On any matching within capacities, those made by hand among them."""
    made = data.draw(st.sampled_from(["wish by wish", "one by one", "nobody"]))
    turns = np.array(data.draw(st.permutations(range(len(market.wishes)))))
    assigned = {
        "wish by wish": wish_by_wish(market),
        "one by one": one_by_one(market, turns),
        "nobody": np.full(len(turns), NONE),
    }[made]
    found, expected = verify(market, assigned), blocking_pairs(market, assigned)
    assert within_capacities(market, assigned) and found.above_capacity == found.not_wished == 0
    assert found.blocking == len(expected)
    assert set(np.flatnonzero(found.passed_over)) == {candidate for candidate, _ in expected}


def test_the_checker_sees_a_place_given_twice_or_not_wished() -> None:
    market = Market(np.array([[0], [0], [1]]), np.array([1.0, 2.0, 3.0]), np.arange(3), np.array([1, 0]))
    found = verify(market, np.array([0, 0, 0]))
    assert (found.above_capacity, found.not_wished, found.stable) == (1, 1, False)


def test_one_number_of_points_a_candidate_serves_every_wish() -> None:
    market = Market(np.array([[0, 1], [0, 1], [0, 1]]), np.array([5.0, 9.0, 5.0]), np.array([2, 1, 0]), np.array([1, 1]))  # fmt: skip
    assert deferred_acceptance(market).tolist() == [NONE, 0, 1]
    assert deferred_acceptance(replace(market, wishes=np.empty((3, 0), dtype=np.int64))).tolist() == [NONE] * 3  # fmt: skip
