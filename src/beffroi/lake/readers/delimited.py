"""Delimited text (CSV, TSV…), in any encoding and with any separator.

In: a file of any size. Out: a `Source`. Three paths give the same rows: a long file stays as text for `single_pass`;
a clean file is read by DuckDB; one with ragged rows, blank lines or odd quotes is read record by record, so that each
row has its line and fate.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import duckdb
import pyarrow as pa

from beffroi.hashing import hash_in_background
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers import broken_rows
from beffroi.lake.readers.byte_traits import detect_traits
from beffroi.lake.readers.corrections import NONE as UNCORRECTED
from beffroi.lake.readers.corrections import Corrections, require_separator, scan_as
from beffroi.lake.readers.dialect import NONE, Dialect, Record, find_dialect, records
from beffroi.lake.readers.encodings import SINGLE_BYTE, Scan, as_utf8, scan
from beffroi.lake.readers.fixed_width import find_columns, rewrite_as_delimited
from beffroi.lake.readers.layout import Layout, blank, find_layout
from beffroi.lake.readers.materialize import TOTAL_REASON, empty_file_error, is_total, quarantined_titles
from beffroi.lake.readers.refusals import WIDEST, too_wide_error
from beffroi.lake.readers.source import (
    DelimitedText,
    QuarantinedRow,
    Source,
    cells_columns,
    single_threaded,
    trim_cell,
)
from beffroi.lake.readers.subtotals import MAX_ROWS
from beffroi.lake.tables import Guess

HEAD = 1 << 18
MARGIN = 10_000  # lines above a table and blank ones, at most, of a file judged by its beginning
SAMPLE_ROWS = 400
BATCH = 20_000
# Quarantined rows, beyond which they must not outnumber the others.
MAX_QUARANTINED = 500_000
_NOT_ROWS = (
    "La plupart des lignes de ce fichier sont vides, ou n'ont pas le nombre de colonnes de son tableau : il n'est pas repris. "
    "Le fichier d'origine est intact. Exportez-le à nouveau en CSV, avec une ligne par enregistrement."
)
_LETTERS = re.compile(r"[^\W\d_]+")
_SECTION = re.compile(r"\[[A-Za-z][\w .:-]*\]")


class Undecided(Exception):
    """The beginning of a file is not enough to read it."""


def read_delimited(
    path: Path,
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    *,
    name: str,
    origin: str,
    strict: bool,
    sha256: Future[str] | None = None,
    corrections: Corrections = UNCORRECTED,
    sampled: bool = False,
) -> Source:
    """`strict` is for files not called CSV: they must look like a table, or are refused as prose.

    `sha256`: that of the file, when it is already being computed. `sampled`: a long file may be judged by its beginning,
    for `single_pass` only; raises Undecided when that is not enough.
    """
    found = scan(path, at_least=MAX_ROWS + MARGIN if sampled else None)
    if not found.size:
        raise empty_file_error("Ce fichier est vide : il")
    if corrections.encoding:
        found = scan_as(path, found, corrections.encoding)
    encoding = found.guess()
    convert = _conversion(path, found, work)
    in_utf8 = found.encoding not in SINGLE_BYTE
    if found.encoding.startswith(("utf-16", "utf-32")):
        found = scan(convert())  # its line breaks are only countable now
    head, complete = _head(convert(), "utf-8-sig") if in_utf8 else _head(path, found.encoding)
    if not head.strip():
        raise empty_file_error("Ce fichier n'a que des lignes vides : il")
    lines = list(io.StringIO(head, newline=""))
    if not complete and len(lines) > 1:
        lines.pop()
    if corrections.separator:
        require_separator(corrections.separator, lines)
    dialect = find_dialect(lines, corrections.separator)
    sample = list(records(lines, dialect, stop=SAMPLE_ROWS))
    widths = [len(record.cells) for record in sample if not blank(record.cells)]
    columns = find_columns(lines, dialect, widths) if corrections.separator is None else None
    if not found.whole and (columns or head.startswith('"')):
        raise Undecided
    if columns:
        utf8, dialect = rewrite_as_delimited(convert(), columns, work)
        found, convert, in_utf8 = scan(utf8), partial(Path, utf8), True
        with utf8.open(encoding="utf-8", newline="") as file:
            sample = list(records(file, dialect, stop=SAMPLE_ROWS))
    unwrapped = _unwrapped(convert, sample, dialect, work) if corrections.separator is None else None
    if unwrapped:
        utf8, dialect = unwrapped
        found, convert, in_utf8 = scan(utf8), partial(Path, utf8), True
        with utf8.open(encoding="utf-8", newline="") as file:
            sample = list(records(file, dialect, stop=SAMPLE_ROWS))
    numbers = [record.line for record in sample]
    layout = find_layout([record.cells for record in sample], numbers, header_line=corrections.header)
    if strict and any(_SECTION.fullmatch(line.strip()) for line in lines[:50]):
        raise UnreadableFile(
            "C'est un fichier de réglages ou de modèle, en sections : il n'est pas repris comme données. "
            "S'il contient un tableau, exportez ce dernier en CSV, ODS ou XLSX."
        )
    _must_be_a_table(sample, layout, dialect, strict=strict and not columns and not corrections)
    names = max((place for place, label in enumerate(layout.labels, 1) if label), default=0)
    if dialect.separator == "," and names and layout.labels[0]:
        broken_rows.refuse_cut_amounts(sample[layout.first :], names)
    labels = list(layout.labels) or [""] * layout.width
    sha256 = sha256 or hash_in_background(path)
    source = Source(connection, work, name, origin, sha256, labels, has_header=bool(layout.labels))
    words = () if encoding.certain else _accented(head)
    separated = columns.guess() if columns else _steady_below(dialect, sample, layout).guess()
    source.guesses += [replace(encoding, examples=words), separated, *layout.guesses]
    if unwrapped:
        why = "Chaque ligne était enfermée entre guillemets, dans une seule colonne."
        source.guesses.append(Guess("Tableau enfermé", "déballé", why, False))
    above = [(sample[index].line, sample[index].raw) for index in layout.titles]
    start = sample[layout.first].line if layout.first < len(sample) else None
    source.quarantine(quarantined_titles(above))
    # One byte a character and lines that end with « \n »: any part of the file can be converted without the others.
    in_parts = not in_utf8 and "\n" in head
    stored = path if in_parts else convert()
    if start is None or (dialect.separator == "," and broken_rows.may_end_blank(stored)):
        if not found.whole:
            raise Undecided
        _slow(source, convert(), dialect, layout, sample)
        return source
    blank_end = _blank_end(stored) if source.width > 1 else 0

    def fill() -> None:
        text = source.text
        source.text = None
        connection.execute("DROP TABLE IF EXISTS cells")
        if text is None or not _quick(source, text):
            connection.execute("DROP TABLE IF EXISTS cells")
            _slow(source, convert(), dialect, layout, sample)

    source.text = DelimitedText(
        stored,
        found.encoding if in_parts else "utf-8",
        dialect.separator,
        dialect.quote,
        source.width,
        start,
        found.lines - (start - 1) - blank_end if found.whole else None,
        blank_end,
        convert,
        fill,
    )
    return source


def _conversion(path: Path, found: Scan, work: Path) -> Callable[[], Path]:
    """Path of the whole text in UTF-8: converted at the first call, if need be."""
    return cache(lambda: as_utf8(path, found, work))


def _head(path: Path, encoding: str) -> tuple[str, bool]:
    """First characters of a text, and whether it has no others."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return file.read(HEAD), not file.read(1)


