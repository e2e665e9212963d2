"""Parquet files of one schema made one, without decoding: the groups of rows are copied, the footer is written anew.

In: paths of parts, in order. Out: one file. The footer is Thrift in its compact protocol; what is not an offset is kept
as it was, whatever it is. Source: parquet.apache.org/docs/file-format, thrift-compact-protocol.md.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MAGIC: Final = b"PAR1"
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 12
# Fields of the footer, by their numbers in parquet.thrift.
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4
_GROUP_COLUMNS, _GROUP_OFFSET, _GROUP_ORDINAL = 1, 5, 7
_CHUNK_OFFSETS, _CHUNK_DATA, _CHUNK_PATH, _DATA_OFFSETS = (2, 4, 6), 3, 1, (9, 10, 11, 14)


class NotAlike(ValueError):
    """Parts whose schemas differ, or that use what these functions do not know."""


type _Struct = dict[int, tuple[int, Any]]  # a type and a value by number of field
type _Listed = tuple[int, list[Any]]  # the type of the elements, and them


def concatenate(parts: Sequence[Path], target: Path) -> None:
    """Write the rows of the parts, in order, to `target`. The parts are deleted. Raises NotAlike."""
    first, *others = parts
    footer, end = _footer(first)
    groups = _groups(footer)
    first.rename(target)
    with target.open("r+b", buffering=0) as out:
        out.seek(end)
        out.truncate()
        for part in others:
            more, end = _footer(part)
            if more[_SCHEMA] != footer[_SCHEMA]:
                raise NotAlike("the schemas of the parts differ")
            shift = out.tell() - len(MAGIC)
            _copy(part, end, out.fileno())
            out.seek(0, os.SEEK_END)
            for group in _groups(more):
                groups.append(_shifted(group, shift))
            footer[_ROWS] = (_I64, footer[_ROWS][1] + more[_ROWS][1])
            part.unlink()
        for ordinal, group in enumerate(groups):
            if _GROUP_ORDINAL in group:
                group[_GROUP_ORDINAL] = (_I16, ordinal)
        written = bytearray()
        _write_struct(written, footer)
        out.write(written + len(written).to_bytes(4, "little") + MAGIC)


def _groups(footer: _Struct) -> list[_Struct]:
    groups: list[_Struct] = footer[_GROUPS][1][1]
    return groups


def _copy(part: Path, end: int, target: int) -> None:
    """Copy what lies between the magic of a part and its footer."""
    with part.open("rb") as source:
        offset = len(MAGIC)
        while offset < end:
            offset += os.sendfile(target, source.fileno(), offset, end - offset)


def _shifted(group: _Struct, shift: int) -> _Struct:
    """Group of rows whose pages have moved."""
    moved = _moved(group, (_GROUP_OFFSET,), shift)
    type_, (element, chunks) = moved[_GROUP_COLUMNS]
    moved[_GROUP_COLUMNS] = (type_, (element, [_shifted_chunk(chunk, shift) for chunk in chunks]))
    return moved


def _shifted_chunk(chunk: _Struct, shift: int) -> _Struct:
    if _CHUNK_PATH in chunk:
        raise NotAlike("the pages are in another file")
    moved = _moved(chunk, _CHUNK_OFFSETS, shift)
    type_, data = moved[_CHUNK_DATA]
    moved[_CHUNK_DATA] = (type_, _moved(data, _DATA_OFFSETS, shift))
    return moved


def _moved(struct: _Struct, fields: Sequence[int], shift: int) -> _Struct:
    # An offset of zero says that there is none.
    return {
        number: (type_, value + shift) if number in fields and value else (type_, value)
        for number, (type_, value) in struct.items()
    }


def _footer(path: Path) -> tuple[_Struct, int]:
    """Footer of a file, and where it begins."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size - 8)
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
        if magic != MAGIC:
            raise NotAlike("not a plain Parquet file")
        file.seek(size - 8 - length)
        return _Reader(file.read(length)).struct(), size - 8 - length


@dataclass
class _Reader:
    """Position in a text of the compact protocol."""

    data: bytes
    at: int = 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        while (byte := self.byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift

    def signed(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def binary(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length : self.at]

    def struct(self) -> _Struct:
        found: _Struct = {}
        number = 0
        while header := self.byte():
            number = number + (header >> 4) if header >> 4 else self.signed()
            found[number] = (header & 0x0F, self.value(header & 0x0F, field=True))
        return found

    def value(self, type_: int, *, field: bool = False) -> Any:
        if type_ in (_TRUE, _FALSE):
            return None if field else self.byte()  # the type of a field is its value
        readers: dict[int, Callable[[], Any]] = {
            _BYTE: self.byte,
            _DOUBLE: lambda: self.binary(8),
            _BINARY: lambda: self.binary(self.varint()),
            _LIST: self.listed,
            _STRUCT: self.struct,
            **dict.fromkeys((_I16, _I32, _I64), self.signed),
        }
        if type_ not in readers:
            raise NotAlike(f"unknown type {type_}")
        return readers[type_]()

    def listed(self) -> _Listed:
        header = self.byte()
        count = header >> 4
        if count == 15:
            count = self.varint()
        return header & 0x0F, [self.value(header & 0x0F) for _ in range(count)]


def _write_struct(out: bytearray, struct: _Struct) -> None:
    last = 0
    for number, (type_, value) in struct.items():
        if 0 < number - last < 16:
            out.append((number - last) << 4 | type_)
        else:
            out.append(type_)
            _write_signed(out, number)
        last = number
        if type_ not in (_TRUE, _FALSE):
            _write(out, type_, value)
    out.append(0)


def _write(out: bytearray, type_: int, value: Any) -> None:
    if type_ in (_TRUE, _FALSE, _BYTE):
        out.append(value)
    elif type_ in (_I16, _I32, _I64):
        _write_signed(out, value)
    elif type_ == _STRUCT:
        _write_struct(out, value)
    elif type_ == _LIST:
        element, values = value
        out.append(min(len(values), 15) << 4 | element)
        if len(values) >= 15:
            _write_varint(out, len(values))
        for each in values:
            _write(out, element, each)
    else:
        if type_ == _BINARY:
            _write_varint(out, len(value))
        out.extend(value)


def _write_signed(out: bytearray, value: int) -> None:
    _write_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)


def _write_varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
