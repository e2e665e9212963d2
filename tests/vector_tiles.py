"""Reads Mapbox Vector Tiles 2.1, as much as ours have: layers, numbered features, polygons. In: bytes; out: rings by number."""

from collections.abc import Iterator
from dataclasses import dataclass, field

type Point = tuple[int, int]


@dataclass
class TileLayer:
    """A layer: `rings` of each feature's number, in the units of the grid of `extent`; names of properties."""

    name: str = ""
    extent: int = 4096
    rings: dict[int, list[list[Point]]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


def read_tile(data: bytes) -> dict[str, TileLayer]:
    layers = [_layer(part) for number, part in _fields(data) if number == 3 and isinstance(part, bytes)]
    return {layer.name: layer for layer in layers}


def _layer(data: bytes) -> TileLayer:
    layer = TileLayer()
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            layer.name = value.decode()
        elif number == 5 and isinstance(value, int):
            layer.extent = value
        elif number == 3 and isinstance(value, bytes):
            layer.keys.append(value.decode())
        elif number == 2 and isinstance(value, bytes):
            parts = dict(_fields(value))
            assert parts[3] == 3, "a polygon"
            layer.rings[int(parts[1])] = list(_rings(bytes(parts[4])))  # type: ignore[arg-type]
    return layer


def _rings(data: bytes) -> Iterator[list[Point]]:
    numbers, x, y, ring = list(_varints(data)), 0, 0, list[Point]()
    at = 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            yield ring
            continue
        if command == 1:
            ring = []
        for _ in range(count):
            x, y = x + _signed(numbers[at]), y + _signed(numbers[at + 1])
            ring.append((x, y))
            at += 2


def _signed(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        else:
            assert key & 7 == 2, "a length"
            size, at = _varint(data, at)
            yield key >> 3, data[at : at + size]
            at += size