def _steady_below(dialect: Dialect, sample: list[Record], layout: Layout) -> Dialect:
    """Dialect judged by the rows of the table alone: titles above it have no separator."""
    rows = [record for record in sample[layout.first :] if not blank(record.cells)]
    share = sum(len(row.cells) == layout.width for row in rows) / max(1, len(rows))
    return replace(dialect, steadiness=max(dialect.steadiness, share))


def _accented(head: str) -> tuple[str, ...]:
    """First words that show how the encoding was understood."""
    words = (word for word in _LETTERS.findall(head) if not word.isascii())
    return tuple(dict.fromkeys(words))[:3]


def _blank_end(path: Path) -> int:
    """Number of empty lines at the end of the file: they are not rows."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        tail = file.read()
    ends = tail[len(tail.rstrip(b"\r\n")) :]
    return max(0, (ends.count(b"\n") or ends.count(b"\r")) - 1)


def _unwrapped(
    convert: Callable[[], Path], sample: list[Record], dialect: Dialect, work: Path
) -> tuple[Path, Dialect] | None:
    """Inner CSV of a file whose lines were quoted into the first column of another (`"a,""b"",c"`)."""
    rows = [record for record in sample if not blank(record.cells)]
    if not all(record.raw.startswith('"') and blank(record.cells[1:]) for record in rows):
        return None
    inner = find_dialect([record.cells[0] + "\n" for record in rows if record.cells])
    if not inner.separator or inner.separator not in rows[0].cells[0]:
        return None
    target = work / "unwrapped.csv"
    with (
        convert().open(encoding="utf-8-sig", newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        for record in records(file, dialect):
            out.write((record.cells[0] if record.cells else "").replace("\n", " ") + "\n")
    return target, inner


def _must_be_a_table(sample: list[Record], layout: Layout, dialect: Dialect, *, strict: bool) -> None:
    if layout.width > WIDEST:
        raise too_wide_error(layout.width)
    if not strict:
        return
    full = [record for record in sample if not blank(record.cells)]
    if len(full) == 1 and layout.width > 1 and all(cell.strip().isidentifier() for cell in full[0].cells):
        return  # a header without rows, as GTFS allows
    widths = Counter(len(record.cells) for record in full)
    steady = widths.most_common(1)[0][1] / len(full)
    # In prose, a comma is followed by a space.
    signs = sum(record.raw.count(dialect.separator) for record in full) if dialect.separator else 0
    spaced = sum(record.raw.count(f"{dialect.separator} ") for record in full)
    prose = 2 * spaced > signs
    if layout.width < 2 or steady < 0.8 or len(full) < 2 or not layout.labels or prose:
        raise UnreadableFile(
            "C'est un texte rédigé, pas un tableau : il n'est pas repris comme données. "
            "S'il contient un tableau, exportez ce dernier en CSV, ODS ou XLSX."
        )


def _quick(source: Source, text: DelimitedText) -> bool:
    """Read by DuckDB alone; False when the file is not regular enough for every row to be accounted for."""
    path = text.convert()
    traits = detect_traits(path, text.separator or NONE, text.quote)
    cells = text.cells(path, traits=traits)
    try:
        with single_threaded(source.connection):
            source.connection.execute(
                f"CREATE TABLE cells AS SELECT row_number() OVER () + {text.start - 1} AS _line, * FROM ({cells})"
            )
    except duckdb.Error:
        return False
    # Blank lines, which DuckDB skips, and rows of several lines both lower this count: the other road takes them.
    (rows,) = source.connection.execute("SELECT count(*) FROM cells").fetchone() or (0,)
    return bool(rows == text.rows)


def _slow(source: Source, path: Path, dialect: Dialect, layout: Layout, sample: list[Record]) -> None:
    """Read record by record: short and long rows, blank lines and unclosed quotes are handled one by one."""
    width = source.width
    source.connection.execute(f"CREATE TABLE cells (_line BIGINT, {cells_columns(width)})")
    if layout.first >= len(sample):
        return
    first = sample[layout.first].line
    joiner = broken_rows.Joiner(sample[layout.first :], width)
    allowed = _usual_ends(joiner.join(sample[layout.first :]), width)
    joins = width > 2 and not allowed
    if not joins:
        allowed = _usual_ends(sample[layout.first :], width)
    if allowed:
        why = "Beaucoup de lignes s'arrêtent avant la dernière colonne : leurs dernières cellules sont lues vides."
        source.guesses.append(
            Guess("Lignes courtes", f"{min(allowed)} cellules au moins sur {width}", why, False)
        )
    sorter = _Sorter(source, width, allowed, commas=dialect.separator == ",")
    joiner.joined.clear()
    with path.open(encoding="utf-8-sig", newline="") as file:
        body = (record for record in records(file, dialect, width=width) if record.line >= first)
        for record in joiner.join(body) if joins else body:
            sorter.take(record)
    sorter.flush()
    if joiner.joined:
        count, line = len(joiner.joined), joiner.joined[0]
        why = "Un saut de ligne sans guillemets coupait ces lignes : leurs morceaux en font exactement une du tableau."
        source.guesses.append(
            Guess("Lignes coupées", f"{count} recollée(s), la première en ligne {line}", why, False)
        )


def _usual_ends(body: Iterable[Record], width: int) -> set[int]:
    """Lengths shorter than the table that many of its rows share: a habit of the export (ends left out), not an accident."""
    rows = [record for record in body if not blank(record.cells) and not record.broken]
    lengths = Counter(len(record.cells) for record in rows)
    return {
        length for length, count in lengths.items() if count >= max(1, 0.2 * len(rows)) and length < width
    }


class _Sorter:
    """Dispatches records to `cells` or to `quarantine`, by batches."""

    def __init__(self, source: Source, width: int, allowed: set[int], *, commas: bool) -> None:
        self.source, self.width, self.allowed, self.commas = source, width, allowed, commas
        self.lines: list[int] = []
        self.rows: list[list[str]] = []
        self.quarantined: list[QuarantinedRow] = []
        self.accepted = self.lost = 0  # of the batches before
        # Blank lines wait: those that end the file are not rows.
        self.blanks: list[int] = []

    def take(self, record: Record) -> None:
        cells, width = record.cells, self.width
        lost = self.lost + len(self.quarantined) + len(self.blanks)
        if lost > MAX_QUARANTINED and lost > self.accepted + len(self.rows):
            raise UnreadableFile(_NOT_ROWS)
        if not record.broken and (not cells or cells == [""]) and not record.raw.strip():
            self.blanks.append(record.line)
            return
        if self.blanks:
            self.quarantined += [
                QuarantinedRow(line, "vide", "La ligne est vide.", "") for line in self.blanks
            ]
            self.blanks = []
        if record.broken:
            self._refuse(record, "Un guillemet ouvert n'est jamais refermé.")
        elif self.commas and len(cells) > width and (cut := broken_rows.cut_amounts(cells, width)):
            self._refuse(
                record,
                f"La ligne a {len(cells)} cellules pour {width} colonnes : {broken_rows.cut_reason(cut[0])}",
            )
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            self._refuse(record, f"La ligne a {len(cells)} cellules, le tableau {width} colonnes.")
        elif len(cells) < width and len(cells) not in self.allowed and not blank(cells):
            self._refuse(record, f"La ligne n'a que {len(cells)} cellule(s), le tableau {width} colonnes.")
        else:
            self.lines.append(record.line)
            self.rows.append(cells[:width] + [""] * (width - len(cells)))
        if len(self.rows) + len(self.quarantined) >= BATCH:
            self.flush()

    def _refuse(self, record: Record, reason: str) -> None:
        words = next((cell.strip() for cell in record.cells if any(map(str.isalpha, cell))), "")
        if not record.broken and is_total(words):
            self.quarantined.append(QuarantinedRow(record.line, "total", TOTAL_REASON, record.raw))
        else:
            self.quarantined.append(QuarantinedRow(record.line, "mal formée", reason, record.raw))

    def flush(self) -> None:
        if self.rows:
            columns = [pa.array(column, pa.string()) for column in zip(*self.rows, strict=True)]
            names = [f"c{place}" for place in range(1, self.width + 1)]
            table = pa.table([pa.array(self.lines, pa.int64()), *columns], ["_line", *names])
            self.source.connection.register("_rows", table)
            cleaned = ", ".join(trim_cell(name) for name in names)
            self.source.connection.execute(f"INSERT INTO cells SELECT _line, {cleaned} FROM _rows")
            self.source.connection.unregister("_rows")
        self.source.quarantine(self.quarantined)
        self.accepted, self.lost = self.accepted + len(self.rows), self.lost + len(self.quarantined)
        self.lines, self.rows, self.quarantined = [], [], []
