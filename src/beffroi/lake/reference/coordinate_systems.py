"""Detection of the coordinate system of a file of shapes: declared, or else deduced from its values.

In: a declared name (« urn:ogc:def:crs:EPSG::2154 », « EPSG:2154 ») and a first point. Out: « EPSG:2154 », or None for
longitude and latitude. Only the projections used in France are recognised without a declaration.
"""

import re

DEGREES = frozenset({"EPSG:4326", "OGC:CRS84", "EPSG:4171", "EPSG:4258", "CRS84"})


class UnknownProjection(ValueError):
    """The values are not longitude and latitude, and their system is unknown."""


def projection_of(declared: str | None, point: tuple[float, float]) -> str | None:
    """Raises UnknownProjection.

    >>> projection_of(None, (355_000.0, 6_689_000.0)), projection_of("urn:ogc:def:crs:OGC:1.3:CRS84", (2.3, 48.8))
    ('EPSG:2154', None)
    """
    x, y = point
    in_degrees = abs(x) <= 180 and abs(y) <= 90
    name = _name(declared)
    if name in DEGREES or (name is None and in_degrees):
        if not in_degrees:
            raise UnknownProjection
        return None
    if name is not None:
        return name
    # Lambert-93, then its nine zones (CC42 to CC50): each has its own band of northings.
    if 0 <= x <= 1_300_000 and 6_000_000 <= y <= 7_200_000:
        return "EPSG:2154"
    zone = round((y - 200_000) / 1_000_000)
    if 1_000_000 <= x <= 2_400_000 and 1 <= zone <= 9:
        return f"EPSG:{3941 + zone}"
    raise UnknownProjection


def _name(declared: str | None) -> str | None:
    if not declared:
        return None
    if "CRS84" in declared:
        return "OGC:CRS84"
    found = re.search(r"EPSG:(?:[\d.]*:)?(\d{4,5})\b", declared, re.IGNORECASE)
    return f"EPSG:{found[1]}" if found else None
