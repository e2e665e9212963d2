"""The whole examination of `canteen`, made once a process: it costs a minute of processor."""

from functools import cache

from beffroi.systems.check import CheckReport, Point, check


@cache
def canteen_report() -> CheckReport:
    return check("canteen")


def canteen_point(key: str) -> Point:
    """The point of this key; its absence is a fault of the scale."""
    return next(point for point in canteen_report().points if point.key == key)
