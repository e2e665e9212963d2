"""Snapping of shapes to the grid of a low-zoom vector tile, about as fine as a screen's pixels.

In: shapes as GeoJSON in metres, with shared borders, and a tile's frame. Out: the same in grid steps. Every vertex
goes to the nearest grid point, for all shapes alike: no gap opens between them, where repairing each shape separately
leaves holes. Rings that then enclose nothing are dropped: their neighbours cover them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

type Point = tuple[int, int]
type Ring = list[Point]


@dataclass(frozen=True)
class Frame:
    """Tile: its upper left corner and side in metres, and the number of grid steps of its side."""

    west: float
    north: float
    side: float
    extent: int

    def point(self, place: Sequence[float]) -> Point:
        step = self.extent / self.side
        return round((place[0] - self.west) * step), round((self.north - place[1]) * step)


def on_grid(shape: str, frame: Frame) -> list[Ring]:
    """Outer rings clockwise on the screen, each before its holes, which turn the other way. Empty: nothing encloses a step."""
    return _rings(json.loads(shape), frame)


def geojson(rings: Sequence[Ring]) -> str:
    """Rings as one MultiPolygon, south up as in a tile."""
    polygons: list[list[Ring]] = []
    for ring in rings:
        closed = [*ring, ring[0]]
        if _twice(ring) > 0:
            polygons.append([closed])
        else:
            polygons[-1].append(closed)
    return json.dumps({"type": "MultiPolygon", "coordinates": polygons})


def _rings(shape: dict[str, Any], frame: Frame) -> list[Ring]:
    """Rings of a shape; one inverted by the grid enclosed less than a step, and is dropped."""
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    found: list[Ring] = []
    for polygon in polygons:
        for rank, places in enumerate(polygon):
            ring = _plain([frame.point(place) for place in places[:-1]])
            clockwise = _twice(places) < 0  # north is up in metres, and down on the grid
            if ring and (_twice(ring) > 0) == clockwise:
                found.append(_begun(ring if clockwise == (rank == 0) else ring[::-1]))
            elif rank == 0:
                break
    return found


def _twice(ring: Sequence[Sequence[float]]) -> float:
    """Twice the signed area of a ring; negative when it turns left, the second axis going up."""
    return sum(ring[n - 1][0] * y - x * ring[n - 1][1] for n, (x, y, *_) in enumerate(ring))


def _plain(ring: Ring) -> Ring:
    """Vertices where the ring turns; none when it encloses nothing."""
    made: Ring = []
    for point in ring:
        while made and (made[-1] == point or (len(made) > 1 and _straight(made[-2], made[-1], point))):
            made.pop()
        made.append(point)
    # Where the ring closes, its first points may be on a line with its last.
    while len(made) > 2:
        if made[-1] == made[0] or _straight(made[-2], made[-1], made[0]):
            made.pop()
        elif _straight(made[-1], made[0], made[1]):
            made.pop(0)
        else:
            return made
    return []


def _straight(before: Point, here: Point, after: Point) -> bool:
    return (here[0] - before[0]) * (after[1] - here[1]) == (here[1] - before[1]) * (after[0] - here[0])


def _begun(ring: Ring) -> Ring:
    """Ring started from its highest point: similar shapes then have similar lines, which compress better."""
    first = min(range(len(ring)), key=lambda n: ring[n][::-1])
    return ring[first:] + ring[:first]
