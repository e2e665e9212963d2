"""Invariants of the optimisers of sectors on drawn problems: proofs, connectivity, bounds."""

import itertools

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from beffroi.systems.kit.plans import flow
from beffroi.systems.kit.plans.sectors import bound, connectivity, longest_walk, search
from beffroi.systems.kit.plans.sectors.problem import Problem, parts
from beffroi.systems.kit.plans.sectors.swaps import descend
from beffroi.systems.school_map import checker
from rings import costly


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(3, 40))
def test_the_seating_is_feasible_and_its_price_equals_its_dual(seed: int, schools: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.integers(0, 500, (rows, schools))
    supply = rng.integers(1, 5, rows)
    capacity = rng.multinomial(int(supply.sum()) + int(rng.integers(0, 6)), np.full(schools, 1 / schools))
    found = flow.assign(cost, supply, capacity, nearest=2)
    assert found is not None and found.proven
    assert (np.bincount(found.row, found.count, rows) == supply).all()
    assert (np.bincount(found.site, found.count, schools) <= capacity).all()
    assert (found.prices >= 0).all()


def test_too_few_seats_give_no_seating() -> None:
    assert flow.assign(np.ones((3, 2), dtype=np.int64), np.array([1, 1, 1]), np.array([1, 1])) is None


def _problem(seed: int, mix: float) -> Problem:
    """A strip of nine blocks in three rows, and two schools."""
    rng = np.random.default_rng(seed)
    side = 3
    place = np.array(list(itertools.product(range(side), range(side))))
    near = tuple(np.flatnonzero(np.abs(place - here).sum(axis=1) == 1).astype(np.int64) for here in place)
    demand = rng.integers(1, 20, side * side).astype(float)
    cost = demand[:, None] * rng.uniform(100, 900, (side * side, 2))
    seats = np.full(2, np.ceil(demand.sum() * 0.75))
    return Problem(
        demand, cost, seats, np.ones((9, 2), dtype=bool), near, np.array([0, 8]), rng.normal(0, 5, 9), mix
    )


def _every_map(problem: Problem) -> float:
    """The best of all 512 maps, by trying each."""
    best = np.inf
    nobody = np.full(problem.blocks, -1)
    for drawn in itertools.product((0, 1), repeat=problem.blocks):
        school = np.array(drawn)
        if not checker.faults(
            school, problem.demand, problem.capacity, problem.neighbours, nobody, problem.anchor
        ):
            best = min(best, checker.price(school, problem.cost, problem.social, problem.mix))
    return best


@example(80, 0.0)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 30.0]))
@costly
def test_the_bound_is_below_the_best_of_all_maps_and_the_search_comes_near(seed: int, mix: float) -> None:
    problem = _problem(seed, mix)
    best = _every_map(problem)
    relaxed = bound.relax(problem)
    assert relaxed is not None
    proof = bound.prove(problem, relaxed.value)
    assert relaxed.value <= proof.lower * (1 + 1e-9)
    assert proof.lower <= best * (1 + 1e-6)
    if proof.whole and proof.drawn is not None:  # the whole model, to the gap where it may stop
        assert best * (1 - 1e-6) <= problem.value(proof.drawn) <= proof.lower * 1.003
    found = search.improve(problem, search.reconnect(problem, relaxed.share.argmax(axis=1)))
    nobody = np.full(problem.blocks, -1)
    if not checker.faults(
        found, problem.demand, problem.capacity, problem.neighbours, nobody, problem.anchor
    ):
        assert problem.value(found) >= best * (1 - 1e-9)
        if not mix:
            assert problem.value(found) <= best * 1.002
    else:
        assert np.isinf(best) or mix


@given(st.integers(0, 10_000))
def test_steps_never_break_a_sector_nor_raise_the_price(seed: int) -> None:
    problem = _problem(seed, 10.0)
    start = search.reconnect(problem, np.random.default_rng(seed).integers(0, 2, problem.blocks))
    spill = search.overflow_price(problem)
    after = descend(problem, start, spill)
    assert (
        search.penalised_value(problem, after, spill) <= search.penalised_value(problem, start, spill) + 1e-6
    )
    for school in (0, 1):
        assert len(parts(np.flatnonzero(after == school), problem.neighbours)) <= 1


