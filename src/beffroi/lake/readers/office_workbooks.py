"""Survey of Office workbooks (XLSX, XLSM): extent of each sheet, merged cells, formulas, length of the shared texts."""

import posixpath
import zipfile

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.refusals import MAX_TABLES, too_many_error
from beffroi.lake.readers.workbook_parts import (
    LONGEST_TEXT,
    MIN_VOLUME,
    TOO_LONG,
    TOP,
    WRONG_SIZE,
    MemoryBudget,
    PartParser,
    Survey,
    parse_count,
)


def survey_office(archive: zipfile.ZipFile, names: set[str], budget: MemoryBudget) -> dict[str, Survey]:
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
            found = known[part] = _Sheet(sheet, budget)
            with archive.open(part) as file:
                found.read(file)
        budget.take_cells(sheet, found.highest, found.widest)
        if longest * found.shared > MIN_VOLUME >> 3:
            references = _References(lengths)
            with archive.open(part) as file:
                references.read(file)
            budget.take_text(references.repeated)
        surveys[sheet] = found.survey
    return surveys


def _lengths(archive: zipfile.ZipFile) -> list[int]:
    texts = _SharedTexts(archive.getinfo("xl/sharedStrings.xml").file_size)
    with archive.open("xl/sharedStrings.xml") as file:
        texts.read(file)
    return texts.lengths


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Part of the archive of each sheet."""
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


class _Links(PartParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class _Sheets(PartParser):
    """(name, link) of each sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.found.append((attributes.get("name", ""), link))
            if len(self.found) > MAX_TABLES:
                raise too_many_error("Ce classeur", "feuilles")


class _SharedTexts(PartParser):
    """Length of each shared text, all its runs together."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self._size = size
        self.parser.CharacterDataHandler = self._text

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.lengths.append(0)
        elif name == "sst" and parse_count(attributes.get("uniqueCount", "")) > self._size:
            raise UnreadableFile(WRONG_SIZE)  # the reader makes room for as many as are said

    def _text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)
            if self.lengths[-1] > LONGEST_TEXT:
                raise UnreadableFile(TOO_LONG)


class _Sheet(PartParser):
    """Sheet: its extent, merged cells, formulas and how many of them have no value."""

    def __init__(self, name: str, budget: MemoryBudget) -> None:
        super().__init__()
        self.survey = Survey()
        self.highest = self.widest = self.shared = 0
        self._name, self._budget = name, budget
        self._row = self._column = 0
        self._letters: set[str] = set()
        self._empty, self._reference = False, ""  # of the cell met last
        self._awaits_value = False  # the formula met last, for its value

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell(attributes)
        elif name == "row":
            self._row = parse_count(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif self._empty and name in ("v", "f", "is"):
            self._fill()
        if name == "f":
            self.survey.formulas += 1
            self._awaits_value = True
            self.parser.EndElementHandler = self._end
        elif name == "v" and self._awaits_value:
            self.parser.CharacterDataHandler = self._value

    def _cell(self, attributes: dict[str, str]) -> None:
        """Register a cell; one with only a style costs the reader nothing, and counts once it has content."""
        self._empty = True
        self._column += 1
        self._reference = attributes.get("r", "")
        if attributes.get("t") == "s":
            self.shared += 1

    def _fill(self) -> None:
        self._empty = False
        letters = self._reference.rstrip("0123456789")
        row = parse_count(self._reference[len(letters) :]) if self._reference else self._row
        if letters not in self._letters:
            self._letters.add(letters)
            self._column = max(self._column, _place(letters))
        if self._column > self.widest or row > self.highest:
            self.widest, self.highest = max(self.widest, self._column), max(self.highest, row)
            self._budget.require_room(self._name, self.highest, self.widest)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        left, right = first.rstrip("0123456789"), last.rstrip("0123456789")
        row = parse_count(first[len(left) :])
        if left != right and 0 < row <= TOP and left and right:
            self.survey.merged.add((row - 1, _place(left) - 1, _place(right) - 1))

    def _value(self, text: str) -> None:
        if text.strip():
            self._awaits_value = False

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "c":
            self.survey.uncomputed += self._awaits_value
            self._awaits_value = False
            self.parser.EndElementHandler = self.parser.CharacterDataHandler = None


class _References(PartParser):
    """Total length of the shared texts of a sheet, each counted as often as a cell refers to it."""

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
        index = parse_count(text.strip())
        if index < len(self._lengths):
            self.repeated += self._lengths[index]


def _place(letters: str) -> int:
    """« A » is 1, « AA » is 27; 0 beyond three letters, which no reader takes."""
    place = 0
    if len(letters) > 3:
        return 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - 64
    return max(0, min(place, 18_278))
