"""Every file of the reference data, one by one, against a count and a reading that owe nothing to our readers."""

import math
import os
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest
from oracle import CODES, NUMBER, Text, elements, separated, sheets, unpacked

from beffroi.lake.readers import stage
from beffroi.lake.tables import Refused, StagedTable
from rings import representatives

ROOT = Path(os.environ.get("BEFFROI_REAL_DATA") or "absent")
FOLDERS = ("open-data", "schemas/examples", "systems", "geography")
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in ((ROOT / folder).rglob("*") if (ROOT / folder).is_dir() else ())
    if path.is_file()
)


def _smallest_of_each_kind() -> list[str]:
    """The lightest file of each format in each folder; those of Montpellier and Nantes have tests of their own."""
    found: dict[tuple[str, str], str] = {}
    for name in sorted(FILES, key=lambda name: (ROOT / name).stat().st_size):
        if "montpellier" not in name and "nantes-canteens" not in name:
            found.setdefault((name.partition("/")[0], Path(name).suffix.lower()), name)
    return list(found.values())


def _traps() -> list[str]:
    """A header that is missing, notes above the table, sheets without header, two encodings in one file."""
    return [
        name
        for name in FILES
        if name.endswith(("_meta.csv", "AttribSub_2014.ods", "MTP_Delibs.csv"))
        or ("no_header" in name and (ROOT / name).stat().st_size < 100_000)
    ]


QUICK = list(dict.fromkeys([*_smallest_of_each_kind(), *_traps()]))
# What is no table, told by eye: documents, pictures, programs, settings, matrices and graphs of other tools.
NO_TABLE = (
    ".md", ".pdf", ".xml", ".yml", ".yaml", ".avi", ".rds", ".mat", ".npz", ".gml", ".txt", "LICENSE", "LICENCE",
)  # fmt: skip
# Tables without header, told by eye.
NO_HEADER = ("no_header", "_meta.csv", "Détail Sport")
IDENTIFIERS = ("siret", "siren", "insee", "code_postal", "cdpost", "uai", "rne", "telephone", "tel_")

pytestmark = pytest.mark.skipif(not FILES, reason="the real data is not on this machine (BEFFROI_REAL_DATA)")


def rows(table: StagedTable) -> list[dict[str, Any]]:
    return duckdb.sql(f"SELECT * FROM '{table.parquet}' ORDER BY _line").to_arrow_table().to_pylist()


def kinds(table: StagedTable) -> dict[str, int]:
    return dict(duckdb.sql(f"SELECT kind, count(*) FROM '{table.quarantine}' GROUP BY kind").fetchall())


@pytest.mark.parametrize("name", representatives(FILES, QUICK))
def test_it_is_gathered_without_help_and_every_row_is_accounted_for(name, tmp_path):
    path = ROOT / name
    tables, refused = stage(path, tmp_path)
    assert tables or refused
    for table in tables:
        assert table.rows_read == table.rows_kept + table.rows_quarantined
    assert not [one for one in refused if "imprévue" in one.reason]
    suffix = Path(path.name.removesuffix(".gz")).suffix.removeprefix(".")
    if suffix in ("csv", "tsv") and not path.name.startswith("._"):
        (table,) = tables
        check_text(table, separated(unpacked(path)), name)
    elif suffix in ("xlsx", "xls", "ods"):
        check_sheets(tables, refused, sheets(path))
    elif suffix in ("json", "geojson"):
        check_json(tables, refused, path)
    elif suffix == "parquet":
        (table,) = tables
        assert table.rows_kept == pyarrow.parquet.read_metadata(path).num_rows
    elif suffix == "zip":
        check_zip(tables, refused, path)
    elif suffix == "inp":
        check_parts(tables, path)
    else:
        assert not tables
        assert path.name.endswith(NO_TABLE)


