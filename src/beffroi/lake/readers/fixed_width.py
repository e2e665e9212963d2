"""Fixed-width text: columns by position, as old software prints them.

In: the first lines of a text without separator. Out: the bounds of its columns, guessed from shared blanks or from a ruler of
dashes, and the same table rewritten with semicolons, line for line.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from beffroi.lake.readers.dialect import Dialect
from beffroi.lake.tables import Guess

MIN_LINES = 4
# With as many lines, one blank that all share is no accident; with fewer, two are wanted.
MANY_LINES = 25
SAMPLE = 1_000
# Titles and totals may run over the gaps.
SHARED = 0.97
_RULER = re.compile(r"\s*[-=_]{2,}(?:[ +|]+[-=_]{2,})+\s*")


@dataclass(frozen=True)
class Columns:
    """`edges` are the positions where columns begin; `ruler` is the index of the line of dashes, if any."""

    edges: tuple[int, ...]
    ruler: int | None
    top: int

    def guess(self) -> Guess:
        if self.ruler is not None:
            why = "Une ligne de tirets, sous l'en-tête, dit où commence chaque colonne."
        else:
            why = "Aucun séparateur : les limites sont les blancs que toutes les lignes examinées ont à la même place."
        places = ", ".join(str(edge + 1) for edge in self.edges)
        return Guess(
            "Colonnes à largeur fixe", f"débutent aux positions {places}", why, self.ruler is not None
        )

    def cut(self, line: str, *, head: bool = False) -> list[str]:
        """Cells of a line; the names of a header may begin before their column or end after it."""
        bounds = [*self.edges, max(len(line), self.edges[-1] + 1)]
        if head and any(
            edge and line[edge - 1 : edge].strip() and line[edge : edge + 1].strip() for edge in self.edges
        ):
            return self._by_words(line)
        return [line[first:last].strip() for first, last in pairwise([0, *bounds[1:]])]

    def _by_words(self, line: str) -> list[str]:
        cells = [""] * len(self.edges)
        for word in re.finditer(r"\S+(?: \S+)*", line):
            middle = (word.start() + word.end()) / 2
            place = max((at for at, edge in enumerate(self.edges) if edge <= middle), default=0)
            cells[place] = f"{cells[place]} {word.group()}".strip()
        return cells


def find_columns(lines: Sequence[str], dialect: Dialect, widths: Sequence[int]) -> Columns | None:
    """Columns of the text; None when the separator explains it (`widths`: cells a row), or when it is prose."""
    width = max(widths, default=0)
    if dialect.separator not in ("", ",", ":", "^", "~") or (dialect.separator and width > 3):
        return None
    # A comma inside amounts, or a colon inside times, does not separate columns.
    least = 2
    if dialect.separator:
        inside = all(
            line.count(dialect.separator) == len(re.findall(rf"\d{re.escape(dialect.separator)}(?=\d)", line))
            for line in lines[:SAMPLE]
        )
        if dialect.steadiness >= 0.9 and widths and widths[0] > 1 and not inside:
            return None
        least = width + 2 if inside else width + 1
    texts = [line.rstrip("\r\n").expandtabs(8) for line in lines[:SAMPLE]]
    if any("\t" in line for line in lines[:50]):
        return None
    ruler = next((at for at, text in enumerate(texts[:30]) if _RULER.fullmatch(text)), None)
    if ruler is not None and ruler + 1 < len(texts):
        edges = tuple(dash.start() for dash in re.finditer(r"[-=_]{2,}", texts[ruler]))
        return Columns(edges, ruler, max(0, ruler - 1))
    full = [at for at, text in enumerate(texts) if text.strip()]
    if len(full) < MIN_LINES:
        return None
    top, edges = _best(texts, full)
    if len(edges) < least:
        return None
    return Columns(edges, None, top)


def _best(texts: Sequence[str], full: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """First line of the table and its edges: skipping titles above may give more columns."""
    best: tuple[int, tuple[int, ...]] = (full[0], ())
    for top in full[:6]:
        rows = [texts[at] for at in full if at >= top]
        if len(rows) < MIN_LINES:
            break
        # The header may run over the gaps of its data.
        for sample in (rows, rows[1:]):
            edges = _edges(sample) if len(sample) >= MIN_LINES - 1 else ()
            if len(edges) > len(best[1]):
                best = (top, edges)
    return best


def _edges(rows: Sequence[str]) -> tuple[int, ...]:
    width = max(map(len, rows))
    blanks = [0] * (width + 1)
    for row in rows:
        for place in range(width):
            if place >= len(row) or row[place] in " \u00a0":
                blanks[place] += 1
    shared = [count >= SHARED * len(rows) for count in blanks[:width]]
    least = 1 if len(rows) >= MANY_LINES else 2
    edges, gap, seen = [], 0, False
    for place in range(width):
        if shared[place]:
            gap += 1
        else:
            if not seen or gap >= least:
                edges.append(place)
            seen, gap = True, 0
    # A column that hardly any line fills is a gap in a text, not a column.
    filled_edges = [
        first
        for first, last in pairwise([*edges, width + 1])
        if sum(bool(row[first:last].strip()) for row in rows) >= 0.05 * len(rows)
    ]
    # In prose, words cross every place: rows that fill most columns are a table.
    filled = sum(
        sum(bool(row[first:last].strip()) for first, last in pairwise([*filled_edges, width + 1]))
        >= 0.5 * len(filled_edges)
        for row in rows
    )
    return tuple(filled_edges) if len(filled_edges) > 1 and filled >= 0.8 * len(rows) else ()


def rewrite_as_delimited(path: Path, columns: Columns, work: Path) -> tuple[Path, Dialect]:
    """Same lines, separated by semicolons. A line of dashes becomes blank."""
    target = work / "fixed.csv"
    with (
        path.open(encoding="utf-8-sig", newline=None) as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        for at, line in enumerate(file):
            text = line.rstrip("\n").expandtabs(8)
            if not text.strip() or (columns.ruler is not None and _RULER.fullmatch(text)):
                out.write("\n")
            elif at < columns.top:
                writer.writerow([text.strip()])
            else:
                writer.writerow(columns.cut(text, head=at == columns.top))
    return target, Dialect(";", '"', 1.0)
