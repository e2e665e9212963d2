"""Trucks of a town, read from its table, and the routes that they may drive between points in degrees.

In come the rows (truck, capacity, depot, emptying, hours) and where the stops are; out go `Truck`s and a `RouteProblem`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells, ground
from beffroi.systems.kit.arrays import Matrix, Vector
from beffroi.systems.kit.plans.routes import RouteProblem, Stop, Vehicle


@dataclass(frozen=True)
class Truck:
    """`capacity` in the unit of the loads; `depot`, `emptying` in degrees; `hours` of work, None where the file does not say."""

    name: str
    capacity: float
    depot: Vector
    emptying: Vector | None
    hours: float | None


@dataclass(frozen=True)
class WorkingRules:
    """How trucks work: km/h, times the crow's flight, minutes at a stop and to empty, hours of work where a truck has none."""

    speed_kmh: float
    detour: float
    service_min: float
    emptying_min: float
    shift_hours: float


def read_trucks(package: str, tables: Tables, table: str = "trucks") -> tuple[tuple[Truck, ...], list[str]]:
    """The trucks that may leave, and notes on the others. Raises `BadInput` where there is none."""
    rejected, rows = cells.Rejected.of(package, table), list(cells.rows(tables, table))
    depots, emptyings = (ground.read_points(row.get(name) for row in rows) for name in ("depot", "emptying"))
    found: dict[str, Truck] = {}
    for row, depot, emptying in zip(rows, depots, emptyings, strict=True):
        name, capacity, hours = (
            cells.text(row.get("truck")),
            *map(cells.number, (row.get("capacity"), row.get("hours"))),
        )
        if not name or name in found:
            rejected.add("sans nom, ou déjà lu", name)
        elif capacity is None or capacity <= 0 or not np.isfinite(depot).all():
            rejected.add("sans volume utile ou sans position du dépôt", name)
        else:
            known = emptying if np.isfinite(emptying).all() else None
            found[name] = Truck(name, capacity, depot, known, hours if hours and 0 < hours <= 24 else None)
    if not found:
        raise BadInput(
            "Aucun camion ne peut sortir : il faut un nom, un volume utile et la position du dépôt par camion."
        )
    return tuple(found.values()), rejected.notes()


def problem(points: Matrix, loads: Vector, trucks: Sequence[Truck], rules: WorkingRules) -> RouteProblem:
    """Stop `i` is at `points[i]` (degrees) and must be taken; the places of the trucks come after."""
    places = [
        place
        for truck in trucks
        for place in (truck.depot, truck.depot if truck.emptying is None else truck.emptying)
    ]
    every = np.vstack([points, *places])
    every = ground.Plane.around(every).metres(every)
    metres = ground.distances(every, every, rules.detour)
    vehicles = []
    for rank, truck in enumerate(trucks):
        depot = len(points) + 2 * rank
        emptying = None if truck.emptying is None else depot + 1
        shift_s = 3600 * (truck.hours or rules.shift_hours)
        vehicles.append(Vehicle(truck.capacity, depot, depot, shift_s, emptying, 60 * rules.emptying_min))
    stops = tuple(Stop(row, float(load), 60 * rules.service_min) for row, load in enumerate(loads))
    return RouteProblem(metres, metres * 3.6 / rules.speed_kmh, stops, tuple(vehicles))
