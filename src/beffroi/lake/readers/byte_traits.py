"""Detection of cell traits from the bytes of a text: padding blanks, quotes, numbers with letters.

In: blocks of UTF-8, the separator and the quote. Out: `TextTraits`, at memory speed; may give false positives (a blank next to a
separator inside quotes, « 2e étage »), never false negatives.
"""

import codecs
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beffroi.lake.readers.source import BLANKS, UNKNOWN_TRAITS, TextTraits

# Fits in the cache of a core, and is below what the allocator takes from the system anew each time.
BLOCK = 120 << 10
_OVERLAP = 8
# Every blank, line break and double quote that is a single byte comes before this sign.
_BELOW = ord('"') + 1

Bytes = npt.NDArray[np.uint8]
Truths = npt.NDArray[np.bool_]


def detect_traits(path: Path, separator: str, quote: str) -> TextTraits:
    """Traits of a UTF-8 file; all are true as soon as a cell is padded: its text is then read the slower way."""
    detector = TraitDetector(separator, quote)
    block = bytearray(BLOCK)
    with path.open("rb", buffering=0) as file:
        while (count := file.readinto(block)) and not detector.padded:
            detector.update(memoryview(block)[:count])
    return detector.traits()


class TraitDetector:
    """Traits of a text given block by block; its scratch arrays are allocated once."""

    def __init__(self, separator: str, quote: str) -> None:
        self._text = text = bytearray(_OVERLAP + BLOCK + 1)
        sides = [sign.encode() for sign in (separator, quote, "\n", "\r")]
        self._before, self._after = _table(sign[-1] for sign in sides), _table(sign[0] for sign in sides)
        self._beyond = {code for sign in sides for code in (sign[0], sign[-1]) if code >= _BELOW}
        self._blanks = [sign.encode() for sign in BLANKS if sign not in f"\r\n{separator}"]
        # Inside quotes, a separator that is a blank is a blank of its cell.
        self._doubtful = quote.encode() if separator in BLANKS else b""
        self._quote = quote.encode()
        self._room = room = np.frombuffer(text, np.uint8)
        self._changed = np.empty_like(room)
        self._near, self._one, self._two = (np.empty(room.size, np.bool_) for _ in range(3))
        self.reset()

    def reset(self) -> None:
        """Forget the text: the next block begins another one."""
        self._text[:1] = b"\n"
        self._end, self._first = 1, True
        self.padded = self._quoted = self._lettered = False

    def update(self, block: bytes | memoryview) -> None:
        """Look at the next block, of any size."""
        if self._first and bytes(block[:3]) == codecs.BOM_UTF8:
            block = block[3:]
        self._first = False
        for begin in range(0, len(block), BLOCK):
            if self.padded:
                return
            self._look(block[begin : begin + BLOCK])

    def _look(self, block: bytes | memoryview) -> None:
        end = self._end + len(block)
        self._text[self._end : end] = block
        self.padded = self._is_padded(end)
        self._quoted = self._quoted or self._has(end, self._quote)
        self._lettered = self._lettered or self._is_lettered(end)
        overlap = min(end, _OVERLAP)
        self._text[:overlap] = self._text[end - overlap : end]
        self._end = overlap

    def traits(self) -> TextTraits:
        """Traits of the blocks since the beginning of the text."""
        self._text[self._end] = ord("\n")
        if self.padded or self._is_padded(self._end + 1):
            return UNKNOWN_TRAITS
        return TextTraits(False, self._quoted, self._lettered)

    def _has(self, end: int, sign: bytes) -> bool:
        return self._text.find(sign[:1], 0, end) >= 0

    def _is_padded(self, end: int) -> bool:
        if self._doubtful and self._has(end, self._doubtful):
            return True
        blanks = [blank for blank in self._blanks if self._has(end, blank)]
        if not blanks:
            return False
        near = np.less(self._room[:end], _BELOW, out=self._near[:end])
        for code in self._beyond:
            near |= np.equal(self._room[:end], code, out=self._two[:end])
        return any(self._is_adjacent(end, blank, near) for blank in blanks)

    def _is_adjacent(self, end: int, blank: bytes, near: Truths) -> bool:
        """Whether a blank stands next to a side of a cell; `near` says which bytes may be a side."""
        signs, size = self._room[:end], len(blank)
        stop = end - size
        if stop < 2:
            return False
        found = np.equal(signs[1:stop], blank[0], out=self._one[: stop - 1])
        sides = np.logical_or(near[: stop - 1], near[1 + size : end], out=self._two[: stop - 1])
        # Few are left: the others are in the middle of a cell.
        places = np.flatnonzero(np.logical_and(found, sides, out=found)) + 1
        for offset, code in enumerate(blank[1:], 1):
            places = places[signs[places + offset] == code]
        exact = self._before[signs[places - 1]] | self._after[signs[places + size]]
        return bool(exact.any())

    def _is_lettered(self, end: int) -> bool:
        signs, changed = self._room[:end], self._changed[:end]
        letter = np.equal(np.bitwise_or(signs, 0x20, out=changed), ord("e"), out=self._one[:end])
        if self._has(end, b"_"):
            letter |= np.equal(signs, ord("_"), out=self._two[:end])
        # From « , » to « 9 »: comma, point, figures; « - » and « / » are among them for nothing.
        figure = np.less(np.subtract(signs, ord(","), out=changed), 14, out=self._two[:end])
        return bool(np.logical_and(figure[:-1], letter[1:], out=self._near[: end - 1]).any())


def _table(codes: Iterable[int]) -> Truths:
    table = np.zeros(256, np.bool_)
    table[list(codes)] = True
    return table
