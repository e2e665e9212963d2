"""Invented town for tests and for `beffroi check`: seeded containers of glass, two trucks of two depots, four months of readings."""

import math
import random
from datetime import datetime, timedelta

import numpy as np

from beffroi.systems.contract import Tables
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.ground import point_text
from beffroi.systems.kit.writing import input_table

_CENTRE = np.array([2.61, 47.93])
_STREETS = ("rue des Tilleuls", "place du Marché", "chemin du Lavoir", "avenue de la Gare", "rue Haute")
_START = datetime(2025, 3, 3)  # a Monday


def make_sample(seed: int = 0, containers: int = 36, days: int = 112) -> Tables:
    """The town empties half of its containers on Mondays and Thursdays, the others on Tuesdays and Fridays, full or not."""
    chance = random.Random(seed)  # noqa: S311  (an invented town, no secret)
    names = [f"V{number:02d}" for number in range(1, containers + 1)]
    rows, readings = [], []
    for number, name in enumerate(names):
        place = _CENTRE + np.array([chance.gauss(0, 0.035), chance.gauss(0, 0.025)])
        address = f"{chance.randrange(1, 90)} {chance.choice(_STREETS)}"
        described = {"container": name, "position": point_text(place), "address": address}
        rows.append({**described, "volume": chance.choice([3.0, 4.0]), "usual_rank": _around(place)})
        readings += _readings(chance, name, (0, 3) if number % 2 else (1, 4), days)
    readings.sort(key=lambda row: (row["date"], row["container"]))
    ends = [point_text(_CENTRE + np.array(move)) for move in ((0.05, 0.0), (-0.04, -0.02), (0.02, 0.04))]
    trucks = [
        {"truck": "Benne 1", "capacity": 22.0, "depot": ends[0], "hours": 7.0},
        {"truck": "Benne 2", "capacity": 16.0, "depot": ends[1], "emptying": ends[2], "hours": 6.0},
    ]
    found = {"readings": readings, "containers": rows, "trucks": trucks}
    return {name: input_table(__package__, name, rows) for name, rows in found.items()}


def _readings(
    chance: random.Random, name: str, weekdays: tuple[int, int], days: int
) -> list[dict[str, object]]:
    """A sensor at six in the morning; what the crew found at ten, when it emptied."""
    rate, level, rows = chance.uniform(3, 16), chance.uniform(0, 60), []
    for day in (_START + timedelta(n) for n in range(days)):
        if day.weekday() in weekdays and (
            level >= 25 or chance.random() < 0.5
        ):  # else the crew saw it empty and drove on
            rows.append(
                {
                    "container": name,
                    "date": day + timedelta(hours=10),
                    "fill": round(level, 1),
                    "emptied": True,
                }
            )
            level = 0.0
        level = min(100.0, level + chance.gammavariate(4, rate * (1.5 if day.weekday() > 4 else 0.8) / 4))
        rows.append(
            {"container": name, "date": day + timedelta(hours=20), "fill": round(level, 1), "emptied": False}
        )
    return rows


def _around(place: Vector) -> int:
    """The usual round turns around the centre, by sectors of twenty degrees; from the file of the town, not from a computation."""
    east, north = place - _CENTRE
    return int(math.degrees(math.atan2(north, east)) + 180) // 20
