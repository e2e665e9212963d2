"""Proven lower bound on the metres of any routes through the same stops, whatever their order and their vehicles.

The longer of two. Trips relaxed to trees (Held and Karp 1971; Fisher 1994), whose every step of the subgradient gives a bound; what
is dropped, capacities but for the number of trips and working time, can only shorten. And what it takes to bring each load home, as
if each vehicle came for it full (Haimovich and Rinnooy Kan 1985).
"""

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.plans.routes import RouteProblem


def lower_bound(problem: RouteProblem, stops: tuple[int, ...], steps: int = 100) -> float:
    """Metres below which no plan takes all of `stops`; 0 where there are none."""
    if not stops:
        return 0.0
    places = [problem.stops[stop].location for stop in stops]
    between = problem.metres[np.ix_(places, places)]
    between = np.minimum(between, between.T)
    ends = {place for vehicle in problem.vehicles for place in (vehicle.start, vehicle.end, vehicle.emptying)}
    gates = [place for place in ends if place is not None]
    link = np.minimum(
        problem.metres[np.ix_(gates, places)].min(0), problem.metres[np.ix_(places, gates)].min(1)
    )
    loads = np.array([problem.stops[stop].load for stop in stops], dtype=np.float64)
    loads /= max(vehicle.capacity for vehicle in problem.vehicles)
    trips = max(1, int(np.ceil(loads.sum() - 1e-9)))
    radial = 2 * float(loads @ _shortest(between, link))
    return max(radial, _ascend(between, link, min(trips, len(stops)), steps))


def _shortest(between: Matrix, link: Vector) -> Vector:
    """The shortest way from a gate to each stop, through others where that is shorter."""
    while True:
        shorter = np.minimum(link, (link[:, None] + between).min(axis=0))
        if np.array_equal(shorter, link):
            return link
        link = shorter


def _ascend(between: Matrix, link: Vector, trips: int, steps: int) -> float:
    """Subgradient ascent on the prices of the stops (each has two neighbours) and of the gates (`trips` leave at least)."""
    count = len(link)
    price, gate, best = np.zeros(count), 0.0, 0.0
    stride = 0.1 * float(link.mean() + between.mean())
    for step in range(steps):
        joined, linked = between + price[:, None] + price[None, :], link + price - gate
        tree, degree, leaving = _tree(joined, linked)
        order = np.argsort(linked, kind="stable")
        back = order[: max(trips, int((linked < 0).sum()))]
        bound = tree + float(linked[back].sum()) + 2 * gate * trips - 2 * float(price.sum())
        best = max(best, bound)
        degree[back] += 1
        slope, slope_gate = degree - 2.0, 2.0 * trips - leaving - len(back)
        norm = float(slope @ slope) + slope_gate**2
        if norm == 0:
            break
        length = stride * 0.97**step
        price = price + length * slope
        gate = max(0.0, gate + length * slope_gate)
    return best


def _tree(joined: Matrix, linked: Vector) -> tuple[float, Rows, int]:
    """Shortest tree over the gate and the stops (Prim): its length, the degree of each stop, and how many are tied to the gate."""
    count = len(linked)
    reach, parent = linked.copy(), np.full(count, -1)
    outside, degree = np.ones(count, dtype=bool), np.zeros(count, dtype=np.int64)
    length, leaving = 0.0, 0
    for _ in range(count):
        new = int(np.argmin(np.where(outside, reach, np.inf)))
        length += float(reach[new])
        degree[new] += 1
        if parent[new] < 0:
            leaving += 1
        else:
            degree[parent[new]] += 1
        outside[new] = False
        closer = outside & (joined[new] < reach)
        reach[closer], parent[closer] = joined[new][closer], new
    return length, degree, leaving
