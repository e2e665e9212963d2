"""Invented town for tests and for `beffroi check`: seeded containers of glass, two trucks of two depots, four months of readings."""

import math
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from beffroi.systems.contract import Tables
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.ground import point_text
from beffroi.systems.kit.samples import CENTRE, Territory, address
from beffroi.systems.kit.writing import input_table

_START = date(2025, 3, 3)  # a Monday
_ENDS = (
    (0.05, 0.0),
    (-0.04, -0.02),
    (0.02, 0.04),
)  # degrees from the centre: two depots, and where one truck empties


def make_sample(seed: int = 0, containers: int = 36, days: int = 112) -> Tables:
    """The town empties half of its containers on Mondays and Thursdays, the others on Tuesdays and Fridays, full or not."""
    town = Territory(seed, _START, _START + timedelta(days - 1))
    chance = town.chance("waste rounds")
    rows, readings = [], list[dict[str, Any]]()
    for number in range(containers):
        name, place = f"V{number + 1:02d}", town.somewhere(chance, 2700)
        described = {"container": name, "position": point_text(place), "address": address(chance)}
        rows.append({**described, "volume": chance.choice([3.0, 4.0]), "usual_rank": _around(place)})
        readings += _readings(chance, name, (0, 3) if number % 2 else (1, 4), town.days)
    readings.sort(key=lambda row: (row["date"], row["container"]))
    ends = [point_text(CENTRE + move) for move in _ENDS]
    trucks = [
        {"truck": "Benne 1", "capacity": 22.0, "depot": ends[0], "hours": 7.0},
        {"truck": "Benne 2", "capacity": 16.0, "depot": ends[1], "emptying": ends[2], "hours": 6.0},
    ]
    found = {"readings": readings, "containers": rows, "trucks": trucks}
    return {name: input_table(__package__, name, rows) for name, rows in found.items()}


def _readings(
    chance: random.Random, name: str, weekdays: tuple[int, int], days: list[date]
) -> Iterator[dict[str, Any]]:
    """What the crew found at ten, when it emptied; a sensor at eight in the evening."""
    rate, level = chance.uniform(3, 16), chance.uniform(0, 60)
    for day in days:
        # Else the crew saw it empty and drove on.
        if day.weekday() in weekdays and (level >= 25 or chance.random() < 0.5):
            yield _reading(name, day, 10, level, emptied=True)
            level = 0.0
        level = min(100.0, level + chance.gammavariate(4, rate * (1.5 if day.weekday() > 4 else 0.8) / 4))
        yield _reading(name, day, 20, level, emptied=False)


def _reading(name: str, day: date, hour: int, level: float, *, emptied: bool) -> dict[str, Any]:
    return {
        "container": name,
        "date": datetime.combine(day, time(hour)),
        "fill": round(level, 1),
        "emptied": emptied,
    }


def _around(place: Vector) -> int:
    """The usual round turns around the centre, by sectors of twenty degrees; from the file of the town, not from a computation."""
    east, north = place - CENTRE
    return int(math.degrees(math.atan2(north, east)) + 180) // 20