def check_parts(tables: list[StagedTable], path: Path) -> None:
    """A network of EPANET: one table, a row for each line under a [PART]."""
    (table,) = tables
    expected, part = [], ""
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("["):
            part = line.strip("[] ")
        elif line.strip():
            expected.append((part, line.split()))
    stored = [(str(row["section"]), str(row["line"]).split()) for row in rows(table)]
    assert stored == expected


def check_text(table: StagedTable, expected: Text, name: str) -> None:
    header = 0 if any(part in name for part in NO_HEADER) else 1
    assert table.rows_read == len(expected.rows) - header
    if any(guess.what == "Tableau enfermé" for guess in table.guesses):
        return  # a table put whole into the first column of another: its rows are counted, its cells are elsewhere
    width = max(len(cells) for _, cells in expected.rows if any(cell.strip() for cell in cells))
    assert len(table.columns) <= width + 1
    by_line = dict(expected.rows)
    stored = rows(table)
    labels = [label.strip() for label in expected.header] if header else []
    for place, column in enumerate(table.columns):
        if labels and column.label in labels and labels.count(column.label) == 1:
            place = labels.index(column.label)
        elif column.type == "geometry" or len(table.columns) != width:
            continue
        compare(column, [(by_line[row["_line"]], row[column.name]) for row in stored], place)


def repaired(cell: str) -> str:
    """« aÃ±os » was encoded twice."""
    try:
        return cell.encode("cp1252").decode("utf-8") if "Ã" in cell else cell
    except UnicodeError:
        return cell


def compare(column, pairs: list[tuple[list[str], Any]], place: int) -> None:
    cells = [
        repaired(cells[place]).strip(" \t\u00a0\u202f\ufeff\r\n\0") if place < len(cells) else ""
        for cells, _ in pairs
    ]
    values = [value for _, value in pairs]
    if any(CODES.fullmatch(cell) for cell in cells) and column.type not in ("date", "text", "geometry"):
        assert column.type == "code", column
    if any(word in column.name for word in IDENTIFIERS) and any(cell.isdigit() for cell in cells):
        assert column.type in ("code", "text"), column
    if column.type in ("text", "code"):
        assert [value or "" for value in values] == [
            cell.removesuffix(".0") if column.type == "code" and value and not value.endswith(".0") else cell
            for cell, value in zip(cells, values, strict=True)
        ]
    elif column.type in ("integer", "decimal", "number"):
        for cell, value in zip(cells, values, strict=True):
            if NUMBER.fullmatch(cell):
                assert math.isclose(float(value), float(cell.replace(",", ".")), rel_tol=1e-12), column


def check_sheets(tables: list[StagedTable], refused: list[Refused], expected: dict[str, int]) -> None:
    found = {table.origin.partition("#")[2] or next(iter(expected)): table for table in tables}
    for sheet, filled in expected.items():
        if not filled:
            assert any(one.file.endswith(f"#{sheet}") for one in refused)
            continue
        table = found[sheet]
        assert table.rows_read - kinds(table).get("vide", 0) == filled - (sheet not in NO_HEADER), sheet
        for column in table.columns:
            if any(word in column.name for word in IDENTIFIERS):
                assert column.type in ("code", "text"), column


def check_json(tables: list[StagedTable], refused: list[Refused], path: Path) -> None:
    count = elements(path.read_bytes())
    if count is not None:
        (table,) = tables
        assert table.rows_read == count
    elif not tables:
        assert "schema" in path.name or "datapackage" in path.name or "réglage" in refused[0].reason


def check_zip(tables: list[StagedTable], refused: list[Refused], path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            origin = f"{path.name}!{member.filename}"
            if member.is_dir():
                continue
            table = next((table for table in tables if table.origin == origin), None)
            if table is None:
                assert any(one.file == origin for one in refused), origin
                assert member.filename.endswith((".pdf", ".doc")) or "__MACOSX" in member.filename, origin
            else:
                check_text(table, separated(archive.read(member)), origin)
