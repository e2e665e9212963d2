"""What the readers' tests share: files made on the spot, and a look at what came out."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import pytest

from beffroi.lake.readers import stage
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.tables import Guess, Refused, StagedTable


class Looked:
    """A staged table with its rows at hand."""

    def __init__(self, table: StagedTable) -> None:
        self.table = table
        self.types = {column.name: column.type for column in table.columns}
        self.labels = [column.label for column in table.columns]
        self.personal = {column.name: column.personal for column in table.columns if column.personal}
        self.rows = self._query(f"SELECT * FROM '{table.parquet}' ORDER BY _line")
        self.quarantined = self._query(f"SELECT * FROM '{table.quarantine}' ORDER BY line")
        assert table.rows_read == table.rows_kept + table.rows_quarantined
        assert table.rows_kept == len(self.rows)
        assert table.rows_quarantined == len(self.quarantined)

    @staticmethod
    def _query(sql: str) -> list[dict[str, Any]]:
        return duckdb.sql(sql).to_arrow_table().to_pylist()

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    def kinds(self) -> list[tuple[int, str]]:
        return [(row["line"], row["kind"]) for row in self.quarantined]

    def guess(self, what: str) -> Guess:
        return next(guess for guess in self.table.guesses if guess.what.startswith(what))


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Looked]:
    """Stage the bytes or the text as a file, with corrections, and return its only table."""

    def _look(content: bytes | str, name: str = "fichier.csv", **corrected: Any) -> Looked:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        corrections = {name: Corrections.from_dict(corrected)}
        tables, refused = stage(path, tmp_path / "staging", corrections=corrections)
        assert not refused, refused
        assert len(tables) == 1
        return Looked(tables[0])

    return _look


@pytest.fixture
def refuse(tmp_path: Path) -> Callable[..., str]:
    """Stages the bytes as a file that must be refused, and gives the reason."""

    def _refuse(content: bytes | str, name: str = "fichier.csv", **corrected: Any) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        corrections = {name: Corrections.from_dict(corrected)}
        tables, refused = stage(path, tmp_path / "staging", corrections=corrections)
        assert not tables
        assert len(refused) == 1
        assert isinstance(refused[0], Refused)
        assert refused[0].file == name
        return refused[0].reason

    return _refuse


@pytest.fixture
def look_all(tmp_path: Path) -> Callable[..., tuple[dict[str, Looked], list[Refused]]]:
    """Stages the bytes as a file, and gives all its tables by origin, and what was refused of it."""

    def _look_all(content: bytes | str, name: str) -> tuple[dict[str, Looked], list[Refused]]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        tables, refused = stage(path, tmp_path / "staging")
        return {table.origin: Looked(table) for table in tables}, refused

    return _look_all


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """A small XLSX made by hand: texts inline, numbers as numbers."""
    out = io.BytesIO()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(out, "w") as archive:
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{types}</Types>",
        )
        archive.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0"?><workbook {main} xmlns:r="{kind}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="rId{n}" Type="{kind}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>',
        )
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(
                f'<row r="{r}">{"".join(_cell(value, r, c) for c, value in enumerate(row) if value is not None)}</row>'
                for r, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<?xml version="1.0"?><worksheet {main}><sheetData>{body}</sheetData></worksheet>',
            )
    return out.getvalue()


def _cell(value: object, row: int, column: int) -> str:
    place = f"{chr(65 + column)}{row}"
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


@pytest.fixture
def make_workbook() -> Callable[[dict[str, list[list[object]]]], bytes]:
    return workbook


@pytest.fixture
def make_zip() -> Callable[[dict[str, bytes]], bytes]:
    def _make_zip(members: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return out.getvalue()

    return _make_zip
