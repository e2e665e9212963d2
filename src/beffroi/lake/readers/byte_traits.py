"""Detection of cell traits from the bytes of a text: padding blanks, quotes, numbers with letters.

In: a UTF-8 file, its separator and its quote. Out: `TextTraits`, at memory speed; may give false positives (a blank next to a
separator inside quotes, « 2e étage »), never false negatives.
"""

import codecs
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beffroi.lake.readers.line_ranges import Range, cores_for, line_ranges
from beffroi.lake.readers.source import BLANKS, TextTraits

# What fits in the cache of a core is compared many times at little cost.
_CHUNK = 1 << 18
_OVERLAP = 8

Bytes = npt.NDArray[np.uint8]
Truths = npt.NDArray[np.bool_]
_DOUBTFUL = TextTraits(padded=True, quoted=True, lettered=True)


def detect_traits(path: Path, separator: str, quote: str) -> TextTraits:
    """Traits of the file; all are true as soon as a cell is padded: its text is then read the slower way."""
    cores = cores_for(size := path.stat().st_size)
    ranges = line_ranges(path, size // cores + 1)
    with ThreadPoolExecutor(cores) as pool:
        found = [*pool.map(lambda each: _traits_of(path, each, separator, quote), ranges)]
    if any(traits.padded for traits in found):
        return _DOUBTFUL
    return TextTraits(False, any(each.quoted for each in found), any(each.lettered for each in found))


def _traits_of(path: Path, part: Range, separator: str, quote: str) -> TextTraits:
    """Traits of the lines between two places of the file."""
    # One room, filled again and again: new ones cost more than what is looked for in them.
    room = bytearray(_OVERLAP + _CHUNK + 1)
    room[:1] = b"\n"
    bench = _Bench(separator, quote, room)
    end, quoted, lettered = 1, False, False
    with path.open("rb", buffering=0) as file:
        left = part.end - file.seek(part.begin)
        if not part.begin and file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            left -= len(codecs.BOM_UTF8)
        else:
            file.seek(part.begin)
        while left > 0 and (count := file.readinto(memoryview(room)[end : end + min(_CHUNK, left)])):
            left -= count
            end += count
            if bench.is_padded(end):
                return _DOUBTFUL
            quoted = quoted or bench.has(end, quote.encode())
            lettered = lettered or bench.is_lettered(end)
            overlap = min(end, _OVERLAP)
            room[:overlap] = room[end - overlap : end]
            end = overlap
    room[end] = ord("\n")
    return _DOUBTFUL if bench.is_padded(end + 1) else TextTraits(False, quoted, lettered)


class _Bench:
    """Buffer of bytes under test, with its scratch arrays, allocated once."""

    def __init__(self, separator: str, quote: str, text: bytearray) -> None:
        self.text, room = text, np.frombuffer(text, np.uint8)
        sides = [sign.encode() for sign in (separator, quote, "\n", "\r")]
        self.before, self.after = _table(sign[-1] for sign in sides), _table(sign[0] for sign in sides)
        self.blanks = [sign.encode() for sign in BLANKS if sign not in f"\r\n{separator}"]
        # Inside quotes, a separator that is a blank is a blank of its cell.
        self.doubtful = quote.encode() if separator in BLANKS else b""
        self.room, self.changed = room, np.empty_like(room)
        self.one, self.two, self.both = (np.empty(room.size, np.bool_) for _ in range(3))

    def has(self, end: int, sign: bytes) -> bool:
        return self.text.find(sign[:1], 0, end) >= 0

    def is_padded(self, end: int) -> bool:
        if self.doubtful and self.has(end, self.doubtful):
            return True
        return any(self._is_adjacent(end, blank) for blank in self.blanks)

    def is_lettered(self, end: int) -> bool:
        signs, changed = self.room[:end], self.changed[:end]
        letter = np.equal(np.bitwise_or(signs, 0x20, out=changed), ord("e"), out=self.one[:end])
        if self.has(end, b"_"):
            letter |= np.equal(signs, ord("_"), out=self.two[:end])
        # From « , » to « 9 »: comma, point, figures; « - » and « / » are among them for nothing.
        figure = np.less(np.subtract(signs, ord(","), out=changed), 14, out=self.two[:end])
        return bool(np.logical_and(figure[:-1], letter[1:], out=self.both[: end - 1]).any())

    def _is_adjacent(self, end: int, blank: bytes) -> bool:
        """Whether a blank stands next to a side of a cell. Looked up around the blanks only: there are few."""
        if not self.has(end, blank):
            return False
        signs = self.room[:end]
        found = np.equal(signs[1 : end - len(blank)], blank[0], out=self.one[: max(0, end - len(blank) - 1)])
        places = np.flatnonzero(found) + 1
        for offset, code in enumerate(blank[1:], 1):
            places = places[signs[places + offset] == code]
        sides = self.before[signs[places - 1]] | self.after[signs[places + len(blank)]]
        return bool(sides.any())


def _table(codes: Iterable[int]) -> Truths:
    table = np.zeros(256, np.bool_)
    table[list(codes)] = True
    return table
