"""Streaming XML parser of a workbook's parts, under a memory budget; what both formats (Office, OpenDocument) share.

In: a part of the archive. Out: a `Survey` a sheet, filled by the parsers of each format. Raises UnreadableFile for what would
take the machine's memory: entities, endless texts or tokens, far-away or repeated cells.
"""

from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from beffroi.lake.errors import UnreadableFile
from beffroi.text import format_number

CHUNK = 1 << 18
# Deflate unfolds a thousand times at most: smaller parts cannot harm.
SMALL = 64 << 10
# A spreadsheet allows 32,767 signs a cell: more is not a spreadsheet's. In bytes, escaped or in runs, some times more.
LONGEST_TEXT = 4 * 32_767
LONGEST_TOKEN = 4 * LONGEST_TEXT
# The reader stores every cell of the rectangle between the first and the last one, and a copy of each shared text.
CELL = 24  # bytes
MIN_VOLUME, VOLUME_A_BYTE, MAX_VOLUME = 512 << 20, 64, 2 << 30
# Only the top of a sheet can hold headers.
TOP = 400
_FARTHEST = 1 << 40  # what a number of rows or columns counts for at most

_TRAP = (
    "Ce classeur contient une construction XML dangereuse (des entités) qu'aucun tableur n'écrit : il est refusé "
    "par prudence. Ouvrez l'original dans votre tableur, enregistrez-le de nouveau, puis redéposez-le."
)
_GIANT = (
    "La feuille « {sheet} » s'étend sur {cells} cellules, presque toutes vides ou répétées : elle est refusée par "
    "prudence. Effacez les lignes et colonnes inutiles, ou exportez la feuille en CSV, puis redéposez-la."
)
WRONG_SIZE = (
    "Ce classeur ment sur la taille de ce qu'il contient et se décompresse en un volume démesuré : il est refusé par "
    "prudence. Ouvrez l'original dans votre tableur, enregistrez-le de nouveau, puis redéposez-le."
)
TOO_LONG = (
    "Ce classeur contient des textes démesurés, plus longs qu'une cellule ne l'admet ou répétés sans fin : il est "
    "refusé par prudence. Exportez ses feuilles en CSV, puis redéposez-les."
)
DAMAGED = (
    "Ce classeur est abîmé ou n'est pas un vrai classeur. "
    "Ouvrez-le dans votre tableur, enregistrez-le de nouveau (ODS ou XLSX), puis redéposez-le."
)


@dataclass
class Survey:
    """`merged`: (row, first column, last column) of cells merged sideways near the top, counted from 0."""

    merged: set[tuple[int, int, int]] = field(default_factory=set)
    formulas: int = 0
    uncomputed: int = 0


@dataclass
class MemoryBudget:
    """Bytes of memory that the next reader may use, for all the sheets."""

    left: int

    def take_text(self, length: int) -> None:
        self.left -= length
        if self.left < 0:
            raise UnreadableFile(TOO_LONG)

    def require_room(self, sheet: str, rows: int, columns: int) -> None:
        if rows * columns * CELL > self.left:
            raise UnreadableFile(_GIANT.format(sheet=sheet[:60], cells=format_number(rows * columns, ",")))

    def take_cells(self, sheet: str, rows: int, columns: int) -> None:
        self.require_room(sheet, rows, columns)
        self.left -= rows * columns * CELL


class PartParser:
    """Streaming parser of one part, whose handlers are given by a subclass; names come without their prefix."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self._element_start = 0  # where the last element began
        self._local: dict[str, str] = {}

    def read(self, part: IO[bytes]) -> None:
        fed = 0
        while chunk := part.read(CHUNK):
            fed += len(chunk)
            self.parser.Parse(chunk, False)
            if fed - self.parser.CurrentByteIndex > LONGEST_TOKEN + len(chunk):
                raise UnreadableFile(TOO_LONG)  # a tag or an attribute without end
        self.parser.Parse(b"", True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        if at - self._element_start > LONGEST_TOKEN:
            raise UnreadableFile(TOO_LONG)
        self._element_start = at
        local = self._local.get(name)
        if local is None:
            local = self._local[name] = name.rpartition(":")[2]
        self.start(local, attributes)

    @staticmethod
    def _refuse_doctype(*_: object) -> None:
        raise UnreadableFile(_TRAP)


def parse_count(digits: str) -> int:
    """Count or rank of a sheet: 0 for anything else, capped beyond the size of any sheet."""
    return min(int(digits[:13]), _FARTHEST) if digits.isascii() and digits.isdigit() else 0
