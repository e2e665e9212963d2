"""What an XLSX or ODS workbook says around its cells: merged cells, formulas, errors, hidden traps.

In: the workbook, before it is opened. Out: a `Survey` a sheet, from one pass of a streaming XML parser over its parts, in
bounded memory; a workbook whose cells would take the machine's memory (entities, repeated or far-away cells, texts
repeated without end, thousands of sheets) is refused here.
"""

import os
import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO
from xml.parsers import expat

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.refusals import MOST_TABLES, too_many
from beffroi.text import format_number

CHUNK = 1 << 18
# Deflate unfolds a thousand times at most: smaller parts cannot harm.
SMALL = 64 << 10
# A spreadsheet allows 32,767 signs a cell: more is not a spreadsheet's. In bytes, escaped or in runs, some times more.
LONGEST_TEXT = 4 * 32_767
LONGEST_TOKEN = 4 * LONGEST_TEXT
# The reader keeps every cell of the rectangle between the first and the last one, and a copy of each shared text.
CELL = 24  # bytes
LEAST_VOLUME, VOLUME_A_BYTE, MOST_VOLUME = 512 << 20, 64, 2 << 30
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
_LIAR = (
    "Ce classeur ment sur la taille de ce qu'il contient et se décompresse en un volume démesuré : il est refusé par "
    "prudence. Ouvrez l'original dans votre tableur, enregistrez-le de nouveau, puis redéposez-le."
)
_LONG = (
    "Ce classeur contient des textes démesurés, plus longs qu'une cellule ne l'admet ou répétés sans fin : il est "
    "refusé par prudence. Exportez ses feuilles en CSV, puis redéposez-les."
)
DAMAGED = (
    "Ce classeur est abîmé ou n'est pas un vrai classeur. "
    "Ouvrez-le dans votre tableur, enregistrez-le de nouveau (ODS ou XLSX), puis redéposez-le."
)


@dataclass
class Survey:
    """`merged` holds (row, first column, last column) of cells merged sideways near the top, counted from 0."""

    merged: set[tuple[int, int, int]] = field(default_factory=set)
    formulas: int = 0
    uncomputed: int = 0


def survey(path: Path) -> dict[str, Survey]:
    """By sheet; empty for a kind of workbook that has no XML. Raises UnreadableFile for a trap, or XML that is none."""
    if not zipfile.is_zipfile(path):
        return {}  # XLS: whoever opens it says what is wrong
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            with path.open("rb") as file:
                for info in archive.infolist():
                    _refuse_liar(file, info)
            volume = _Volume(min(MOST_VOLUME, max(LEAST_VOLUME, VOLUME_A_BYTE * path.stat().st_size)))
            if "content.xml" in names:
                return _opendocument(archive, volume)
            if "xl/workbook.xml" in names:
                return _office(archive, names, volume)
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
        zlib.error,
        KeyError,
        ValueError,
        EOFError,
        RuntimeError,  # a part has a password, or an unknown compression
    ) as error:
        raise UnreadableFile(DAMAGED) from error
    return {}


def _refuse_liar(file: BinaryIO, info: zipfile.ZipInfo) -> None:
    """A part that unfolds beyond the size it declares: the reader that follows would not stop there."""
    if info.compress_type != zipfile.ZIP_DEFLATED or info.compress_size < SMALL:
        return
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), os.SEEK_CUR)
    unfolding, written, left = zlib.decompressobj(-15), 0, info.compress_size
    while left > 0 and (chunk := file.read(min(left, 1 << 16))):
        left -= len(chunk)
        while chunk and not unfolding.eof:
            written += len(unfolding.decompress(chunk, 4 << 20))
            chunk = unfolding.unconsumed_tail
            if written > info.file_size:
                raise UnreadableFile(_LIAR)


@dataclass
class _Volume:
    """What the reader that follows may keep in memory, in bytes, for all the sheets."""

    left: int

    def take_text(self, length: int) -> None:
        self.left -= length
        if self.left < 0:
            raise UnreadableFile(_LONG)

    def must_hold(self, sheet: str, rows: int, columns: int) -> None:
        if rows * columns * CELL > self.left:
            raise UnreadableFile(_GIANT.format(sheet=sheet[:60], cells=format_number(rows * columns, ",")))

    def take_cells(self, sheet: str, rows: int, columns: int) -> None:
        self.must_hold(sheet, rows, columns)
        self.left -= rows * columns * CELL


