"""A route as a person reads it: its parts in order, its line on the map, its figures, and what the same stops cost by hand.

In come the route, its problem and the truck; out go `Item`s, texts and numbers for tables.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from beffroi.systems.contract import Item
from beffroi.systems.kit import ground
from beffroi.systems.kit.arrays import Matrix
from beffroi.systems.kit.plans import route_bound, route_checker
from beffroi.systems.kit.plans.fleet import Truck
from beffroi.systems.kit.plans.route_checker import Measured
from beffroi.systems.kit.plans.routes import Route, RoutePlan, RouteProblem, greedy
from beffroi.systems.kit.words import plural, two_figures


def items(route: Route, truck: Truck, stop: Callable[[int], Item]) -> tuple[Item, ...]:
    """From the depot to the depot, which stay where they are; `stop` words one of the problem's stops."""
    found = [Item("depot-start", "Départ du dépôt", fixed=True)]
    for rank, trip in enumerate(route.trips, start=1):
        found += [stop(number) for number in trip]
        if truck.emptying is not None:
            found.append(Item(f"emptying-{rank}", "Vider le camion", fixed=rank == len(route.trips)))
    return (*found, Item("depot-end", "Retour au dépôt", fixed=True))


def line(route: Route, truck: Truck, points: Matrix) -> str:
    """The GeoJSON of the route, straight from one stop to the next; `points`: the problem's stops, in degrees."""
    places = []
    for trip in route.trips:
        places += [points[stop] for stop in trip]
        places += [] if truck.emptying is None else [truck.emptying]
    return ground.line_text(np.vstack([truck.depot, *places, truck.depot]))


def about(route: Route, measured: Measured) -> str:
    """« 23 arrêts, 41 km, 5,3 h »."""
    stops = plural(len(route.stops), "arrêt", "arrêts")
    return f"{stops}, {two_figures(measured.metres / 1000)} km, {two_figures(measured.seconds / 3600)} h"


def compared(problem: RouteProblem, plan: RoutePlan) -> tuple[float | None, float]:
    """Kilometres of the same stops, the nearest next (None where the trucks would not take all so), and what no order can beat."""
    stops = tuple(stop for route in plan.routes for stop in route.stops)
    same = only(problem, stops)
    by_hand = greedy(same)
    km = None if by_hand.left_out else round(route_checker.metres(same, by_hand) / 1000, 1)
    return km, round(route_bound.lower_bound(problem, stops) / 1000, 1)


def only(problem: RouteProblem, stops: Sequence[int]) -> RouteProblem:
    """The same problem with these stops alone, in this order."""
    return replace(problem, stops=tuple(problem.stops[stop] for stop in stops))
