"""Writes the vector tiles of far zooms (Mapbox Vector Tile 2.1), on a grid about as fine as a screen's pixels.

In: shapes with a number, as GeoJSON in metres, that keep one border between neighbours, and a tile's frame. Out: bytes. Every
corner goes to the nearest point of the grid, for all shapes alike: no gap opens between them, where mending each shape by
itself leaves holes. What then encloses nothing is not drawn: its neighbours cover it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

type Point = tuple[int, int]
type Ring = list[Point]

_MOVE, _LINE, _CLOSE = 1, 2, 7  # commands of a drawing
_SURFACE = 3


@dataclass(frozen=True)
class Frame:
    """A tile: its upper left corner and its side in metres, and how many steps of the grid its side has."""

    west: float
    north: float
    side: float
    extent: int

    def point(self, place: Sequence[float]) -> Point:
        step = self.extent / self.side
        return round((place[0] - self.west) * step), round((self.north - place[1]) * step)


def far_tile(layer: str, shapes: Iterable[tuple[int, str]], frame: Frame) -> bytes:
    """The tile of one layer; empty when nothing encloses a step of the grid."""
    drawn = {number: _rings(json.loads(shape), frame) for number, shape in shapes}
    features = [(len(rings[0]), _feature(number, rings), number) for number, rings in drawn.items() if rings]
    if not features:
        return b""
    # Those that are written alike follow one another: gzip makes a tile a sixth lighter than in the order of numbers.
    features.sort(key=lambda one: (one[0], len(one[1]), one[2]))
    written = b"".join(feature for _, feature, _ in features)
    return _bytes(3, _value(15, 2) + _bytes(1, layer.encode()) + written + _value(5, frame.extent))


def _rings(shape: dict[str, Any], frame: Frame) -> list[Ring]:
    """Outlines clockwise on the screen, holes the other way. A ring turned over by the grid enclosed less than a step."""
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
    """Twice the area that a ring encloses; below zero when it turns left, the second axis going up."""
    return sum(ring[n - 1][0] * y - x * ring[n - 1][1] for n, (x, y, *_) in enumerate(ring))


def _plain(ring: Ring) -> Ring:
    """Only the points where the ring turns; none when it encloses nothing."""
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
    """The same ring from its highest point: the lines that follow then look alike from shape to shape."""
    first = min(range(len(ring)), key=lambda n: ring[n][::-1])
    return ring[first:] + ring[:first]


def _feature(number: int, rings: list[Ring]) -> bytes:
    drawn, x, y = bytearray(), 0, 0
    for ring in rings:
        for rank, (east, south) in enumerate(ring):
            if rank < 2:
                drawn += _varint(1 << 3 | _MOVE if rank == 0 else (len(ring) - 1) << 3 | _LINE)
            drawn += _varint(_zigzag(east - x)) + _varint(_zigzag(south - y))
            x, y = east, south
        drawn += _varint(1 << 3 | _CLOSE)
    return _bytes(2, _value(3, _SURFACE) + _bytes(4, bytes(drawn)) + _value(1, number))


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _value(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