class _Parts:
    """A streaming parser of one part, whose handlers a subclass gives; names come without their prefix."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self._met = 0  # where the last element began
        self._local: dict[str, str] = {}

    def read(self, part: IO[bytes]) -> None:
        fed = 0
        while chunk := part.read(CHUNK):
            fed += len(chunk)
            self.parser.Parse(chunk, False)
            if fed - self.parser.CurrentByteIndex > LONGEST_TOKEN + len(chunk):
                raise UnreadableFile(_LONG)  # a tag or an attribute without end
        self.parser.Parse(b"", True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        if at - self._met > LONGEST_TOKEN:
            raise UnreadableFile(_LONG)
        self._met = at
        local = self._local.get(name)
        if local is None:
            local = self._local[name] = name.rpartition(":")[2]
        self.start(local, attributes)

    @staticmethod
    def _refuse_doctype(*_: object) -> None:
        raise UnreadableFile(_TRAP)


# --- XLSX


def _office(archive: zipfile.ZipFile, names: set[str], volume: _Volume) -> dict[str, Survey]:
    parts = _sheet_parts(archive, names)
    lengths: list[int] = []
    if "xl/sharedStrings.xml" in names:
        lengths = _lengths(archive)
    longest = max(lengths, default=0)
    surveys = {}
    known: dict[str, _Sheet] = {}  # several sheets may name one part
    for sheet, part in parts.items():
        found = known.get(part)
        if found is None:
            found = known[part] = _Sheet(sheet, volume)
            with archive.open(part) as file:
                found.read(file)
        volume.take_cells(sheet, found.highest, found.widest)
        if longest * found.shared > LEAST_VOLUME >> 3:
            references = _References(lengths)
            with archive.open(part) as file:
                references.read(file)
            volume.take_text(references.repeated)
        surveys[sheet] = found.survey
    return surveys


def _lengths(archive: zipfile.ZipFile) -> list[int]:
    texts = _SharedTexts(archive.getinfo("xl/sharedStrings.xml").file_size)
    with archive.open("xl/sharedStrings.xml") as file:
        texts.read(file)
    return texts.lengths


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Which part of the archive holds each sheet."""
    links, sheets = _Links(), _Sheets()
    for reader, name in ((links, "xl/_rels/workbook.xml.rels"), (sheets, "xl/workbook.xml")):
        with archive.open(name) as file:
            reader.read(file)
    parts = {}
    for name, link in sheets.found:
        target = posixpath.normpath(posixpath.join("/xl", links.targets.get(link, ""))).lstrip("/")
        if target in names:
            parts[name] = target
    return parts


class _Links(_Parts):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class _Sheets(_Parts):
    """(name, link) of each sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.found.append((attributes.get("name", ""), link))
            if len(self.found) > MOST_TABLES:
                raise too_many("Ce classeur", "feuilles")


class _SharedTexts(_Parts):
    """The length of each shared text, all its runs together."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self._size = size
        self.parser.CharacterDataHandler = self._text

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.lengths.append(0)
        elif name == "sst" and _number(attributes.get("uniqueCount", "")) > self._size:
            raise UnreadableFile(_LIAR)  # the reader makes room for as many as are said

    def _text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)
            if self.lengths[-1] > LONGEST_TEXT:
                raise UnreadableFile(_LONG)


