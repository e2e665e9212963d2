"""Transfer of a lake's catalogue rows between databases (SQLite, PostgreSQL), and the copy of a whole lake.

In: a lake's folder or its catalogue, and a target. Out: the same tables, versions and content; data files are the same
under both databases, so only the catalogue's rows travel.
"""

# Names are those of DuckLake's own tables, quoted; values are parameters: no text of a user becomes SQL.
# ruff: noqa: S608

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

import duckdb

from beffroi.lake import catalogue_state, catalogues, files, inventory
from beffroi.lake.catalogues import Catalogue, PostgreSQL, SQLite
from beffroi.lake.engine import connect
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier

# DuckLake's types → types of the small deliveries that DuckLake inlines in the catalogue.
_TO_POSTGRESQL = {
    "varchar": "bytea",  # PostgreSQL's own texts cannot hold the character NUL
    "boolean": "boolean",
    "int8": "smallint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "integer",
    "uint16": "integer",
    "uint32": "bigint",
    "float32": "real",
    "float64": "double precision",
    "time": "time",
    "uuid": "uuid",
    **dict.fromkeys(["uint64", "int128", "uint128", "date", "timestamp", "timestamptz"], "varchar"),
    **dict.fromkeys(["timestamp_s", "timestamp_ms", "timestamp_ns"], "varchar"),
}
_WHOLE = {"boolean", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"}
_SMALL = re.compile(r"ducklake_inlined_data_(\d+)_(\d+)")
_DELETED = re.compile(r"ducklake_inlined_delete_\d+")


class _Side(Protocol):
    """Rows of one catalogue. Values travel as None, int or str; each table is replaced as a whole, in one transaction."""

    def columns_by_table(self) -> dict[str, list[str]]: ...
    def rows(self, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]: ...
    def create(self, table: str, types: dict[str, str]) -> None: ...
    def fill(self, table: str, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: Any) -> None: ...


def copy_lake(folder: Path, target: Path) -> None:
    """Copy the lake of `folder` into `target` (absent or empty): data files, and a catalogue in SQLite whatever the source's."""
    with files.write_lock(folder):
        files.copy_data(folder, target)
        if (folder / inventory.NAME).is_file():
            shutil.copyfile(folder / inventory.NAME, target / inventory.NAME)
        copy_catalogue(folder, target / catalogues.SQLITE)


def copy_catalogue(folder: Path, target: Path) -> None:
    """Copy the catalogue of `folder` to the SQLite file `target`, replaced whole. The caller has the write lock."""
    catalogue = catalogues.catalogue_of(folder)
    draft = target.with_name(f".{target.name}.tmp")
    try:
        draft.unlink(missing_ok=True)
        if isinstance(catalogue, SQLite):
            # SQLite's own backup sees one state of the catalogue, whatever its write-ahead log holds.
            with (
                closing(catalogue_state.open_sqlite(catalogue.file)) as source,
                closing(sqlite3.connect(draft)) as copied,
            ):
                source.backup(copied)
        else:
            transfer(catalogue, SQLite(draft), target.parent)
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise files.explain(error) from error
    finally:
        draft.unlink(missing_ok=True)


def transfer(source: Catalogue, target: Catalogue, folder: Path) -> None:
    """Copy all rows of `source` to `target`, which is created or emptied first."""
    try:
        with _side(target) as emptied:
            if isinstance(emptied, PostgreSQLSide):
                emptied.empty()
        # DuckLake makes its own tables: a fresh lake, whose few rows are then replaced.
        with closing(connect(extensions=catalogues.required_extensions(folder, target))) as connection:
            catalogues.attach(connection, folder, read_only=False, catalogue=target)
            connection.execute("DETACH lake")
        with _side(source) as origin, _side(target) as destination:
            there = destination.columns_by_table()
            for table, columns in origin.columns_by_table().items():
                if table not in there:
                    destination.create(table, _types(origin, table, columns))
                elif set(columns) != set(there[table]):
                    raise LakeError(
                        f"Le catalogue a une forme que cette version de Beffroi ne connaît pas ({table}). "
                        "Rien n'a été modifié. Mettez Beffroi à jour, puis recommencez."
                    )
                destination.fill(table, columns, origin.rows(table, columns))
    except (sqlite3.Error, duckdb.Error) as error:
        raise files.explain(error) from error


def _types(side: _Side, table: str, columns: list[str]) -> dict[str, str]:
    """DuckLake types of the columns of an inlined-data table, from the catalogue's own description."""
    if _DELETED.fullmatch(table):
        return dict.fromkeys(columns, "int64")
    found = _SMALL.fullmatch(table)
    if not found:
        raise LakeError(
            f"Le catalogue contient une table inconnue ({table}). Rien n'a été modifié. Mettez Beffroi à jour."
        )
    table_id, version = map(int, found.groups())
    starts = side.rows("ducklake_schema_versions", ["table_id", "schema_version", "begin_snapshot"])
    start = next(begin for owner, schema, begin in starts if (owner, schema) == (table_id, version))
    described = side.rows(
        "ducklake_column", ["table_id", "column_name", "column_type", "begin_snapshot", "end_snapshot"]
    )
    types = {
        name: kind
        for owner, name, kind, begin, end in described
        if owner == table_id and begin <= start and (end is None or end > start)
    }
    system_types = dict.fromkeys(["row_id", "begin_snapshot", "end_snapshot"], "int64")
    return {column: system_types.get(column) or _known(types[column]) for column in columns}


def _known(kind: str) -> str:
    if kind in _TO_POSTGRESQL or kind.startswith("decimal("):
        return kind
    raise LakeError(f"Une colonne est d'un type qui ne se déplace pas ({kind}). Rien n'a été modifié.")


def _side(catalogue: Catalogue) -> "SQLiteSide | PostgreSQLSide":
    return SQLiteSide(catalogue) if isinstance(catalogue, SQLite) else PostgreSQLSide(catalogue)


class SQLiteSide:
    def __init__(self, catalogue: SQLite) -> None:
        self._connection = sqlite3.connect(catalogue.file, isolation_level=None, timeout=30)

    def __enter__(self) -> Self:
        self._connection.execute("BEGIN")
        return self

    def __exit__(self, *error: Any) -> None:
        self._connection.execute("ROLLBACK" if error[0] else "COMMIT")
        self._connection.close()

    def columns_by_table(self) -> dict[str, list[str]]:
        names = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return {
            name: [row[1] for row in self._connection.execute(f"PRAGMA table_info({quote_identifier(name)})")]
            for (name,) in names.fetchall()
        }

    def rows(self, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
        return self._connection.execute(f"SELECT {_listed(columns)} FROM {quote_identifier(table)}")

    def create(self, table: str, types: dict[str, str]) -> None:
        described = [
            f"{quote_identifier(c)} {'BIGINT' if t in _WHOLE else 'VARCHAR'}" for c, t in types.items()
        ]
        self._connection.execute(f"CREATE TABLE {quote_identifier(table)} ({', '.join(described)})")

    def fill(self, table: str, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
        self._connection.execute(f"DELETE FROM {quote_identifier(table)}")
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT INTO {quote_identifier(table)} ({_listed(columns)}) VALUES ({marks})", rows
        )


class PostgreSQLSide:
    """Rows of a catalogue in PostgreSQL. `_kinds`: PostgreSQL type of each column, which decides how a value is written."""

    def __init__(self, catalogue: PostgreSQL) -> None:
        self._catalogue = catalogue
        self._connection: Any = None
        self._kinds: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        with self._postgresql_errors():
            self._connection = self._catalogue.connect()
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._connection.execute("SET LOCAL timezone = 'UTC'")
            self._connection.execute("SET LOCAL intervalstyle = 'postgres'; SET LOCAL datestyle = 'ISO'")
        return self

    def __exit__(self, *error: Any) -> None:
        with self._postgresql_errors():
            self._connection.rollback() if error[0] else self._connection.commit()
            self._connection.close()

    def columns_by_table(self) -> dict[str, list[str]]:
        with self._postgresql_errors():
            rows = self._connection.execute(
                "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c "
                "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
                "WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) AND c.relkind = 'r' "
                "ORDER BY c.relname, a.attnum",
                [self._catalogue.schema],
            ).fetchall()
        self._kinds = {}
        for table, column, kind in rows:
            self._kinds.setdefault(table, {})[column] = kind
        return {table: list(kinds) for table, kinds in self._kinds.items()}

    def rows(self, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
        with self._postgresql_errors():
            taken = [self._taken(self._kinds[table][column], quote_identifier(column)) for column in columns]
            found = self._connection.execute(f"SELECT {', '.join(taken)} FROM {self._at(table)}")
            for row in found:
                yield tuple(value.decode() if isinstance(value, bytes) else value for value in row)

    @staticmethod
    def _taken(kind: str, column: str) -> str:
        """SQL: a column as transferred: integers and booleans as integers, everything else as text."""
        if kind == "boolean":
            return f"{column}::int"
        return column if kind in ("smallint", "integer", "bigint", "bytea") else f"{column}::text"

    def create(self, table: str, types: dict[str, str]) -> None:
        kinds = {
            c: t.replace("decimal", "numeric") if "(" in t else _TO_POSTGRESQL[t] for c, t in types.items()
        }
        described = ", ".join(f"{quote_identifier(column)} {kind}" for column, kind in kinds.items())
        with self._postgresql_errors():
            self._connection.execute(f"CREATE TABLE {self._at(table)} ({described})")
        self._kinds[table] = kinds

    def fill(self, table: str, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
        kinds = [self._kinds[table][column] for column in columns]
        with self._postgresql_errors(), self._connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._at(table)}")
            with cursor.copy(f"COPY {self._at(table)} ({_listed(columns)}) FROM STDIN") as writing:
                for row in rows:
                    writing.write_row([_written(v, kind) for v, kind in zip(row, kinds, strict=True)])

    def empty(self) -> None:
        with self._postgresql_errors():
            for table in self.columns_by_table():
                self._connection.execute(f"DROP TABLE {self._at(table)}")

    def _at(self, table: str) -> str:
        return f"{quote_identifier(self._catalogue.schema)}.{quote_identifier(table)}"

    @contextmanager
    def _postgresql_errors(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            raise LakeError(
                "La base PostgreSQL qui tient le catalogue de ces données a refusé la copie. Rien n'a été modifié. "
                f"Détail technique : {self._catalogue.scrub(str(error))}"
            ) from None


def _written(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "bytea":
        return str(value).encode()
    return bool(value) if kind == "boolean" else value


def _listed(columns: list[str]) -> str:
    return ", ".join(map(quote_identifier, columns))
