"""Dialect of a delimited text (separator, quoting), and its records one by one.

In: UTF-8 text. Out: a `Dialect` detected on the head of the file, and `Record`s with their line, which never swallow
what follows an unclosed quote.
"""

import csv
import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from beffroi.lake.tables import Guess

SEPARATORS = (";", "\t", ",", "|", "¦", "~", "^", ":")
NAMES = {
    ";": "point-virgule",
    "\t": "tabulation",
    ",": "virgule",
    "|": "barre verticale",
    "¦": "barre brisée",
    "~": "tilde",
    "^": "accent circonflexe",
    ":": "deux-points",
    "": "aucun",
}
# What no file uses: stands for « no separator » where the csv module wants one.
NONE = "\x1f"
LONGEST = 1 << 20
MAX_LINES = 500

csv.field_size_limit(LONGEST)


@dataclass(frozen=True)
class Dialect:
    separator: str
    quote: str
    steadiness: float

    def guess(self) -> Guess:
        if not self.separator:
            why = "Le fichier n'a qu'une colonne."
            return Guess(
                "Séparateur", NAMES[""], why, False, about="separator", choices=("", *SEPARATORS), chosen=""
            )
        share = round(100 * self.steadiness)
        return Guess(
            "Séparateur",
            NAMES.get(self.separator, self.separator),
            f"Il donne le même nombre de colonnes à {share} % des lignes examinées.",
            self.steadiness == 1,
            about="separator",
            choices=("", *SEPARATORS),
            chosen=self.separator,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """Row of the source: `line` is its first line (1-based); `broken`: its quotes never close."""

    line: int
    cells: list[str]
    raw: str
    broken: bool


def find_dialect(lines: list[str], only: str | None = None) -> Dialect:
    """Dialect of the first lines of the file; `only`: the separator chosen by a person."""
    best, best_score = Dialect(only or "", '"', 1.0), 0.0
    for quote in ('"', "'"):
        if quote == "'" and not _quoted_by_apostrophe(lines):
            continue
        for separator in SEPARATORS if only is None else only:
            if not any(separator in line for line in lines[:50]):
                continue
            widths = [
                len(record.cells)
                for record in records(lines, Dialect(separator, quote, 0), stop=400)
                if any(cell.strip() for cell in record.cells)
            ]
            if not widths:
                continue
            width, count = Counter(widths).most_common(1)[0]
            steadiness = count / len(widths)
            # A header by itself is some evidence; a colon is mostly inside times and addresses.
            score = steadiness**2 * math.log2(width + 1) if width > 1 else 0.0
            score *= {";": 1.1, "\t": 1.1, ":": 0.4, "^": 0.8, "~": 0.8}.get(separator, 1.0)
            # A header that the separator leaves whole is a sign that another one is right.
            score *= 0.7 if widths[0] == 1 else 1.0
            # Where every line begins and ends with an apostrophe, an equal score is enough.
            needed = 1.001 if quote == '"' else 0.999 if _enclosed(lines) else 1.2
            if score > best_score * needed:
                best, best_score = Dialect(separator, quote, steadiness), score
    return best


def _quoted_by_apostrophe(lines: list[str]) -> bool:
    sample = [line.strip() for line in lines[:50] if line.strip()]
    return bool(sample) and sum(line[0] == "'" or line[-1] == "'" for line in sample) >= 0.8 * len(sample)


def _enclosed(lines: list[str]) -> bool:
    sample = [line.strip() for line in lines[:50] if line.strip()]
    return all(len(line) > 1 and line[0] == line[-1] == "'" for line in sample)


def records(
    source: Iterable[str], dialect: Dialect, *, width: int = 0, first: int = 1, stop: int | None = None
) -> Iterator[Record]:
    """Records of the text. `width`, when known, exposes a stray quote that would merge several rows."""
    lines = _Lines(source)
    line, yielded = first, 0
    while stop is None or yielded < stop:
        reader = csv.reader(
            lines, delimiter=dialect.separator or NONE, quotechar=dialect.quote, skipinitialspace=False
        )
        try:
            for cells in reader:
                taken = lines.taken
                lines.taken = []
                count = len(taken)
                if count > 1 and not _closes(taken, cells, dialect, width):
                    lines.pending.extend(taken[1:])
                    lines.pending.rotate(count - 1)
                    yield Record(line, cells, taken[0].rstrip("\r\n"), True)
                    line, yielded = line + 1, yielded + 1
                    break
                yield Record(line, cells, "".join(taken).rstrip("\r\n"), False)
                line, yielded = line + count, yielded + 1
                if stop is not None and yielded >= stop:
                    return
            else:
                return
        except csv.Error:
            taken, lines.taken = lines.taken, []
            if not taken:
                return
            lines.pending.extend(taken[1:])
            lines.pending.rotate(len(taken) - 1)
            yield Record(line, [], taken[0].rstrip("\r\n")[:10_000], True)
            line, yielded = line + 1, yielded + 1


class _Lines:
    """Line iterator for the csv module, with the lines of the current record and pushback."""

    def __init__(self, source: Iterable[str]) -> None:
        self.source = iter(source)
        self.pending: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) > MAX_LINES:
            raise csv.Error("too many lines in one record")
        line = self.pending.popleft() if self.pending else next(self.source)
        self.taken.append(line)
        return line


def _closes(taken: list[str], cells: list[str], dialect: Dialect, width: int) -> bool:
    """Whether a multi-line record is valid, with line breaks inside quotes."""
    separator = dialect.separator or NONE
    if width and len(cells) > width and any(cells[width:]):
        return False
    try:
        list(csv.reader(taken, delimiter=separator, quotechar=dialect.quote, strict=True))
    except csv.Error:
        return False
    if width < 3:
        return True
    # Lines that would each make a full row by themselves, quotes paired, were glued by a stray quote.
    paired = [line for line in taken[1:] if line.count(dialect.quote) % 2 == 0]
    return not any(
        len(fields) == width for fields in csv.reader(paired, delimiter=separator, quoting=csv.QUOTE_NONE)
    )
