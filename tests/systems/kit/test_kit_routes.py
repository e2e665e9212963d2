"""Routes of the kit: shortest of all on small cases, between the proven bound and what one does by hand; the checker finds each fault."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from beffroi.systems.kit.ground import distances
from beffroi.systems.kit.plans import route_bound, route_checker, routes
from beffroi.systems.kit.plans.routes import NoRoute, Route, RoutePlan, RouteProblem, Stop, Vehicle


def problem(
    stops: int, seed: int = 0, prize_m: float | None = None, vehicles: tuple[Vehicle, ...] = ()
) -> RouteProblem:
    """Two depots (0, 1) and a place of emptying (2) in ten kilometres, loads of one to three."""
    chance = np.random.default_rng(seed)
    points = chance.uniform(0, 10_000, (stops + 3, 2))
    metres = np.rint(distances(points, points, 1.3))
    loads = chance.uniform(1, 3, stops)
    wanted = tuple(Stop(place + 3, float(load), 240, prize_m) for place, load in enumerate(loads))
    return RouteProblem(metres, metres / 7, wanted, vehicles or (Vehicle(100, 0, 0),))


def two(shift_s: float, capacity: float = 9) -> tuple[Vehicle, ...]:
    """Two trucks that empty, from two depots."""
    return tuple(Vehicle(capacity, depot, depot, shift_s, emptying=2, emptying_s=900) for depot in (0, 1))


def test_one_round_is_the_shortest_of_all_orders() -> None:
    for seed in range(3):
        asked = problem(6, seed)
        best = min(
            route_checker.measure(asked, Route(0, (order,))).metres for order in permutations(range(6))
        )
        assert route_checker.metres(asked, routes.solve(asked, seed)) == best
        assert 0.8 * best < route_bound.lower_bound(asked, tuple(range(6))) <= best


@pytest.mark.parametrize("shift_s", [6 * 3600, 3 * 3600])
def test_trucks_of_several_depots_empty_in_time_and_beat_what_one_does_by_hand(shift_s: float) -> None:
    asked = problem(25, prize_m=50_000, vehicles=two(shift_s))
    plan = routes.solve(asked, 1, 300)
    assert plan == routes.solve(asked, 1, 300)
    served = tuple(stop for route in plan.routes for stop in route.stops)
    for by_hand in (routes.greedy(asked), routes.greedy(asked, range(25))):
        assert route_checker.faults(asked, plan) == route_checker.faults(asked, by_hand) == ()
        assert len(plan.left_out) <= len(by_hand.left_out)
    assert bool(plan.left_out) == (shift_s < 4 * 3600)
    assert max(len(route.trips) for route in plan.routes) > 1
    assert route_bound.lower_bound(asked, served) <= route_checker.metres(asked, plan)


def test_a_stop_is_left_out_where_its_detour_costs_more_than_its_prize() -> None:
    assert routes.solve(problem(8, prize_m=0), 0).left_out == tuple(range(8))
    assert routes.solve(problem(8, prize_m=50_000), 0).left_out == ()


def test_a_truck_whose_depot_is_beyond_reach_changes_nothing_for_the_others() -> None:
    near = problem(8, prize_m=50_000, vehicles=(Vehicle(100, 0, 0, 8 * 3600),))
    lost = near.metres.copy()
    lost[1, :] = lost[:, 1] = 6e6
    lost[1, 1] = 0
    seconds = lost / 7
    both = RouteProblem(lost, seconds, near.stops, (Vehicle(100, 1, 1, 8 * 3600), *near.vehicles))
    assert routes.longest_leg(both) == routes.longest_leg(near)
    assert [route.trips for route in routes.solve(both, 0).routes] == [
        route.trips for route in routes.solve(near, 0).routes
    ]
    alone = replace(both, vehicles=both.vehicles[:1])
    assert routes.solve(alone, 0).left_out == tuple(range(8))


def test_what_cannot_be_carried_is_said() -> None:
    heavy = problem(5, vehicles=(Vehicle(2, 0, 0),))
    with pytest.raises(NoRoute):
        routes.solve(heavy, 0, 200)
    with pytest.raises(ValueError, match="no vehicle"):
        routes.solve(replace(heavy, vehicles=()), 0)
    assert routes.solve(problem(0), 0) == RoutePlan((), ())
    assert len(routes.greedy(heavy).left_out) >= 4


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (RoutePlan((Route(0, ((0, 1, 2, 3),)),), ()), "porte"),
        (RoutePlan((Route(0, ((0, 1), (2, 3))),), ()), "sans lieu où vider"),
        (RoutePlan((Route(0, ((0, 1),)), Route(1, ((2, 1),))), (3,)), "compté 2 fois"),
        (RoutePlan((Route(0, ((0, 1),)),), (2,)), "l’arrêt 3 est oublié"),
        (RoutePlan((Route(0, ((0, 1),)), Route(0, ((2,),))), (3,)), "sort 2 fois"),
        (RoutePlan((Route(2, ((0, 1),)),), (2, 3)), "n’existe pas"),
        (RoutePlan((Route(1, ((0, 1),)),), (2, 3)), "s de travail"),
        (RoutePlan((Route(0, ((0, 1),)),), (2, 3)), "devait être fait"),
    ],
)
def test_the_checker_finds_each_fault(plan: RoutePlan, why: str) -> None:
    asked = problem(4, vehicles=(Vehicle(6, 0, 0), Vehicle(6, 1, 1, 600)))
    assert why in " ".join(route_checker.faults(asked, plan))
