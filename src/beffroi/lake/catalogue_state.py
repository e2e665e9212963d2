"""State of a lake as its catalogue tells it, read without DuckDB: version, files, and of each table its rows and a digest.

In: a lake's folder. Out: a `CatalogueState`. The digest of a table covers all that its current rows are read by (files, deleted
rows, rows inlined in the catalogue, columns, statistics): with the SHA-256 of its files, which the inventory has, it is a
digest of its content that costs no reading of the files.
"""

# Names are DuckLake's own and ours; numbers are its: no text of a user becomes SQL.
# ruff: noqa: S608

import hashlib
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from beffroi.lake import catalogues
from beffroi.lake.catalogues import SQLite
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier

_INLINED_DELETES: Final = "ducklake_inlined_delete_{}"
_CHANGED: Final = re.compile(r":(\d+)")
"""Identifiers of the tables that a version changed, in DuckLake's list of its changes."""


@dataclass(frozen=True)
class TableState:
    """Number of current rows of a table, digest of what they are read by, and the latest version that changed it."""

    rows: int
    digest: str
    version: int = 0


@dataclass(frozen=True)
class CatalogueState:
    """State of a catalogue. `files`: needed by some version, by name (random, hence unique): their table and size in bytes.

    `tables`: those of the latest version, by name; `dropped`: those of earlier ones. `acts`: the act of each version that carries one.
    """

    version: int
    files: dict[str, tuple[str, int]]
    tables: dict[str, TableState]
    dropped: frozenset[str]
    acts: dict[int, str]


def read_state(folder: Path, *, immutable: bool = False) -> CatalogueState:
    """`immutable`: a copy without writers. Raises LakeError, sqlite3.Error."""
    with _CatalogueReader(catalogues.catalogue_of(folder), immutable=immutable) as reader:
        found = reader.rows("SELECT max(snapshot_id) FROM {place}.ducklake_snapshot")[0][0]
        if found is None:
            raise LakeError("il ne contient plus aucune version")
        changes = reader.rows(
            "SELECT snapshot_id, changes_made, commit_extra_info FROM {place}.ducklake_snapshot_changes "
            "ORDER BY snapshot_id"
        )
        latest = {int(table): int(at) for at, made, _ in changes for table in _CHANGED.findall(made or "")}
        acts = {int(at): act for at, _, act in changes if act}
        ended = reader.rows("SELECT table_name FROM {place}.ducklake_table WHERE end_snapshot IS NOT NULL")
        tables = _tables(reader, latest)
        dropped = frozenset(name for (name,) in ended if name not in tables)
        return CatalogueState(int(found), _needed(reader), tables, dropped, acts)


def version_of(folder: Path, *, immutable: bool = False) -> int:
    """Latest version of a lake. Raises LakeError, sqlite3.Error."""
    return read_state(folder, immutable=immutable).version


def _needed(reader: "_CatalogueReader") -> dict[str, tuple[str, int]]:
    names = dict(
        reader.rows("SELECT table_id, table_name FROM {place}.ducklake_table ORDER BY begin_snapshot")
    )
    rows = reader.rows(
        "SELECT path, table_id, file_size_bytes FROM {place}.ducklake_data_file UNION ALL "
        "SELECT path, table_id, file_size_bytes FROM {place}.ducklake_delete_file"
    )
    return {path.rpartition("/")[2]: (names.get(table, ""), int(size)) for path, table, size in rows}


def _tables(reader: "_CatalogueReader", latest: dict[int, int]) -> dict[str, TableState]:
    names, begun = {}, {}
    for table, name, version in reader.rows(
        "SELECT table_id, table_name, begin_snapshot FROM {place}.ducklake_table WHERE end_snapshot IS NULL "
        "ORDER BY table_id"
    ):
        names[int(table)], begun[int(table)] = name, int(version)
    digests = {table: hashlib.sha256() for table in names}
    counts: defaultdict[int, int] = defaultdict(int)
    for kind, table, count, row in _current_rows(reader, set(names)):
        if table in names:
            counts[table] += count
            digests[table].update(repr((kind, *row)).encode())
    return {
        name: TableState(
            counts[table], digests[table].hexdigest()[:32], max(begun[table], latest.get(table, 0))
        )
        for table, name in names.items()
    }