class _Sheet(_Parts):
    """One sheet: how far it goes, its merged cells, its formulas and how many of them have no value."""

    def __init__(self, name: str, volume: _Volume) -> None:
        super().__init__()
        self.survey = Survey()
        self.highest = self.widest = self.shared = 0
        self._name, self._volume = name, volume
        self._row = self._column = 0
        self._letters: set[str] = set()
        self._empty, self._reference = False, ""  # of the cell met last
        self._waits = False  # the formula met last, for its value

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell(attributes)
        elif name == "row":
            self._row = _number(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif self._empty and name in ("v", "f", "is"):
            self._fill()
        if name == "f":
            self.survey.formulas += 1
            self._waits = True
            self.parser.EndElementHandler = self._end
        elif name == "v" and self._waits:
            self.parser.CharacterDataHandler = self._value

    def _cell(self, attributes: dict[str, str]) -> None:
        """A cell that has only a style costs the reader nothing: its place counts once there is something in it."""
        self._empty = True
        self._column += 1
        self._reference = attributes.get("r", "")
        if attributes.get("t") == "s":
            self.shared += 1

    def _fill(self) -> None:
        self._empty = False
        letters = self._reference.rstrip("0123456789")
        row = _number(self._reference[len(letters) :]) if self._reference else self._row
        if letters not in self._letters:
            self._letters.add(letters)
            self._column = max(self._column, _place(letters))
        if self._column > self.widest or row > self.highest:
            self.widest, self.highest = max(self.widest, self._column), max(self.highest, row)
            self._volume.must_hold(self._name, self.highest, self.widest)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        left, right = first.rstrip("0123456789"), last.rstrip("0123456789")
        row = _number(first[len(left) :])
        if left != right and 0 < row <= TOP and left and right:
            self.survey.merged.add((row - 1, _place(left) - 1, _place(right) - 1))

    def _value(self, text: str) -> None:
        if text.strip():
            self._waits = False

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "c":
            self.survey.uncomputed += self._waits
            self._waits = False
            self.parser.EndElementHandler = self.parser.CharacterDataHandler = None


class _References(_Parts):
    """How long the shared texts of a sheet are together, each counted as often as a cell shows it."""

    def __init__(self, lengths: list[int]) -> None:
        super().__init__()
        self.repeated = 0
        self._lengths = lengths
        self._shared = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._shared = attributes.get("t") == "s"
        self.parser.CharacterDataHandler = self._index if name == "v" and self._shared else None

    def _index(self, text: str) -> None:
        index = _number(text.strip())
        if index < len(self._lengths):
            self.repeated += self._lengths[index]


def _number(digits: str) -> int:
    """A count or a rank; what is none, 0, and what is beyond any sheet, beyond any sheet."""
    return min(int(digits[:13]), _FARTHEST) if digits.isascii() and digits.isdigit() else 0


def _place(letters: str) -> int:
    """« A » is 1, « AA » is 27; 0 beyond three letters, which no reader takes."""
    place = 0
    if len(letters) > 3:
        return 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return max(0, min(place, 18_278))


# --- ODS


def _opendocument(archive: zipfile.ZipFile, volume: _Volume) -> dict[str, Survey]:
    content = _Content(volume)
    with archive.open("content.xml") as part:
        content.read(part)
    return content.surveys


class _Content(_Parts):
    """A content.xml: the sheet, the row, the column where the reading is, and the far corner met so far."""

    def __init__(self, volume: _Volume) -> None:
        super().__init__()
        self.surveys: dict[str, Survey] = {}
        self._volume = volume
        self._sheet = ""
        self._row = self._column = self._height = self._width = 0
        self._repeated, self._filled, self._row_text = 1, 0, 0  # of the row
        self._times, self._text, self._covered = 1, 0, False  # of the cell
        self._depth = 0  # of cells
        self.parser.EndElementHandler = self._end

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._sheet = _attribute(attributes, "name")
            if len(self._sheet) > LONGEST_TEXT:
                raise UnreadableFile(_LONG)
            self.surveys[self._sheet] = Survey()
            if len(self.surveys) > MOST_TABLES:
                raise too_many("Ce classeur", "feuilles")
            self._row = self._height = self._width = 0
        elif name == "table-row":
            self._repeated = max(1, _number(_attribute(attributes, "number-rows-repeated")))
            self._column = self._filled = self._row_text = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._begin_cell(name, attributes)
        elif self._depth and name in ("s", "tab", "line-break"):
            self._add(max(1, _number(_attribute(attributes, "c"))))

    def _begin_cell(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._times = max(1, _number(_attribute(attributes, "number-columns-repeated")))
        self._text, self._covered = 0, name == "covered-table-cell"
        self.parser.CharacterDataHandler = self._characters
        found = self.surveys.get(self._sheet)
        if found is None:
            return
        spanned = _number(_attribute(attributes, "number-columns-spanned"))
        if spanned > 1 and self._row < TOP:
            found.merged.add((self._row, self._column, self._column + min(spanned, 1 << 14) - 1))
        if any(key.endswith(":formula") for key in attributes):
            found.formulas += self._times * min(self._repeated, 1_000_000)
        self._column += self._times
        if any(key.endswith(":value-type") for key in attributes):
            self._filled = self._column

    def _characters(self, text: str) -> None:
        self._add(len(text))

    def _add(self, length: int) -> None:
        self._text += length
        if self._text > LONGEST_TEXT:
            raise UnreadableFile(_LONG)
        if not self._covered:
            self._filled = self._column

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local in ("table-cell", "covered-table-cell"):
            self._depth -= 1
            self._row_text += self._text * self._times
            self._text = 0
            if not self._depth:
                self.parser.CharacterDataHandler = None
        elif local == "table-row":
            self._row += self._repeated
            self._volume.take_text(self._row_text * self._repeated)
            if self._filled:
                self._height, self._width = self._row, max(self._width, self._filled)
                self._volume.must_hold(self._sheet, self._height, self._width)
        elif local == "table":
            # The reader holds all the sheets at once.
            self._volume.take_cells(self._sheet, self._height, self._width)
            self._height = self._width = 0


def _attribute(attributes: dict[str, str], name: str) -> str:
    """Whatever its prefix."""
    usual = attributes.get(f"table:{name}")
    if usual is not None:
        return usual
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")
