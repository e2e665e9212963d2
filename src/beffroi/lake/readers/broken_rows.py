"""Rows that an export broke: amounts cut by the comma that separates columns, records cut by a line break without quotes.

In: records of a text and the width of its table. Out: the amounts cut in a record, as written; the records joined again
where the pieces fill exactly one row of the table, and nothing else can be made of them.
"""

import mmap
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.dialect import Record
from beffroi.lake.readers.layout import blank, kind
from beffroi.lake.readers.proposals import is_missing

MAX_PIECES = 50
# « 100 000,00 » without quotes: its second cell holds the decimals.
_WHOLE = re.compile(r"[+-]?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+")
_DECIMALS = re.compile(r"\d{1,4}(?: ?[€%])?")
_CENTS = re.compile(r"\d\d(?: ?[€%])?")
_CUT_BEFORE_BLANK = re.compile(rb'(?: |\xc2\xa0|\xe2\x80\xaf)\d{3},\d\d(?:,[^"\r\n]*)?,[\r\n]')
# What no cell begins with: a sentence that goes on.
_INSIDE = re.compile(r"[a-zß-ÿœ(,;:.!?)-]")


def cut_amounts(cells: Sequence[str], width: int) -> list[str]:
    """Amounts whose decimals became cells, when they explain why a row of the table, `width` cells wide, has more."""
    found, place = [], 0
    while place + 1 < len(cells):
        whole, decimals = cells[place].strip(), cells[place + 1].strip()
        if _WHOLE.fullmatch(whole) and _DECIMALS.fullmatch(decimals):
            found.append((whole, decimals))
            place += 1
        place += 1
    # Grouped thousands followed by decimals are nothing else; other pairs may be two numbers.
    sure = [
        (whole, decimals)
        for whole, decimals in found
        if _GROUPED.fullmatch(whole) and _CENTS.fullmatch(decimals)
    ]
    over = len(cells) - width
    if over > 0 and not blank(list(cells[width:])):
        chosen = sure or ([pair for pair in found if _CENTS.fullmatch(pair[1])] if len(found) >= over else [])
    else:
        chosen = sure if over > 0 else []
    return [f"{whole},{decimals}" for whole, decimals in chosen]


def may_end_blank(path: Path) -> bool:
    """Whether a line that ends with a blank cell has a cut amount: the engine forgives it one cell too many."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        blank_end = text.find(b",\n") >= 0 or text.find(b",\r") >= 0
        return blank_end and _CUT_BEFORE_BLANK.search(text) is not None


def cut_reason(amount: str) -> str:
    return (
        f"« {amount} », écrit sans guillemets, est coupé en deux : la virgule y sépare aussi les colonnes. "
        "Exportez avec le point-virgule comme séparateur, ou mettez ces nombres entre guillemets."
    )


def refuse_cut_amounts(body: Sequence[Record], names: int) -> None:
    """Raises UnreadableFile when the amounts of most rows are cut: each column would have the values of another."""
    rows = [record for record in body if not blank(record.cells)]
    cut = [(record, amounts) for record in rows if (amounts := cut_amounts(record.cells, names))]
    if cut and len(cut) >= 0.5 * len(rows):
        record, amounts = cut[0]
        raise UnreadableFile(
            f"Ligne {record.line} : {cut_reason(amounts[0])} Rien n'est repris de ce fichier, qui reste intact."
        )


class Joiner:
    """Joins the pieces of records cut by line breaks, in a table whose rows are `width` wide.

    `sample`: its first records, which tell what each column holds. `joined`: first lines of the rows made of pieces.
    """

    def __init__(self, sample: Sequence[Record], width: int) -> None:
        self.width = width
        self.joined: list[int] = []
        whole = [record.cells for record in sample if len(record.cells) == width and not record.broken]
        kinds = [_usual_kind([cells[place] for cells in whole]) for place in range(width)]
        self._typed = {place: found for place, found in enumerate(kinds) if found != "text"}

    def join(self, records: Iterable[Record]) -> Iterator[Record]:
        """Same records, in order, pieces joined."""
        source, again, pieces = iter(records), deque[Record](), list[Record]()
        while True:
            record = again.popleft() if again else next(source, None)
            if record is not None and self._extends(pieces, record):
                pieces.append(record)
                continue
            if pieces and _width(pieces) == self.width:
                if len(pieces) > 1:
                    self.joined.append(pieces[0].line)
                yield self._one(pieces)
                again.extendleft([record] if record else [])
            elif pieces:  # the first is no beginning: the others may be
                yield pieces[0]
                again.extendleft(reversed([*pieces[1:], *([record] if record else [])]))
            elif record is None:
                return
            else:
                yield record
                continue
            pieces = []

    def _extends(self, pieces: Sequence[Record], record: Record) -> bool:
        """Whether the record may be the next piece: a beginning if there is none."""
        if record.broken or len(pieces) == MAX_PIECES:
            return False
        if not pieces:
            return not blank(record.cells) and len(record.cells) <= self.width
        before, after = _width(pieces), _width([*pieces, record])
        if before < self.width:
            return after < self.width or (after == self.width and self._is_likely([*pieces, record]))
        # A full row goes on when its last cell does.
        ends_with_text = self.width - 1 not in self._typed and not blank(pieces[-1].cells[-1:])
        return ends_with_text and len(record.cells) == 1 and _goes_on(record.cells[0])

    def _is_likely(self, pieces: Sequence[Record]) -> bool:
        """Whether the columns of the joined row hold what they usually do, and no piece begins a row of its own."""
        cells = self._one(pieces).cells
        starts = [record.cells[0] for record in pieces[1:] if not blank(record.cells)]
        if not starts or any(
            cells[place].strip() and not is_missing(cells[place].strip()) and kind(cells[place]) != usual
            for place, usual in self._typed.items()
        ):
            return False
        begins_otherwise = 0 in self._typed and all(kind(start) != self._typed[0] for start in starts)
        behind = range(self.width - len(pieces[-1].cells) + 1, self.width)
        fits_behind = any(place in self._typed and cells[place].strip() for place in behind)
        return begins_otherwise or fits_behind or all(map(_goes_on, starts))

    def _one(self, pieces: Sequence[Record]) -> Record:
        first, *others = pieces
        if not others:
            return first
        cells = [*first.cells]
        for piece in others:
            start, *rest = piece.cells or [""]
            cells = [*cells[:-1], f"{cells[-1]}\n{start}", *rest]
        return Record(first.line, cells, "\n".join(piece.raw for piece in pieces), False)


def _width(pieces: Sequence[Record]) -> int:
    """Number of cells of the row that the pieces make."""
    return sum(max(1, len(piece.cells)) for piece in pieces) - len(pieces) + 1


def _goes_on(cell: str) -> bool:
    return _INSIDE.match(cell.lstrip()) is not None


def _usual_kind(cells: Sequence[str]) -> str:
    filled = [kind(cell) for cell in cells if cell.strip() and not is_missing(cell.strip())]
    usual = Counter(filled).most_common(1)
    return usual[0][0] if usual and usual[0][1] >= 0.8 * len(filled) else "text"