def _current_rows(
    reader: "_CatalogueReader", tables: set[int]
) -> Iterator[tuple[str, int, int, tuple[Any, ...]]]:
    """Rows of the catalogue that the current rows of the tables are read by: kind, table, how many rows it adds, itself."""
    current = "FROM {place}.ducklake_{kind} WHERE end_snapshot IS NULL ORDER BY {order}"
    for kind, order, number, sign in (
        ("column", "table_id, column_id", "0", 0),
        ("data_file", "data_file_id", "record_count", 1),
        ("delete_file", "delete_file_id", "delete_count", -1),
    ):
        sql = f"SELECT table_id, {number}, * {current.replace('{kind}', kind).replace('{order}', order)}"
        for table, count, *row in reader.rows(sql):
            yield kind, int(table), sign * int(count), tuple(row)
    for table, *row in reader.rows(
        "SELECT s.table_id, s.* FROM {place}.ducklake_file_column_stats s JOIN {place}.ducklake_data_file f "
        "USING (data_file_id) WHERE f.end_snapshot IS NULL ORDER BY s.data_file_id, s.column_id"
    ):
        yield "statistics", int(table), 0, tuple(row)
    for table, *row in reader.rows(
        "SELECT object_id, * FROM {place}.ducklake_tag WHERE end_snapshot IS NULL ORDER BY object_id, key"
    ):
        yield "tag", int(table), 0, tuple(row)
    there = reader.table_names()
    inlined = reader.rows(
        "SELECT table_id, table_name FROM {place}.ducklake_inlined_data_tables ORDER BY table_id, table_name"
    )
    for table, name in inlined:
        if int(table) in tables:
            sql = (
                f"SELECT * FROM {{place}}.{quote_identifier(name)} WHERE end_snapshot IS NULL ORDER BY row_id"
            )
            for inlined_row in reader.rows(sql):
                yield "inlined", int(table), 1, inlined_row
    for table in sorted(tables):
        name = _INLINED_DELETES.format(table)
        if name in there:
            sql = (
                f"SELECT d.* FROM {{place}}.{name} d JOIN {{place}}.ducklake_data_file f ON f.data_file_id = d.file_id "
                "WHERE f.end_snapshot IS NULL ORDER BY d.file_id, d.row_id"
            )
            for deleted_row in reader.rows(sql):
                yield "deleted", table, -1, deleted_row


class _CatalogueReader:
    """Read-only access to a catalogue without DuckDB, in about a millisecond."""

    def __init__(self, catalogue: catalogues.Catalogue, *, immutable: bool = False) -> None:
        self._catalogue, self._immutable = catalogue, immutable
        self.connection: Any = None

    def __enter__(self) -> "_CatalogueReader":
        if isinstance(self._catalogue, SQLite):
            self.connection = open_sqlite(self._catalogue.file, immutable=self._immutable)
            return self
        import psycopg

        try:
            self.connection = self._catalogue.connect()
        except psycopg.Error as error:
            raise LakeError(self._catalogue.scrub(str(error))) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def table_names(self) -> set[str]:
        if isinstance(self._catalogue, SQLite):
            return {name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = '{}'"
        return {name for (name,) in self.rows(sql.format(self._catalogue.schema))}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        sql = sql.replace("{place}", quote_identifier(self._catalogue.schema))
        if isinstance(self._catalogue, SQLite):
            return list(self.connection.execute(sql))
        import psycopg

        try:
            return list(self.connection.execute(sql))
        except psycopg.Error as error:
            raise LakeError(self._catalogue.scrub(str(error))) from None


def open_sqlite(file: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Existing SQLite database: unlike `sqlite3.connect`, never creates one. `immutable`: a copy without writers."""
    how = "immutable=1" if immutable else "mode=rw"
    return sqlite3.connect(f"file:{quote(str(file))}?{how}", uri=True, timeout=30)
