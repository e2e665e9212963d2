"""Input of the typing step: text cells in DuckDB, each row with its line, and the quarantined rows.

In: records, Arrow tables or queries of the readers. Out: a `Source` whose table `cells` has `_line` and `c1…cn`
(trimmed, empty is NULL) and whose table `quarantine` has the rows that never became cells. A long text stays in its
file (`DelimitedText`) until it is known whether one pass is enough.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal`

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_literal
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.tables import Guess

Kind = Literal["titre", "en-tête", "total", "vide", "mal formée", "type"]
Hint = Literal["character", "numeric", "date", "logical", "geometry", "text", "code"]

QUARANTINE_SCHEMA = pa.schema(
    [("line", pa.int64()), ("reason", pa.string()), ("kind", pa.string()), ("raw", pa.string())]
)
THREADS = 2
_BUFFER = 32 << 20  # bytes of a text that the engine holds at once
# Spaces of all kinds, the padding of DBF files (NUL) and a byte-order mark left inside.
BLANKS = " \t\r\n\u00a0\u202f\u2007\u0000\ufeff"


@dataclass(frozen=True)
class QuarantinedRow:
    line: int
    kind: Kind
    reason: str
    raw: str


@dataclass(frozen=True)
class TextTraits:
    """Traits of the cells of a text, from its bytes.

    `padded`: a cell begins or ends with one of BLANKS. `quoted`: there is a quote. `lettered`: a digit or its mark is
    followed by e, E or _.
    """

    padded: bool
    quoted: bool
    lettered: bool


UNKNOWN_TRAITS = TextTraits(padded=True, quoted=True, lettered=True)


@dataclass(frozen=True)
class DelimitedText:
    """Rows of a text still in its file: `rows` of them if each line from `start` is one; None when it is to be counted.

    `blank_end` counts the blank lines that end the file, which are no rows. `encoding` is UTF-8 or one of a byte a
    character, `convert` gives the path of the whole text in UTF-8; `fill` creates the table `cells`, at the price of one
    more pass, once the lines are counted.
    """

    path: Path
    encoding: str
    separator: str
    quote: str
    width: int
    start: int
    rows: int | None
    blank_end: int
    convert: Callable[[], Path]
    fill: Callable[[], None]

    def in_utf8(self) -> "DelimitedText":
        return self if self.encoding == "utf-8" else replace(self, path=self.convert(), encoding="utf-8")

    def cells(
        self,
        path: Path,
        *,
        traits: TextTraits = UNKNOWN_TRAITS,
        skip: int | None = None,
        dates: Collection[int] = (),
        date_format: str = "",
    ) -> str:
        """SQL: query of the cells c1…cn of a UTF-8 file, in its order; fails on an irregular row.

        Cells at the positions `dates`, counted from 0, are dates in `date_format`, and any other value fails; only
        for a text that is not padded. `traits` are those of the file.
        """
        names = ", ".join(
            f"'c{place + 1}': '{'DATE' if place in dates else 'VARCHAR'}'" for place in range(self.width)
        )
        dated = f"dateformat={quote_literal(date_format)}, " if dates else ""
        # Trimming every cell costs more than reading it: only a file that shows a padded cell pays for it.
        trimmed = trim_cell if traits.padded else str
        cleaned = ", ".join(f"{trimmed(f'c{place}')} AS c{place}" for place in range(1, self.width + 1))
        return (
            f"SELECT {cleaned} FROM read_csv({quote_literal(str(path))}, auto_detect=false, header=false, "
            f"skip={self.start - 1 if skip is None else skip}, delim={quote_literal(self.separator or chr(31))}, "
            f"quote={quote_literal(self.quote)}, escape={quote_literal(self.quote)}, columns={{{names}}}, {dated}"
            "strict_mode=true, null_padding=false, ignore_errors=false, max_line_size=10000000, "
            # By pieces where no quote can hide a line break: it costs less, even to one thread, which takes them in order.
            f"buffer_size={_BUFFER}, parallel={'false' if traits.quoted else 'true'})"
        )


@dataclass
class Source:
    """Table being read: `labels` has one entry a column, empty when the source does not name it."""

    connection: duckdb.DuckDBPyConnection
    work: Path
    name: str
    origin: str
    sha256: str | Future[str]
    labels: list[str]
    has_header: bool = True
    unit: Literal["ligne", "élément"] = "ligne"
    hints: dict[int, Hint] = field(default_factory=dict)
    guesses: list[Guess] = field(default_factory=list)
    corrections: Corrections | None = None
    # When there is one, `cells` does not exist yet.
    text: DelimitedText | None = None

    @property
    def width(self) -> int:
        return len(self.labels)

    def quarantine(self, rows: list[QuarantinedRow]) -> None:
        if rows:
            self.quarantine_table(
                pa.Table.from_pylist(
                    [
                        {"line": row.line, "reason": row.reason, "kind": row.kind, "raw": row.raw}
                        for row in rows
                    ],
                    schema=QUARANTINE_SCHEMA,
                )
            )

    def quarantine_table(self, table: pa.Table) -> None:
        self.connection.register("_quarantined_rows", table)
        self.connection.execute(
            "INSERT INTO quarantine SELECT line, reason, kind, raw FROM _quarantined_rows"
        )
        self.connection.unregister("_quarantined_rows")


@contextmanager
def single_threaded(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Single thread, so that rows are numbered as they come. With two, DuckDB buffers them all first, at twice the cost."""
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {THREADS}")


@contextmanager
def workspace(
    staging: Path, extensions: Collection[str] = ()
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Connection with an empty `quarantine`, and a temporary folder deleted with it."""
    staging.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=staging, prefix=".work-"))
    try:
        with closing(open_connection(work, extensions=extensions)) as connection:
            yield connection, work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def open_connection(
    work: Path, *, extensions: Collection[str] = (), threads: int = THREADS
) -> duckdb.DuckDBPyConnection:
    """Connection with an empty `quarantine`, that spills below `work`."""
    connection = connect(extensions=extensions, temporary=work / "spill", threads=threads)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE TABLE quarantine (line BIGINT, reason VARCHAR, kind VARCHAR, raw VARCHAR)")
    return connection


def trim_cell(expression: str) -> str:
    """SQL: cell without surrounding blanks, NULL when nothing is left."""
    # One text rather than a call a sign: of two thousand columns, the calls take the engine seconds to plan.
    return f"nullif(trim({expression}, {quote_literal(BLANKS.replace(chr(0), ''))} || chr(0)), '')"


def cells_columns(width: int) -> str:
    return ", ".join(f"c{place} VARCHAR" for place in range(1, width + 1))