@given(st.integers(0, 10_000))
def test_no_cut_refuses_a_map_in_one_piece_and_each_refuses_what_it_was_drawn_from(seed: int) -> None:
    problem, rng = _problem(seed, 0.0), np.random.default_rng(seed)
    allowed = connectivity.reachable_pairs(problem)
    drawn = rng.integers(0, 2, problem.blocks)
    share = np.round(rng.dirichlet((0.5, 0.5), problem.blocks), 3)
    for broken, cuts in (
        (np.eye(2)[drawn], list(connectivity.cuts_of_pieces(problem, allowed, drawn, (0, 1)))),
        (share, list(connectivity.cuts_of_shares(problem, allowed, share))),
    ):
        assert all(broken[cut.block, cut.site] > broken[cut.separator, cut.site].sum() for cut in cuts)
        for every in itertools.product((0, 1), repeat=problem.blocks):
            school = np.array(every)
            whole = all(
                int(problem.anchor[s]) in piece
                for s in (0, 1)
                for piece in parts(np.flatnonzero(school == s), problem.neighbours)
            )
            if whole:
                assert all(school[c.block] != c.site or (school[c.separator] == c.site).any() for c in cuts)


@given(st.integers(0, 10_000))
@costly
def test_the_longest_walk_is_the_shortest_of_all_maps_or_its_bound_is_below(seed: int) -> None:
    problem = _problem(seed, 0.0)
    walks = problem.cost / problem.demand[:, None]
    nobody, place = np.full(9, -1), np.arange(9)
    best = np.inf
    for drawn in itertools.product((0, 1), repeat=problem.blocks):
        school = np.array(drawn)
        if not checker.faults(
            school, problem.demand, problem.capacity, problem.neighbours, nobody, problem.anchor
        ):
            best = min(best, checker.longest(school, problem.demand, place, walks))
    found = longest_walk.shorten_longest_walk(problem, walks)
    if found is None:
        assert np.isinf(best)
        return
    longest = checker.longest(found.drawn, problem.demand, place, walks)
    assert found.least <= best + 1e-9
    assert longest == best  # nine blocks: the whole model leaves nothing open


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(3, 30))
def test_pupil_by_pupil_the_longest_walk_is_proven_by_a_crowd_without_seats(
    seed: int, schools: int, rows: int
) -> None:
    rng = np.random.default_rng(seed)
    cost, supply = rng.integers(0, 500, (rows, schools)), rng.integers(1, 5, rows)
    capacity = rng.multinomial(int(supply.sum()), np.full(schools, 1 / schools))
    most = flow.shortest_longest(cost, supply, capacity)
    assert most is not None
    seated = flow.assign(np.where(cost <= most, 0, 1), supply, capacity)
    assert seated is not None and seated.total == 0
    crowd = flow.find_hall_violation(cost < most, supply, capacity)
    if crowd is None:  # nobody walks less than the shortest pair
        assert most == cost.min()
    else:
        assert supply[crowd].sum() > capacity[(cost < most)[crowd].any(axis=0)].sum()


def test_without_enough_seats_there_is_no_longest_walk() -> None:
    assert (
        flow.shortest_longest(np.ones((3, 2), dtype=np.int64), np.array([1, 1, 1]), np.array([1, 1])) is None
    )


def test_a_school_too_far_from_its_own_block_bars_the_walk() -> None:
    problem = _problem(1, 0.0)
    walks = problem.cost / problem.demand[:, None]
    walks[problem.anchor[1], 1] = 5000.0
    found = longest_walk.shorten_longest_walk(problem, walks)
    assert found is not None
    assert found.least == 5000.0
    barred = longest_walk.bar_longer_pairs(problem, walks, 4999.0)
    assert bound.prove(barred, -np.inf).impossible
