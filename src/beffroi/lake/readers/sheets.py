"""Spreadsheets: XLS, XLSX, XLSM, XLSB and ODS, one table a sheet.

In: a workbook. Out: a `Source` a sheet that holds a table; a sheet without any cell is skipped with a word.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `literal` or a parameter

import hashlib
from pathlib import Path

import duckdb
import fastexcel
import pyarrow as pa

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.corrections import NONE as UNCORRECTED
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.readers.finishing import nothing_inside, titles
from beffroi.lake.readers.layout import find_layout
from beffroi.lake.readers.source import Source, clean
from beffroi.lake.tables import Guess

SAMPLE_ROWS = 400


def sheet_names(path: Path) -> list[str]:
    """Raises UnreadableFile when the workbook cannot be opened."""
    try:
        return list(fastexcel.read_excel(str(path)).sheet_names)
    except BaseException as error:  # a panic of its parser on a damaged file is not an Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise _unreadable(path, error) from error


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sheet(
    path: Path,
    sheet: str,
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    *,
    name: str,
    origin: str,
    sha256: str,
    corrections: Corrections = UNCORRECTED,
) -> Source:
    """Cells are read as text, exactly as the workbook holds them, then typed like those of a CSV."""
    try:
        batch = fastexcel.read_excel(str(path)).load_sheet(
            sheet, header_row=None, skip_rows=0, dtypes="string"
        )
        table = pa.Table.from_batches([batch.to_arrow()])
    except BaseException as error:  # as above
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise _unreadable(path, error) from error
    if not table.num_rows or not table.num_columns:
        raise nothing_inside(f"La feuille « {sheet} »")
    table = table.rename_columns([f"c{place}" for place in range(1, table.num_columns + 1)])
    table = table.append_column("_line", pa.array(range(1, table.num_rows + 1), pa.int64()))
    head = table.slice(0, SAMPLE_ROWS).to_pylist()
    rows = [[(row[f"c{place}"] or "").strip("\0") for place in range(1, table.num_columns)] for row in head]
    layout = find_layout(rows, [row["_line"] for row in head], corrections.header)
    if layout.first >= len(rows) and not layout.labels:
        raise nothing_inside(f"La feuille « {sheet} »")
    labels = list(layout.labels) or [""] * layout.width
    source = Source(connection, work, name, origin, sha256, labels, has_header=bool(layout.labels))
    source.guesses += [
        Guess("Feuille", sheet, "Chaque feuille du classeur devient un tableau.", True),
        *layout.guesses,
    ]
    connection.register("_sheet", table)
    cleaned = ", ".join(f"{clean(f'c{place}')} AS c{place}" for place in range(1, source.width + 1))
    first = head[layout.first]["_line"] if layout.first < len(head) else table.num_rows + 1
    connection.execute(
        f"CREATE TABLE cells AS SELECT _line, {cleaned} FROM _sheet WHERE _line >= {int(first)}"
    )
    connection.unregister("_sheet")
    above = [(head[index]["_line"], ";".join(rows[index]).rstrip(";")) for index in layout.titles]
    source.set_aside(titles(above))
    return source


def _unreadable(path: Path, error: BaseException) -> UnreadableFile:
    text = str(error).lower()
    if "password" in text or "encrypt" in text:
        return UnreadableFile(
            "Ce classeur est protégé par un mot de passe. Enregistrez-en une copie sans mot de passe, puis redéposez-la."
        )
    return UnreadableFile(
        "Ce classeur est abîmé ou n'est pas un vrai classeur. "
        "Ouvrez-le dans votre tableur, enregistrez-le de nouveau (ODS ou XLSX), puis redéposez-le."
    )
