"""Rounds of one day: which containers are due, which are worth taking on the way, and the routes of the trucks.

A container is due where it may be full before the next round. Another one is worth the metres that coming back for it would cost,
in proportion to its fill: the distance to such a neighbour as a round of that size has.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy.spatial import cKDTree

from beffroi.systems.kit import ground
from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.kit.gauges import NOON, Forecast
from beffroi.systems.kit.plans import fleet
from beffroi.systems.kit.plans.routes import RoutePlan, RouteProblem, longest_leg, solve

from .reading import Town


@dataclass(frozen=True)
class Day:
    """The rounds of one day: stop `i` of the problem is the container `containers[i]`. `fill`, `low`, `high`: by container, in %."""

    problem: RouteProblem
    plan: RoutePlan
    containers: Rows
    due: Mask
    fill: Vector
    low: Vector
    high: Vector


def plan_day(town: Town, forecast: Forecast, day: int, next_day: int, seed: int) -> Day:
    fill, (low, high) = forecast.expected(day + NOON), forecast.interval(day + NOON)
    due, later = due_before(town, forecast, next_day), forecast.expected(next_day + NOON) / town.full_percent
    more, prizes = _on_the_way(town, due, np.nan_to_num(fill) / town.full_percent)
    chosen = np.concatenate([np.flatnonzero(due), more])
    problem = problem_of(town, chosen, fill)
    # All that is due comes before any shorter way; where trucks are too few, what would be fullest comes first.
    wanted = np.concatenate([4 * longest_leg(problem) * (1 + later[due]), prizes])
    stops = tuple(
        replace(stop, prize_m=float(prize)) for stop, prize in zip(problem.stops, wanted, strict=True)
    )
    problem = replace(problem, stops=stops)
    return Day(problem, solve(problem, seed), chosen, due, fill, low, high)


def due_before(town: Town, forecast: Forecast, next_day: int) -> Mask:
    """The containers that may be full before the round of `next_day`."""
    due: Mask = np.nan_to_num(forecast.interval(next_day + NOON)[1]) >= town.full_percent
    return due


def _on_the_way(town: Town, due: Mask, share: Vector) -> tuple[Rows, Vector]:
    """Containers that could wait, near enough to one that is due, and their prizes in metres."""
    if not due.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    points = town.rules.detour * ground.Plane.around(town.points).metres(town.points)
    neighbour = min(len(points), 1 + max(1, round(len(points) / int(due.sum()))))
    prizes = cKDTree(points).query(points, k=[neighbour])[0][:, 0] * np.minimum(share, 1.0)
    near = cKDTree(points[due]).query(points)[0]
    chosen = np.flatnonzero(~due & (prizes > 0) & (near <= prizes))
    return chosen, prizes[chosen]


def problem_of(town: Town, containers: Rows, fill: Vector) -> RouteProblem:
    loads = town.volume[containers] * np.clip(np.nan_to_num(fill[containers]), 0, 100) / 100
    return fleet.problem(town.points[containers], loads, town.trucks, town.rules)


def next_round(day: int, weekdays: frozenset[int]) -> int:
    return next(later for later in range(day + 1, day + 8) if date.fromordinal(later).weekday() in weekdays)
