"""Reference implementation of the spatial steps in plain Python: ray casting, Vincenty's distance, rectangles cut into cells.

Slow and obvious, without any geometry library: the engine's results are compared with it.
"""

import json
import math
from itertools import pairwise, product
from typing import Any

from beffroi.recipes import model

type Row = dict[str, Any]
type Point = tuple[float, float]

A, F = 6_378_137.0, 1 / 298.257222101
B = A * (1 - F)


def vincenty(one: Point, other: Point) -> float:
    """Metres between two (longitude, latitude) on the GRS 80 ellipsoid: T. Vincenty, Survey Review 176, 1975."""
    if one == other:
        return 0.0
    (lon1, lat1), (lon2, lat2) = (tuple(map(math.radians, point)) for point in (one, other))
    u1, u2 = (math.atan((1 - F) * math.tan(lat)) for lat in (lat1, lat2))
    gap = lon2 - lon1
    turn = gap
    for _ in range(200):
        sin_arc = math.hypot(
            math.cos(u2) * math.sin(turn),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(turn),
        )
        cos_arc = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(turn)
        arc = math.atan2(sin_arc, cos_arc)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(turn) / sin_arc
        cos2_alpha = 1 - sin_alpha**2
        middle = cos_arc - 2 * math.sin(u1) * math.sin(u2) / cos2_alpha if cos2_alpha else 0.0
        c = F / 16 * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha))
        before, turn = (
            turn,
            gap
            + (1 - c) * F * sin_alpha * (arc + c * sin_arc * (middle + c * cos_arc * (2 * middle**2 - 1))),
        )
        if abs(turn - before) < 1e-13:
            break
    u = cos2_alpha * (A**2 - B**2) / B**2
    k = u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u))) + 1
    q = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    inner = (
        q / 4 * (cos_arc * (2 * middle**2 - 1) - q / 6 * middle * (4 * sin_arc**2 - 3) * (4 * middle**2 - 3))
    )
    return B * k * (arc - q * sin_arc * (middle + inner))


def lambert(point: Point, parallels: Point, origin: Point, false: Point) -> Point:
    """A point in a Lambert conformal conic projection of two parallels (Snyder, Map Projections, 1987, p. 107)."""
    e = math.sqrt(F * (2 - F))

    def m(latitude: float) -> float:
        return math.cos(latitude) / math.sqrt(1 - (e * math.sin(latitude)) ** 2)

    def t(latitude: float) -> float:
        s = e * math.sin(latitude)
        return math.tan(math.pi / 4 - latitude / 2) / ((1 - s) / (1 + s)) ** (e / 2)

    one, two = map(math.radians, parallels)
    lon0, lat0 = map(math.radians, origin)
    lon, lat = map(math.radians, point)
    n = (math.log(m(one)) - math.log(m(two))) / (math.log(t(one)) - math.log(t(two)))
    f = m(one) / (n * t(one) ** n)
    far, here, turn = A * f * t(lat0) ** n, A * f * t(lat) ** n, n * (lon - lon0)
    return false[0] + here * math.sin(turn), false[1] + far - here * math.cos(turn)


def band(south: float, north: float) -> float:
    """Square metres of one degree of longitude between two parallels of the ellipsoid (authalic area)."""
    e = math.sqrt(F * (2 - F))

    def up_to(latitude: float) -> float:
        s = math.sin(math.radians(latitude))
        return s / (1 - (e * s) ** 2) + math.log((1 + e * s) / (1 - e * s)) / (2 * e)

    return math.radians(1) * B**2 / 2 * (up_to(north) - up_to(south))


def rectangle(west: float, south: float, east: float, north: float) -> str:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def inside(point: Point, shape: str) -> bool:
    """Whether a ray from the point crosses the rings an odd number of times."""
    x, y = point
    crossed = False
    for ring in json.loads(shape)["coordinates"]:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossed = not crossed
    return crossed


def point_of(row: Row, where: model.Coordinates) -> Point | None:
    if where.geometry is not None:
        text = row[where.geometry]
        return tuple(json.loads(text)["coordinates"]) if text else None
    x, y = row[where.x or ""], row[where.y or ""]
    if x is None or y is None or not (-180 <= x <= 180 and -90 <= y <= 90):
        return None
    return float(x), float(y)


def within(rows: list[Row], step: model.Within, areas: list[Row]) -> list[Row]:
    ordered = sorted(areas, key=lambda area: [area[name] for name in step.columns])
    for order in reversed(step.first):
        ordered.sort(key=lambda area: area[order.column], reverse=order.descending)
    result = []
    for row in rows:
        point = point_of(row, step.coordinates)
        containing = [a for a in ordered if point is not None and inside(point, a[step.other.geometry or ""])]
        result.append({**row, **{name: containing[0][name] if containing else None for name in step.columns}})
    return result


def distances(row: Row, step: model.Located, others: list[Row]) -> list[tuple[float, Row]]:
    here = point_of(row, step.coordinates)
    there = [(point_of(other, step.other), other) for other in others]
    return [
        (vincenty(here, point), other) for point, other in there if here is not None and point is not None
    ]


def nearest(rows: list[Row], step: model.Nearest, others: list[Row]) -> list[Row]:
    result = []
    for row in rows:
        near = [found for found in distances(row, step, others) if found[0] <= step.farthest]
        apart, other = min(near, key=lambda f: (f[0], [f[1][n] for n in step.columns]), default=(None, None))
        added = {name: other[name] if other else None for name in step.columns}
        result.append({**row, **added, step.name: apart})
    return result


def around(rows: list[Row], step: model.Around, others: list[Row]) -> list[Row]:
    result = []
    for row in rows:
        near = [other for apart, other in distances(row, step, others) if apart <= step.metres]
        located = point_of(row, step.coordinates) is not None
        sums = {one.name: sum(other[one.column] for other in near) if located else None for one in step.sums}
        result.append({**row, step.name: len(near) if located else None, **sums})
    return result


def area_share(rows: list[Row], step: model.AreaShare, others: list[Row]) -> list[Row]:
    """Of rectangles only: cut by all their sides into cells, which are in them or not."""
    boxes = [_box(other[step.other.geometry or ""]) for other in others]
    result = []
    for row in rows:
        box = _box(row[step.coordinates.geometry or ""])
        xs = sorted({x for west, _, east, _ in [box, *boxes] for x in (west, east)})
        ys = sorted({y for _, south, _, north in [box, *boxes] for y in (south, north)})
        whole = common = 0.0
        for (west, east), (south, north) in product(pairwise(xs), pairwise(ys)):
            middle = ((west + east) / 2, (south + north) / 2)
            if inside(middle, rectangle(*box)):
                area = (east - west) * band(south, north)
                whole += area
                common += area if any(inside(middle, rectangle(*one)) for one in boxes) else 0.0
        areas = {step.area: common} if step.area is not None else {}
        result.append({**row, step.name: 100 * common / whole, **areas})
    return result


def _box(shape: str) -> tuple[float, float, float, float]:
    ring = json.loads(shape)["coordinates"][0]
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)
