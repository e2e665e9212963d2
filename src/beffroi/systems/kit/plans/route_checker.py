"""Independent checker of routes: it shares no code with the solver, and follows each vehicle from the plain facts.

In come a problem and a plan; out go the faults in French, none where the plan holds, and what each route drives, lasts and carries.
"""

from collections import Counter
from dataclasses import dataclass

from beffroi.systems.kit.plans.routes import Route, RoutePlan, RouteProblem

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Measured:
    """What one route drives (metres) and lasts (seconds, service and emptying included), and the load of each trip."""

    metres: float
    seconds: float
    loads: tuple[float, ...]

    @property
    def load(self) -> float:
        return sum(self.loads)


def faults(problem: RouteProblem, plan: RoutePlan) -> tuple[str, ...]:
    """Each stop once, by one vehicle; those that must be taken; capacities, working time, one trip without a place of emptying."""
    found: list[str] = []
    seen = Counter(stop for route in plan.routes for trip in route.trips for stop in trip)
    seen.update(plan.left_out)
    every = set(range(len(problem.stops)))
    found += [f"l’arrêt {stop} n’existe pas" for stop in sorted(seen.keys() - every)]
    found += [f"l’arrêt {stop} est oublié" for stop in sorted(every - seen.keys())]
    found += [f"l’arrêt {stop} est compté {times} fois" for stop, times in sorted(seen.items()) if times > 1]
    found += [
        f"l’arrêt {stop} devait être fait"
        for stop in plan.left_out
        if stop in every and problem.stops[stop].prize_m is None
    ]
    out = Counter(route.vehicle for route in plan.routes)
    found += [
        f"le véhicule {vehicle} sort {times} fois" for vehicle, times in sorted(out.items()) if times > 1
    ]
    for route in plan.routes:
        if not 0 <= route.vehicle < len(problem.vehicles):
            found.append(f"le véhicule {route.vehicle} n’existe pas")
        elif set(route.stops) <= every:
            found += _faults_of(problem, route)
    return tuple(found)


def _faults_of(problem: RouteProblem, route: Route) -> list[str]:
    vehicle, measured = problem.vehicles[route.vehicle], measure(problem, route)
    found = [
        f"le véhicule {route.vehicle} porte {load:g} pour une capacité de {vehicle.capacity:g}"
        for load in measured.loads
        if load > vehicle.capacity * (1 + _TOLERANCE)
    ]
    if len(route.trips) > 1 and vehicle.emptying is None:
        found.append(f"le véhicule {route.vehicle} fait {len(route.trips)} tours sans lieu où vider")
    if vehicle.shift_s is not None and measured.seconds > vehicle.shift_s * (1 + _TOLERANCE):
        found.append(
            f"le véhicule {route.vehicle} sort {measured.seconds:.0f} s pour {vehicle.shift_s:.0f} s de travail"
        )
    return found


def measure(problem: RouteProblem, route: Route) -> Measured:
    vehicle = problem.vehicles[route.vehicle]
    metres = seconds = 0.0
    where = vehicle.start
    for trip in route.trips:
        places = [problem.stops[stop].location for stop in trip]
        places += [vehicle.end] if vehicle.emptying is None else [vehicle.emptying]
        for place in places:
            metres += float(problem.metres[where, place])
            seconds += float(problem.seconds[where, place])
            where = place
        seconds += sum(problem.stops[stop].service_s for stop in trip)
        seconds += vehicle.emptying_s if vehicle.emptying is not None else 0.0
    metres += float(problem.metres[where, vehicle.end])
    seconds += float(problem.seconds[where, vehicle.end])
    return Measured(
        metres, seconds, tuple(sum(problem.stops[stop].load for stop in trip) for trip in route.trips)
    )


def metres(problem: RouteProblem, plan: RoutePlan) -> float:
    """All that the plan drives."""
    return sum(measure(problem, route).metres for route in plan.routes)
