"""Routes of vehicles with capacities and working time, from several depots: the problem, a solver, and two ways by hand.

In comes a `RouteProblem`; out goes a `RoutePlan`, which `route_checker` judges and measures. `solve` is PyVRP's iterated local search;
`greedy` is the nearest stop next, or a fixed order. Without a place of emptying a vehicle makes one trip, from its start to its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Matrix

LONGEST_S = 50.0  # what `solve` may take of one core


@dataclass(frozen=True)
class Stop:
    """`location`: its row in the matrices; `load` in the unit of the capacities. `prize_m`: the metres that one would drive to
    take it; None: it must be taken."""

    location: int
    load: float
    service_s: float = 0.0
    prize_m: float | None = None


@dataclass(frozen=True)
class Vehicle:
    """`start`, `end`, `emptying`: rows of the matrices. It empties when it is full, and before its end; `shift_s` covers all of it."""

    capacity: float
    start: int
    end: int
    shift_s: float | None = None
    emptying: int | None = None
    emptying_s: float = 0.0


@dataclass(frozen=True)
class RouteProblem:
    """`metres`, `seconds`: (n, n) from each location to each other."""

    metres: Matrix
    seconds: Matrix
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]


@dataclass(frozen=True)
class Route:
    """The trips of one vehicle, each a sequence of numbers of stops; it empties between two trips."""

    vehicle: int
    trips: tuple[tuple[int, ...], ...]

    @property
    def stops(self) -> tuple[int, ...]:
        return tuple(stop for trip in self.trips for stop in trip)


@dataclass(frozen=True)
class RoutePlan:
    """One route a vehicle that leaves, by number of vehicle; `left_out`: the stops that nobody takes."""

    routes: tuple[Route, ...]
    left_out: tuple[int, ...]


class NoRoute(ValueError):
    """The stops that must be taken do not fit in the vehicles."""


def iterations_within(seconds: float, stops: int) -> int:
    """Iterations of `solve` that so many seconds of one core allow. Counted, not timed: a seed gives the same plan anywhere."""
    return round(seconds / (3e-4 + 2.7e-6 * stops))


def usual_iterations(stops: int) -> int:
    """What `solve` takes to settle: the square of the stops, and no more than `LONGEST_S`."""
    return max(200, min(stops**2, iterations_within(LONGEST_S, stops)))


def solve(problem: RouteProblem, seed: int, iterations: int | None = None) -> RoutePlan:
    """The shortest routes found: metres driven, and prizes of the stops left out. Raises `NoRoute`; `ValueError` without a vehicle.

    `iterations`: `usual_iterations` where None."""
    if not problem.vehicles:
        raise ValueError("no vehicle")
    if not problem.stops:
        return RoutePlan((), ())
    from beffroi.systems.kit.plans import pyvrp_search  # only where routes are computed: PyVRP loads slowly

    requested = usual_iterations(len(problem.stops)) if iterations is None else iterations
    return _plan(problem, pyvrp_search.routes(problem, seed, requested))


def greedy(problem: RouteProblem, order: Sequence[int] | None = None) -> RoutePlan:
    """By hand: each vehicle in its turn goes to the nearest stop, or to the next one of `order`, until it does not fit any more."""
    waiting, routes = list(range(len(problem.stops)) if order is None else order), []
    for number, vehicle in enumerate(problem.vehicles):
        possible = [stop for stop in waiting if _Round(problem, vehicle).take(stop)]
        round_ = _Round(problem, vehicle)
        while possible:
            stop = min(possible, key=round_.metres_to) if order is None else possible[0]
            if not (round_.take(stop) or round_.take(stop, empty_first=True)):
                break
            possible.remove(stop)
            waiting.remove(stop)
        if round_.trips[0]:
            routes.append(Route(number, tuple(tuple(trip) for trip in round_.trips)))
    return _plan(problem, routes)


def can_take_one(problem: RouteProblem, vehicle: Vehicle) -> bool:
    """Whether there is a stop that this vehicle could take alone, in its capacity and its working time."""
    return any(_Round(problem, vehicle).take(stop) for stop in range(len(problem.stops)))


def longest_leg(problem: RouteProblem) -> float:
    """Metres between the two farthest places in use: the stops, and the places of the vehicles that can take one."""
    used = {stop.location for stop in problem.stops}
    for vehicle in problem.vehicles:
        if can_take_one(problem, vehicle):
            used |= {place for place in (vehicle.start, vehicle.end, vehicle.emptying) if place is not None}
    rows = sorted(used)
    return float(problem.metres[np.ix_(rows, rows)].max(initial=0))


class _Round:
    """A vehicle on its way: where it is, how full, how long it has been out."""

    def __init__(self, problem: RouteProblem, vehicle: Vehicle) -> None:
        self.problem, self.vehicle = problem, vehicle
        self.here, self.load, self.out_s = vehicle.start, 0.0, 0.0
        self.trips: list[list[int]] = [[]]

    def metres_to(self, stop: int) -> float:
        return float(self.problem.metres[self.here, self.problem.stops[stop].location])

    def take(self, stop: int, empty_first: bool = False) -> bool:
        """Whether it fits, and then it is taken."""
        wanted, vehicle, seconds = self.problem.stops[stop], self.vehicle, self.problem.seconds
        here, load, out_s = self.here, self.load, self.out_s
        if empty_first:
            if vehicle.emptying is None or not self.trips[-1]:
                return False
            out_s += float(seconds[here, vehicle.emptying]) + vehicle.emptying_s
            here, load = vehicle.emptying, 0.0
        out_s += float(seconds[here, wanted.location]) + wanted.service_s
        home = out_s + self._home_from(wanted.location)
        if load + wanted.load > vehicle.capacity or (vehicle.shift_s is not None and home > vehicle.shift_s):
            return False
        if empty_first:
            self.trips.append([])
        self.here, self.load, self.out_s = wanted.location, load + wanted.load, out_s
        self.trips[-1].append(stop)
        return True

    def _home_from(self, here: int) -> float:
        vehicle, seconds = self.vehicle, self.problem.seconds
        if vehicle.emptying is None:
            return float(seconds[here, vehicle.end])
        by = vehicle.emptying
        return float(seconds[here, by]) + vehicle.emptying_s + float(seconds[by, vehicle.end])


def _plan(problem: RouteProblem, routes: Sequence[Route]) -> RoutePlan:
    taken = {stop for route in routes for stop in route.stops}
    return RoutePlan(tuple(routes), tuple(n for n in range(len(problem.stops)) if n not in taken))
