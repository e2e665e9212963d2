"""Cached examination reports of each system: full in the long ring, brief in the quick one.

It is taken from a folder that is never committed while nothing that it depends on has changed (`systems.check.cache`), this
run's other processes included: one examines, the others wait.
"""

import fcntl
import os
from functools import cache
from pathlib import Path

from beffroi.systems.check import CheckReport, Point
from beffroi.systems.check.cache import cached_check
from rings import LONG

ROOT = Path(__file__).resolve().parents[2]
EXAMINATIONS = Path(os.environ.get("BEFFROI_TEST_EXAMINATIONS", ROOT / ".pytest_cache" / "examinations"))


@cache
def examined(system: str) -> CheckReport:
    EXAMINATIONS.mkdir(parents=True, exist_ok=True)
    with (EXAMINATIONS / f"{system}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return cached_check(system, folder=EXAMINATIONS, brief=not LONG)


def point_of(system: str, key: str) -> Point:
    """The point of this key; its absence is a fault of the scale."""
    return next(point for point in examined(system).points if point.key == key)


def canteen_report() -> CheckReport:
    return examined("canteen")


def canteen_point(key: str) -> Point:
    return point_of("canteen", key)
