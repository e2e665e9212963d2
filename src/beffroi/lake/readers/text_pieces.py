"""Pieces of a long text, each looked at once, for the cores that read them.

In: a `DelimitedText`. Out: pieces in order, each a UTF-8 file of whole lines with the number of its first row and the
traits of its cells. Only the query of a piece takes long: the next one is made meanwhile.
"""

import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beffroi.lake.readers.byte_traits import BLOCK, TraitDetector
from beffroi.lake.readers.dialect import NONE
from beffroi.lake.readers.encodings import to_utf8
from beffroi.lake.readers.line_ranges import Range, line_ranges
from beffroi.lake.readers.source import DelimitedText, TextTraits

# Bytes of a text that a core reads and writes at a time, at most.
MAX_PIECE = 96 << 20


@dataclass(frozen=True)
class Piece:
    """Lines written together: the first `skip` stand above the table; `first` is the line of the first of its `rows`."""

    number: int
    path: Path
    skip: int
    first: int
    rows: int
    traits: TextTraits


class NotText(ValueError):
    """A text judged by its beginning has bytes that are no text."""


class PieceReader:
    """Pieces of a text, one after the other. Thread-safe."""

    def __init__(self, text: DelimitedText, cores: int) -> None:
        size = text.path.stat().st_size
        rounds = -(-size // (cores * MAX_PIECE))
        self._text = text
        self._ranges = deque(enumerate(line_ranges(text.path, size // (cores * rounds) + 1)))
        self._in_one_range = len(self._ranges) == 1
        # A UTF-8 file in one piece is read where it is.
        self._copies = not self._in_one_range or text.encoding != "utf-8"
        self._detector = TraitDetector(text.separator or NONE, text.quote)
        self._line, self._lock = 1, threading.Lock()

    def take(self, scratch: Path) -> Piece | None:
        """Next piece that has rows, copied over what `scratch` holds: its memory is used again. None at the end."""
        with self._lock:
            while self._ranges:
                number, part = self._ranges.popleft()
                lines = self._copy(part, scratch)
                if self._in_one_range and self._text.rows is not None:  # its lines may end otherwise
                    lines = self._text.start - 1 + self._text.rows
                line, self._line = self._line, self._line + lines
                first = max(line, self._text.start)
                last = line + lines
                if self._text.rows is not None:
                    last = min(last, self._text.start + self._text.rows)
                elif not self._ranges:
                    last -= self._text.blank_end
                rows = last - first
                if rows > 0:
                    path = scratch if self._copies else self._text.path
                    return Piece(number, path, first - line, first, rows, self._detector.traits())
        return None

    def close(self) -> None:
        """Give no other piece."""
        with self._lock:
            self._ranges.clear()

    def _copy(self, part: Range, scratch: Path) -> int:
        """Copy a range in UTF-8: the number of its lines; a last line without its break counts."""
        self._detector.reset()
        lines, last, left = 0, b"", part.end - part.begin
        block = bytearray(BLOCK if self._text.encoding == "utf-8" else BLOCK // 2)
        with self._text.path.open("rb", buffering=0) as source, scratch.open("r+b", buffering=0) as out:
            source.seek(part.begin)
            while left > 0 and (count := source.readinto(memoryview(block)[: min(left, len(block))])):
                left -= count
                lines += int(np.count_nonzero(np.frombuffer(block, np.uint8, count) == ord("\n")))
                last = bytes(block[count - 1 : count])
                found: bytes | memoryview = memoryview(block)[:count]
                if self._text.encoding != "utf-8":
                    found = to_utf8(bytes(found), self._text.encoding)
                if self._text.rows is None and block.find(b"\0", 0, count) >= 0:
                    raise NotText("a null byte far below")
                self._detector.update(found)
                if self._copies:
                    out.write(found)
            out.truncate()
        return lines + (last not in (b"", b"\n"))
