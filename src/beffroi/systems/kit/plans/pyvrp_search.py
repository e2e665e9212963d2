"""Routes by PyVRP's iterated local search: the problem in its terms, and its answer in ours.

In comes a `RouteProblem`; out go `Route`s. Whole numbers are rounded to the safe side, but for metres. A vehicle that empties ends at
that place, and its way home is a fixed cost: PyVRP reloads, which for a load that is picked up is to empty.
"""

from typing import Any

import numpy as np
import pyvrp
from pyvrp.stop import MaxIterations

from beffroi.systems.kit.plans.routes import NoRoute, Route, RouteProblem, Stop, Vehicle, can_take_one

_UNITS = 1000  # loads are computed in thousandths: litres where they are m³
_NEVER = 1 << 40  # a shift without end, in seconds


def routes(problem: RouteProblem, seed: int, iterations: int) -> list[Route]:
    """By number of vehicle. Raises `NoRoute`."""
    groups = _alike(problem)
    if not groups and all(stop.prize_m is not None for stop in problem.stops):
        return []
    if not groups:
        raise NoRoute
    data = _data(problem, groups)
    best = pyvrp.solve(data, MaxIterations(iterations), seed=seed, collect_stats=False).best
    if not best.is_feasible():
        raise NoRoute
    free = [iter(numbers) for numbers in groups.values()]
    found = [Route(next(free[route.vehicle_type()]), _trips(route)) for route in best.routes()]
    return sorted((route for route in found if route.stops), key=lambda route: route.vehicle)


def _alike(problem: RouteProblem) -> dict[Vehicle, list[int]]:
    """Numbers of the vehicles, those that are alike together; without those that can take no stop (a depot beyond reach)."""
    groups: dict[Vehicle, list[int]] = {}
    for number, vehicle in enumerate(problem.vehicles):
        groups.setdefault(vehicle, []).append(number)
    return {vehicle: numbers for vehicle, numbers in groups.items() if can_take_one(problem, vehicle)}


def _data(problem: RouteProblem, groups: dict[Vehicle, list[int]]) -> pyvrp.ProblemData:
    metres: Any = np.rint(problem.metres).astype(np.int64)
    seconds: Any = np.ceil(problem.seconds - 1e-6).astype(np.int64)
    depots: dict[tuple[int, float], int] = {}
    types = [_type(vehicle, len(numbers), metres, seconds, depots) for vehicle, numbers in groups.items()]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in range(len(metres))],
        [_client(stop) for stop in problem.stops],
        [pyvrp.Depot(place, service_duration=_up(service)) for place, service in depots],
        types,
        [metres],
        [seconds],
    )


def _type(
    vehicle: Vehicle, count: int, metres: Any, seconds: Any, depots: dict[tuple[int, float], int]
) -> pyvrp.VehicleType:
    """Adds the places of the vehicle to `depots`. The time to empty is paid as a trip begins again; of the last one, by the shift."""
    start = depots.setdefault((vehicle.start, 0.0), len(depots))
    capacity, shift = [int(np.floor(vehicle.capacity * _UNITS + 1e-6))], vehicle.shift_s
    if vehicle.emptying is None:
        end, way_home, reloads = depots.setdefault((vehicle.end, 0.0), len(depots)), 0, []
    else:
        end = depots.setdefault((vehicle.emptying, vehicle.emptying_s), len(depots))
        way_home, reloads = int(metres[vehicle.emptying, vehicle.end]), [end]
        shift = (
            None
            if shift is None
            else shift - vehicle.emptying_s - int(seconds[vehicle.emptying, vehicle.end])
        )
    return pyvrp.VehicleType(
        count,
        capacity,
        start,
        end,
        fixed_cost=way_home,
        shift_duration=_NEVER if shift is None else max(0, int(shift)),
        reload_depots=reloads,
    )


def _client(stop: Stop) -> pyvrp.Client:
    return pyvrp.Client(
        stop.location,
        pickup=[_up(stop.load * _UNITS)],
        service_duration=_up(stop.service_s),
        prize=0 if stop.prize_m is None else round(stop.prize_m),
        required=stop.prize_m is None,
    )


def _trips(route: pyvrp.Route) -> tuple[tuple[int, ...], ...]:
    trips: dict[int, list[int]] = {}
    for activity in route.schedule():
        if activity.is_client():
            trips.setdefault(activity.trip, []).append(activity.idx)
    return tuple(tuple(trips[trip]) for trip in sorted(trips))


def _up(value: float) -> int:
    return int(np.ceil(value - 1e-6))
