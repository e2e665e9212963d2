"""Lengths that a shapefile and its table announce, checked against their files before the engine opens them.

The engine's spatial extension counts a read cut short by the end of a file as whole: what a forged or truncated file does not hold
would be filled from the memory of this process. Layouts: ESRI Shapefile Technical Description (July 1998), dBASE III header.
"""

import struct
from pathlib import Path
from typing import Final

import numpy as np

_TABLE_HEADER: Final = 32  # bytes
_SHAPE_HEADER: Final = 100
_WORD: Final = 2  # lengths and offsets of shapes are in 16-bit words
_RECORD_HEADER: Final = 4  # words


def are_whole(path: Path) -> bool:
    """Whether this .shp or .dbf, and the files of the same layer beside it, hold all that they announce."""
    tables, shapes, indexes = (_of_layer(path, suffix) for suffix in (".dbf", ".shp", ".shx"))
    return all(map(_table_is_whole, tables)) and all(_shapes_are_whole(index, shapes) for index in indexes)


def _of_layer(path: Path, suffix: str) -> list[Path]:
    """Files of the layer that have this suffix, as the engine looks for them."""
    if path.suffix.lower() == suffix:
        return [path]
    return [file for each in (suffix, suffix.upper()) if (file := path.with_suffix(each)).is_file()]


def _table_is_whole(path: Path) -> bool:
    header = _beginning(path, _TABLE_HEADER)
    if len(header) < _TABLE_HEADER:
        return False
    records, first, length = struct.unpack_from("<IHH", header, 4)
    return bool(first + records * length <= path.stat().st_size)


def _shapes_are_whole(index: Path, shapes: list[Path]) -> bool:
    header = _beginning(index, _SHAPE_HEADER)
    if len(header) < _SHAPE_HEADER:
        return False
    (words,) = struct.unpack_from(">I", header, 24)
    if words * _WORD > index.stat().st_size:
        return False
    numbers = np.fromfile(index, dtype=">u4", offset=_SHAPE_HEADER).astype(np.int64)
    offsets, lengths = numbers[:-1:2], numbers[1::2]
    end = max(_SHAPE_HEADER, int((offsets + lengths + _RECORD_HEADER).max(initial=0)) * _WORD)
    return all(each.stat().st_size >= end for each in shapes)


def _beginning(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)
