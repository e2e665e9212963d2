"""Spreadsheets: XLS, XLSX, XLSM, XLSB and ODS, one table a sheet.

In: a workbook. Out: a `Source` for each sheet with a table; an empty sheet is refused.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.corrections import NONE as UNCORRECTED
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.readers.layout import find_layout
from beffroi.lake.readers.materialize import empty_file_error, quarantined_titles
from beffroi.lake.readers.refusals import MAX_TABLES, WIDEST, too_many_error, too_wide_error
from beffroi.lake.readers.source import BLANKS, Source, trim_cell
from beffroi.lake.readers.workbook_parts import DAMAGED, Survey
from beffroi.lake.readers.workbooks import is_misnamed
from beffroi.lake.tables import Guess

SAMPLE_ROWS = 400
# Error of the reader for a cell in error, and what a spreadsheet displays there.
ERRORS = {
    f"Expected string but got 'Error({name})'": displayed
    for name, displayed in {
        "NA": "#N/A", "Ref": "#REF!", "Div0": "#DIV/0!", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Value": "#VALUE!",
    }.items()
}  # fmt: skip


def open_workbook(path: Path) -> fastexcel.ExcelReader:
    """Open a workbook once for all its sheets, as shared parts are read each time. Raises UnreadableFile."""
    with _opening():
        # By its content: the name of a path tells the reader its format, that of an ODS called « .xls » a wrong one.
        workbook = fastexcel.read_excel(path.read_bytes() if is_misnamed(path) else str(path))
    if not workbook.sheet_names:
        raise empty_file_error("Ce classeur")
    if len(workbook.sheet_names) > MAX_TABLES:
        raise too_many_error("Ce classeur", "feuilles")
    return workbook


def read_sheet(
    workbook: fastexcel.ExcelReader,
    sheet: str,
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    *,
    name: str,
    origin: str,
    sha256: str,
    surveyed: Survey | None = None,
    corrections: Corrections = UNCORRECTED,
) -> Source:
    """Source of a sheet: cells are read as text, exactly as stored, then typed like those of a CSV."""
    surveyed = surveyed or Survey()
    with _opening():
        loaded = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        hidden = loaded.visible != "visible"
        batch, errors = loaded.to_arrow_with_errors()
    if not batch.num_rows or not batch.num_columns:
        raise empty_file_error(f"La feuille « {sheet} »")
    if batch.num_columns > WIDEST:
        raise too_wide_error(batch.num_columns)
    failed = [(*error.position, ERRORS.get(error.detail)) for error in errors.errors] if errors else []
    table = _filled(
        pa.Table.from_batches([batch]), [(row, column, text) for row, column, text in failed if text]
    )
    height = _height(table)
    head = table.slice(0, SAMPLE_ROWS).to_pylist()
    rows = [[(row[f"c{place}"] or "").strip("\0") for place in range(1, table.num_columns)] for row in head]
    numbers = [row["_line"] for row in head]
    layout = find_layout(rows, numbers, frozenset(surveyed.merged), header_line=corrections.header)
    if layout.first >= len(rows) and not layout.labels:
        raise empty_file_error(f"La feuille « {sheet} »")
    labels = list(layout.labels) or [""] * layout.width
    source = Source(connection, work, name, origin, sha256, labels, has_header=bool(layout.labels))
    source.guesses += [
        Guess("Feuille", sheet, "Chaque feuille du classeur devient un tableau.", True),
        *layout.guesses,
        *_survey_guesses(surveyed, hidden=hidden, failed=len(failed), tail=table.num_rows - height),
    ]
    connection.register("_sheet", table)
    # Spreadsheets store a time of day as a timestamp of their first day.
    cleaned = ", ".join(
        f"regexp_replace({trim_cell(f'c{place}')}, '^1899-12-3[01] (\\d\\d:\\d\\d:\\d\\d)(\\.0+)?$', '\\1') AS c{place}"
        for place in range(1, source.width + 1)
    )
    first = head[layout.first]["_line"] if layout.first < len(head) else table.num_rows + 1
    connection.execute(
        f"CREATE TABLE cells AS SELECT _line, {cleaned} FROM _sheet "
        f"WHERE _line >= {int(first)} AND _line <= {height}"
    )
    connection.unregister("_sheet")
    above = [(head[index]["_line"], ";".join(rows[index]).rstrip(";")) for index in layout.titles]
    source.quarantine(quarantined_titles(above))
    return source


def _filled(table: pa.Table, errors: list[tuple[int, int, str]]) -> pa.Table:
    """Columns c1…cn and `_line`, with formula errors as the texts that a spreadsheet displays."""
    columns = []
    for place in range(table.num_columns):
        column = table.column(place)
        lost = {row: text for row, at, text in errors if at == place and row < table.num_rows}
        if lost:
            values = column.to_pylist()
            for row, text in lost.items():
                values[row] = values[row] or text
            column = pa.chunked_array([pa.array(values, pa.string())])
        columns.append(column)
    names = [f"c{place}" for place in range(1, len(columns) + 1)]
    return pa.table([*columns, pa.array(range(1, table.num_rows + 1), pa.int64())], [*names, "_line"])


def _height(table: pa.Table) -> int:
    """Last row with a value: the rest is only blanks and styles."""
    height = 0
    for place in range(table.num_columns - 1):
        filled = pc.greater(pc.binary_length(pc.utf8_trim(table.column(place), BLANKS)), 0)
        where = pc.indices_nonzero(filled)
        height = max(height, where[-1].as_py() + 1 if len(where) else 0)
    return height


def _survey_guesses(surveyed: Survey, *, hidden: bool, failed: int, tail: int) -> list[Guess]:
    guesses = []
    if hidden:
        why = "Elle est masquée dans le classeur : vérifiez qu'elle est bien à reprendre."
        guesses.append(Guess("Feuille cachée", "reprise", why, False))
    if tail:
        why = "Elles sont vides, sous le tableau : elles ne comptent pas comme des lignes."
        guesses.append(Guess("Fin de feuille vide", f"{tail} ligne(s)", why, True))
    if surveyed.formulas:
        why = "La valeur que le tableur avait calculée est gardée ; la formule n'est pas reprise."
        guesses.append(Guess("Formules", f"{surveyed.formulas} cellule(s)", why, True))
    if surveyed.uncomputed:
        why = (
            "Le classeur ne dit pas leur résultat : elles sont lues vides. "
            "Ouvrez-le dans votre tableur, enregistrez-le de nouveau, puis redéposez-le."
        )
        guesses.append(Guess("Formules sans valeur", f"{surveyed.uncomputed} cellule(s)", why, False))
    if failed:
        why = "Le tableur y montre une erreur (#N/A, #REF!…) : dans un nombre ou une date, elle est lue vide."
        guesses.append(Guess("Cellules en erreur", f"{failed} cellule(s)", why, False))
    return guesses


@contextmanager
def _opening() -> Iterator[None]:
    """Convert a panic of the parser on a damaged workbook, which is not an Exception, into one."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError | GeneratorExit):
            raise
        raise _unreadable(error) from error


def _unreadable(error: BaseException) -> UnreadableFile:
    text = str(error).lower()
    if "password" in text or "encrypt" in text:
        return UnreadableFile(
            "Ce classeur est protégé par un mot de passe. Enregistrez-en une copie sans mot de passe, puis redéposez-la."
        )
    return UnreadableFile(DAMAGED)
