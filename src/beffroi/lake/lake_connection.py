"""Connection to one lake: a DuckDB session with its catalogue attached, and the metadata of its tables at any version.

In: a lake's folder. Out: rows, SQL names of tables, column types, comments and checksums. DuckDB's and the disk's errors become
LakeError.
"""

# Names go through `quote_identifier`, texts through `quote_literal` or parameters: no text of a user becomes SQL.
# ruff: noqa: S608

from pathlib import Path
from typing import Any, Self

import duckdb
import ibis

from beffroi.lake import catalogues, checksums, files, inventory, schemas
from beffroi.lake.attached import AttachedLake
from beffroi.lake.catalogues import Catalogue
from beffroi.lake.engine import connect
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier, quote_literal


class LakeConnection:
    """DuckDB session on one lake's folder, attached as `lake`; writers wait for the folder's lock while it opens.

    `catalogue`: another one than the folder names, while it is being made.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        memory_limit: str = "1GB",
        catalogue: Catalogue | None = None,
    ) -> None:
        self.path = Path(path)
        self.read_only = read_only
        if catalogue is None:
            inventory.refuse_lost_catalogue(self.path)
        if not read_only:
            (self.path / files.DATA).mkdir(parents=True, exist_ok=True)
        extensions = catalogues.required_extensions(self.path, catalogue)
        self.connection = connect(memory_limit=memory_limit, extensions=extensions)
        try:
            if read_only:
                self.catalogue = self._attached(catalogue)
            else:
                with files.write_lock(self.path):
                    self.catalogue = self._attached(catalogue)
                    if catalogue is None:
                        inventory.refuse_older_catalogue(self.path, self.version())
        except BaseException:
            self.connection.close()
            raise
        self._ibis: Any = None

    def _attached(self, catalogue: Catalogue | None) -> Catalogue:
        return catalogues.attach(self.connection, self.path, read_only=self.read_only, catalogue=catalogue)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def attached(self) -> AttachedLake:
        """This lake as an attached database, for readers of grants."""
        if self._ibis is None:
            self._ibis = ibis.duckdb.from_connection(self.connection)
        return AttachedLake(self.connection, self._ibis, "lake", self.catalogue.schema)

    def version(self) -> int:
        """The latest version of the lake."""
        return int(self.query_rows("SELECT id FROM lake.current_snapshot()")[0][0])

    def column_types(self, table: str) -> dict[str, str]:
        """Columns of a table with their DuckDB types, in order. Raises LakeError for a table that is not there."""
        if not self.has_table(table):
            raise LakeError(
                f"La table « {table} » n'est pas conservée ici. Rouvrez le catalogue pour la retrouver."
            )
        return schemas.query_column_types(self.connection, f"FROM {self.table_sql(table)}")

    def has_table(self, table: str, version: int | None = None) -> bool:
        """Whether the table exists, at `version` or now."""
        if version is None:
            found = self.query_rows(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = ?", [table]
            )
            return bool(found)
        return bool(self.metadata_rows("ducklake_table", "table_id", "x.table_name = ?", version, [table]))

    def table_comment(self, table: str, version: int | None = None) -> str | None:
        """Comment of the table, which describes its columns (see `schemas.columns_of`)."""
        if version is None:
            rows = self.query_rows(
                "SELECT comment FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = ?", [table]
            )
            return rows[0][0] if rows else None
        (table_id,) = self.metadata_rows("ducklake_table", "table_id", "x.table_name = ?", version, [table])[
            0
        ]
        rows = self.metadata_rows(
            "ducklake_tag", "value", "x.object_id = ? AND x.key = 'comment'", version, [table_id]
        )
        return rows[0][0] if rows else None

    def metadata_rows(
        self, source: str, field: str, where: str, version: int, values: list[Any]
    ) -> list[tuple[Any, ...]]:
        place = f"__ducklake_metadata_lake.{quote_identifier(self.catalogue.schema)}"
        return self.query_rows(
            f"SELECT x.{field} FROM {place}.{source} x WHERE {where} "
            "AND x.begin_snapshot <= ? AND (x.end_snapshot IS NULL OR x.end_snapshot > ?)",
            [*values, version, version],
        )

    def set_table_comment(self, table: str, comment: str | None) -> None:
        """Set the comment of a table; None leaves it as it is."""
        if comment is not None:
            self.execute(f"COMMENT ON TABLE {self.table_sql(table)} IS {quote_literal(comment)}")

    @staticmethod
    def table_sql(table: str, version: int | None = None) -> str:
        """SQL: the table, at `version` or now."""
        name = f"lake.main.{quote_identifier(table)}"
        return name if version is None else f"{name} AT (VERSION => {int(version)})"

    def query_rows(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query. Raises LakeError."""
        try:
            rows: list[tuple[Any, ...]] = self.connection.execute(sql, values or []).fetchall()
        except duckdb.Error as error:
            raise files.explain(error, reading=True) from error
        return rows

    def execute(self, sql: str, values: list[Any] | None = None) -> None:
        self.connection.execute(sql, values or [])

    def roll_back(self) -> None:
        """End a transaction, whether or not DuckDB has already closed it."""
        try:
            self.execute("ROLLBACK")
        except duckdb.Error:
            # DuckDB already closed the transaction (a failed COMMIT does): nothing is left to undo.
            return

    def checksum(self, table: str, like: str = "") -> str:
        """Content checksum of the table; `like`: a recorded one, whose algorithm is used (see `checksums`)."""
        place = self.table_sql(table, self.version())  # one state, however many passes read it
        try:
            return checksums.table_checksum(self.connection, place, self.column_types(table), like=like)
        except duckdb.Error as error:
            raise files.explain(error, reading=True) from error
