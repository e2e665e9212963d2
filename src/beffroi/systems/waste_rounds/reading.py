"""Input tables of `waste_rounds` as containers, trucks and readings; rows that cannot serve are told."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells, gauges, ground
from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.gauges import Readings
from beffroi.systems.kit.plans.fleet import Truck, WorkingRules, read_trucks
from beffroi.systems.kit.settings import Settings


@dataclass(frozen=True)
class Town:
    """`points`: (containers, 2) degrees; `volume` in m³; `usual_rank`: of each container in the usual round."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    points: Matrix
    volume: Vector
    usual_rank: Rows
    trucks: tuple[Truck, ...]
    readings: Readings
    notes: tuple[str, ...]
    rules: WorkingRules
    full_percent: float


def read_town(tables: Tables, options: Settings) -> Town:
    """Raises `BadInput` where no round can be planned."""
    found, notes = _containers(tables)
    trucks, message = read_trucks(__package__, tables)
    names = tuple(row["name"] for row in found)
    readings, reading_notes = gauges.read(__package__, tables, "readings", "container", names, options.today)
    by_rank = sorted(range(len(found)), key=lambda row: (found[row]["rank"], row))
    minutes = options.number("service_min"), options.number("emptying_min")
    return Town(
        names=names,
        labels=tuple(", ".join(filter(None, (row["name"], row["address"]))) for row in found),
        points=np.array([row["point"] for row in found]),
        volume=np.array([row["volume"] for row in found]),
        usual_rank=np.argsort(by_rank),
        trucks=trucks[: len(trucks) - options.whole("trucks_off")],
        readings=readings,
        notes=(*notes, *message, *reading_notes),
        rules=WorkingRules(
            options.number("speed_kmh"), options.number("detour"), *minutes, options.number("shift_hours")
        ),
        full_percent=options.number("full_percent"),
    )


def _containers(tables: Tables) -> tuple[list[dict[str, Any]], list[str]]:
    rejected, rows = cells.Rejected.of(__package__, "containers"), list(cells.rows(tables, "containers"))
    found: dict[str, dict[str, Any]] = {}
    for row, point in zip(rows, ground.read_points(row.get("position") for row in rows), strict=True):
        name, volume, rank = (
            cells.text(row.get("container")),
            *map(cells.number, (row.get("volume"), row.get("usual_rank"))),
        )
        if not name or name in found:
            rejected.add("sans nom, ou borne déjà lue", name)
        elif not np.isfinite(point).all() or volume is None or volume <= 0:
            rejected.add("sans position lisible ou sans volume", name)
        else:
            known = {
                "rank": float("inf") if rank is None else rank,
                "address": cells.text(row.get("address")),
            }
            found[name] = {"name": name, "point": point, "volume": volume, **known}
    if not found:
        raise BadInput(
            "Aucune borne ne peut être vidée : il faut un nom, une position et un volume par borne."
        )
    return list(found.values()), rejected.notes()
