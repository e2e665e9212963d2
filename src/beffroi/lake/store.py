"""Lake of a territory: typed, versioned tables in DuckLake (Parquet files and a catalogue in SQLite or PostgreSQL).

In: staged tables and grants. Out: versions, relations and checksums. A write is one commit that carries the id of its
act, under one lock shared by all processes: repeated, it takes effect once; interrupted, it leaves nothing.
"""

# Names go through `quote_identifier`, texts through `quote_literal` or parameters: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import duckdb
import ibis.expr.types as ir

from beffroi.lake import catalogues, files, inventory, schemas
from beffroi.lake.attached import granted_table
from beffroi.lake.catalogue_transfer import copy_lake
from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.lake.grants import Grant
from beffroi.lake.lake_connection import LakeConnection
from beffroi.lake.partial_restore import restore_changed_rows
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.table_writes import TableWrite
from beffroi.lake.tables import DELIVERY, LINE, Column, StagedTable
from beffroi.lake.target_tables import TargetTable
from beffroi.lake.upserts import Effect

QUARANTINE = "_quarantine"


class Lake(LakeConnection):
    """Reads and writes of one lake's folder: `data/`, the lock of its writers, and a catalogue (see `catalogues`)."""

    # Reads

    def tables(self) -> dict[str, list[Column]]:
        """Tables by name with their columns, without the provenance columns (`_line`, `_delivery`)."""
        rows = self.query_rows("SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'lake'")
        return {
            name: schemas.columns_from_comment(comment)
            for name, comment in sorted(rows)
            if name != QUARANTINE
        }

    def version_of_act(self, act: str) -> int | None:
        """Version committed by the act; None when its commit never happened."""
        rows = self.query_rows(
            "SELECT snapshot_id FROM ducklake_snapshots('lake') WHERE commit_extra_info = ?", [act]
        )
        return int(rows[0][0]) if rows else None

    def count(self, table: str, version: int | None = None) -> int:
        return int(self.query_rows(f"SELECT count(*) FROM {self.table_sql(table, version)}")[0][0])

    def quarantine(self, table: str, delivery: int) -> list[dict[str, Any]]:
        """Rows quarantined when this delivery of the table was read: file, line, reason, kind, raw."""
        if not self.has_table(QUARANTINE):
            return []
        names = ("file", "line", "reason", "kind", "raw")
        rows = self.query_rows(
            f"SELECT {', '.join(names)} FROM {self.table_sql(QUARANTINE)} "
            "WHERE table_name = ? AND delivery = ? ORDER BY file, line",
            [table, delivery],
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def overlap(self, table: str, staged: StagedTable) -> float:
        """Share (0..1) of the current rows found again in the new file, to guess whether it replaces or appends.

        Rows are compared on common columns; 0 when fewer than half of the current columns are common.
        """
        current = self.column_types(table)
        new = schemas.parquet_column_types(self.connection, staged.parquet)
        common = [name for name in current if name in new and name not in (LINE, DELIVERY)]
        known = len([name for name in current if name not in (LINE, DELIVERY)])
        if not common or len(common) * 2 < known:
            return 0.0
        row = ", ".join(f"CAST({quote_identifier(name)} AS VARCHAR)" for name in common)
        cast = ", ".join(f"CAST(TRY_CAST({quote_identifier(n)} AS {current[n]}) AS VARCHAR)" for n in common)
        source = f"read_parquet({quote_literal(str(staged.parquet))})"
        share = self.query_rows(
            f"SELECT avg(CASE WHEN ROW({row}) IN (SELECT ROW({cast}) FROM {source}) THEN 1.0 ELSE 0.0 END) "
            f"FROM {self.table_sql(table)}"
        )[0][0]
        return float(share or 0.0)

    def count_lost_rows(self, table: str, deliveries: Sequence[int], before: int, after: int) -> int:
        """Rows that these deliveries wrote, as of version `before`, of which `after` has no equal in the columns of both.

        Raises LakeError when a version is no longer there.
        """
        old, new = (self.table_sql(table, version) for version in (before, after))
        kinds = [schemas.query_column_types(self.connection, f"FROM {place}") for place in (old, new)]
        common = [name for name in kinds[0] if name in kinds[1] and name not in (LINE, DELIVERY)]
        same = " AND ".join(
            f"{schemas.as_text(name)} IS NOT DISTINCT FROM b.{quote_identifier(name)}" for name in common
        )
        columns = ", ".join(f"{schemas.as_text(name)} AS {quote_identifier(name)}" for name in common)
        written = ", ".join(str(int(delivery)) for delivery in deliveries)
        rows = self.query_rows(
            f"SELECT count(*) FROM (SELECT {columns} FROM {old} WHERE {DELIVERY} IN ({written})) b "
            f"WHERE NOT EXISTS (SELECT 1 FROM {new} WHERE {same})"
        )
        return int(rows[0][0])

    def target_table(self, table: str) -> TargetTable:
        """Table as the target of a staged one (see `drift`, `upsert_keys`)."""
        return TargetTable(
            self.connection,
            table,
            self.table_sql(table),
            schemas.columns_from_comment(self.table_comment(table)),
        )

    def effect(self, table: str, staged: StagedTable, key: Sequence[str]) -> Effect:
        """Effect of an upsert of this file by this key; nothing changes. Raises InvalidKey."""
        upsert = self._table_write(table, staged).upsert(key)
        try:
            return upsert.compute_effect()
        finally:
            upsert.drop_temporary_tables()

    def effect_of_act(self, act: str) -> Effect | None:
        """Effect of the upsert committed by the act; None for another act, or one that changed nothing."""
        rows = self.query_rows(
            "SELECT commit_message FROM ducklake_snapshots('lake') WHERE commit_extra_info = ?", [act]
        )
        return Effect.read(rows[0][0] or "") if rows else None

    def checksums(self) -> dict[str, str]:
        """Content checksum of each table, independent of the order of rows and the layout of files."""
        names = self.query_rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'")
        return {name: self.checksum(name) for (name,) in sorted(names)}

    def readable_checksums(self, like: Mapping[str, str] = {}) -> tuple[dict[str, str], dict[str, str]]:
        """Checksum of each fully readable table; of the others, the reason in French.

        `like`: recorded checksums by table; each is recomputed by the algorithm of its own time.
        """
        sums, unread = {}, {}
        for (name,) in self.query_rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"):
            try:
                sums[name] = self.checksum(name, like.get(name, ""))
            except LakeError as error:
                unread[name] = str(error)
        return dict(sorted(sums.items())), unread

    def relation(self, grant: Grant, *, unit_as: str | None = None, row_as: str | None = None) -> ir.Table:
        """Lazy relation of the grant: its rows, columns and version, masks applied. `unit_as`, `row_as`: see `granted_table`.

        Raises GrantExpired.
        """
        grant.check()
        return granted_table(self.attached.backend, grant, unit_as=unit_as, row_as=row_as)

    # Writes

    def write(
        self,
        table: str,
        staged: StagedTable,
        *,
        delivery: int,
        act: str,
        mode: Literal["replace", "append", "upsert"],
        key: Sequence[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> int:
        """Write a staged table in one commit that carries `act`; the new version.

        Columns are aligned by name; missing ones are added. `upsert`: existing rows with the same `key` (columns) are
        updated when they differ, new ones added, the others unchanged. `labels`: by column, those that a person chose, which
        replace the current ones. Repeated for one act, it writes once. Raises
        LakeError when a column changed its type in a way that would lose data, InvalidKey for a key that does not
        identify one row.
        """

        def change() -> str | None:
            table_write, effect = self._table_write(table, staged), None
            columns: Iterable[Column] | None
            if mode == "upsert":
                act_by_key = table_write.update if self.has_table(table) else table_write.begin
                effect, columns = act_by_key(delivery, key)
            elif mode == "append" and self.has_table(table):
                columns = table_write.append(delivery)
            else:
                columns = table_write.replace(delivery)
            if labels:
                described = self.tables()[table] if columns is None else columns
                columns = [
                    replace(column, label=labels.get(column.name, column.label)) for column in described
                ]
            if columns is not None:
                self.set_table_comment(table, schemas.columns_to_comment(columns))
            self._store_quarantine(table, staged, delivery)
            return effect.commit_message(table) if effect else None

        return self.commit(act, f"write {table}", change)

    def restore(self, table: str, version: int | None, *, act: str) -> int:
        """Restore the table and its quarantine as they were at `version` (None: before it existed).

        When few rows changed since, only those are rewritten.
        """

        def change() -> None:
            existed = version is not None and self.has_table(table, version)
            if existed:
                comment = self.table_comment(table, version)
                if not self._restore_changed_rows(table, version):
                    self.execute(
                        f"CREATE OR REPLACE TABLE {self.table_sql(table)} AS FROM {self.table_sql(table, version)}"
                    )
                self.set_table_comment(table, comment)
            else:
                self.execute(f"DROP TABLE IF EXISTS {self.table_sql(table)}")
            self._restore_quarantine(table, version if existed else None)

        return self.commit(act, f"restore {table}", change)

    def snapshot_to(self, target: Path) -> None:
        """Copy the lake consistently into the folder `target` (created if absent, else empty).

        The copy's catalogue is in SQLite, whatever this one is: it opens anywhere, and contains no password.
        """
        copy_lake(self.path, target)

    def record_inventory(self, *, anew: bool = False) -> None:
        """Record the new data files and the version (`anew`: drop the missing ones). Raises OSError."""
        with files.write_lock(self.path):
            (inventory.rewrite if anew else inventory.record)(self.path, self.version())

    # Steps of a write

    def commit(self, act: str, message: str, change: Callable[[], str | None]) -> int:
        if self.read_only:
            raise LakeError("Ces données sont ouvertes en lecture seule. Rien n'a été modifié.")
        with files.write_lock(self.path):
            if catalogues.catalogue_of(self.path) != self.catalogue:
                raise LakeError(
                    "Le catalogue de ces données vient d'être déplacé. Rien n'a été modifié. Recommencez."
                )
            done = self.version_of_act(act)
            if done is not None:
                return done
            self.execute("BEGIN")
            try:
                text = change() or message
                self.execute("CALL lake.set_commit_message('beffroi', ?, extra_info => ?)", [text, act])
                self.execute("COMMIT")
            except BaseException as error:
                self.roll_back()
                if files.server_lost(error) and (stands := self._version_after_commit(act)) is not None:
                    return stands
                if isinstance(error, duckdb.Error | OSError):
                    raise files.explain(error) from error
                raise
            made = self._version_after_commit(act)
            # Nothing to change (a table that never was is dropped) makes no version: the current one stands.
            version = self.version() if made is None else made
            # The rows are there: a disk that has no room left for their hashes gets them at the next write.
            with suppress(OSError):
                inventory.record(self.path, version)
            return version

    def _version_after_commit(self, act: str) -> int | None:
        """Version committed by the act, when the response to its commit may have been lost. Raises OutcomeUnknown."""
        try:
            return self.version_of_act(act)
        except LakeError as error:
            raise OutcomeUnknown(
                f"{files.SERVER_LOST} L'écriture a peut-être abouti. Recommencez dans un moment : "
                "ce qui a été fait n'est pas refait."
            ) from error

    def _table_write(self, table: str, staged: StagedTable) -> TableWrite:
        described = schemas.columns_from_comment(self.table_comment(table))
        return TableWrite(self.connection, table, self.table_sql(table), described, staged)

    def _restore_changed_rows(self, table: str, version: int | None) -> bool:
        """Whether the table, not replaced since `version`, was restored by its changed rows alone."""
        if version is None or not self.has_table(table):
            return False
        now = self.version()
        (then,), (since,) = (
            self.metadata_rows("ducklake_table", "table_id", "x.table_name = ?", at, [table])[0]
            for at in (version, now)
        )
        if then != since:
            return False
        before = schemas.query_column_types(self.connection, f"FROM {self.table_sql(table, version)}")
        return restore_changed_rows(
            self.connection, table, version, now, before=before, after=self.column_types(table)
        )

    def _store_quarantine(self, table: str, staged: StagedTable, delivery: int) -> None:
        if not staged.rows_quarantined:
            return
        self.execute(
            f"CREATE TABLE IF NOT EXISTS {self.table_sql(QUARANTINE)} (table_name VARCHAR, delivery BIGINT, "
            "file VARCHAR, line BIGINT, reason VARCHAR, kind VARCHAR, raw VARCHAR)"
        )
        self.execute(
            f"INSERT INTO {self.table_sql(QUARANTINE)} SELECT ?, ?, file, line, reason, kind, raw FROM read_parquet(?)",
            [table, delivery, str(staged.quarantine)],
        )

    def _restore_quarantine(self, table: str, version: int | None) -> None:
        if not self.has_table(QUARANTINE):
            return
        # Rebuilt whole: DuckLake 1.5.5 hides the rows that a transaction deleted from its reads of past versions too.
        values = [table]
        query = f"FROM {self.table_sql(QUARANTINE)} WHERE table_name <> ?"
        if version is not None and self.has_table(QUARANTINE, version):
            query += f" UNION ALL FROM {self.table_sql(QUARANTINE, version)} WHERE table_name = ?"
            values.append(table)
        self.execute(f"CREATE OR REPLACE TABLE {self.table_sql(QUARANTINE)} AS {query}", values)
