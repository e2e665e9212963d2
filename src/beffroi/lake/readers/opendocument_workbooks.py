"""Survey of OpenDocument workbooks (ODS): extent of each sheet, merged and repeated cells, formulas, length of the texts."""

import zipfile

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.refusals import MAX_TABLES, too_many_error
from beffroi.lake.readers.workbook_parts import (
    LONGEST_TEXT,
    TOO_LONG,
    TOP,
    MemoryBudget,
    PartParser,
    Survey,
    parse_count,
)


def survey_opendocument(archive: zipfile.ZipFile, budget: MemoryBudget) -> dict[str, Survey]:
    content = _Content(budget)
    with archive.open("content.xml") as part:
        content.read(part)
    return content.surveys


class _Content(PartParser):
    """Parser of content.xml: current sheet, row and column, and the farthest cell so far."""

    def __init__(self, budget: MemoryBudget) -> None:
        super().__init__()
        self.surveys: dict[str, Survey] = {}
        self._budget = budget
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
                raise UnreadableFile(TOO_LONG)
            self.surveys[self._sheet] = Survey()
            if len(self.surveys) > MAX_TABLES:
                raise too_many_error("Ce classeur", "feuilles")
            self._row = self._height = self._width = 0
        elif name == "table-row":
            self._repeated = max(1, parse_count(_attribute(attributes, "number-rows-repeated")))
            self._column = self._filled = self._row_text = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._begin_cell(name, attributes)
        elif self._depth and name in ("s", "tab", "line-break"):
            self._add(max(1, parse_count(_attribute(attributes, "c"))))

    def _begin_cell(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._times = max(1, parse_count(_attribute(attributes, "number-columns-repeated")))
        self._text, self._covered = 0, name == "covered-table-cell"
        self.parser.CharacterDataHandler = self._characters
        found = self.surveys.get(self._sheet)
        if found is None:
            return
        spanned = parse_count(_attribute(attributes, "number-columns-spanned"))
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
            raise UnreadableFile(TOO_LONG)
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
            self._budget.take_text(self._row_text * self._repeated)
            if self._filled:
                self._height, self._width = self._row, max(self._width, self._filled)
                self._budget.require_room(self._sheet, self._height, self._width)
        elif local == "table":
            # The reader loads all the sheets at once.
            self._budget.take_cells(self._sheet, self._height, self._width)
            self._height = self._width = 0


def _attribute(attributes: dict[str, str], name: str) -> str:
    """Whatever its prefix."""
    usual = attributes.get(f"table:{name}")
    if usual is not None:
        return usual
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")
