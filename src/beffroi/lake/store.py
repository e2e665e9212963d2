"""The lake of a territory: typed, versioned tables in DuckLake (Parquet files and a catalogue in SQLite or PostgreSQL).

In come staged tables and grants; out come versions, relations and checksums. A write is one commit that carries the
id of its act, under one lock shared by all processes: done twice it takes effect once, cut short it leaves nothing.
"""

# Names go through `identifier`, texts through `literal` or parameters: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self

import duckdb
import ibis
import ibis.expr.types as ir

from beffroi.lake import catalogues, checksums, files, inventory, schemas
from beffroi.lake.attached import AttachedLake, granted_table
from beffroi.lake.catalogue_transfer import copy_lake
from beffroi.lake.catalogues import Catalogue
from beffroi.lake.engine import connect
from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.lake.grants import Grant
from beffroi.lake.partial_restore import restore_changed_rows
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.table_writes import TableWrite
from beffroi.lake.tables import DELIVERY, LINE, Column, StagedTable
from beffroi.lake.target_tables import TargetTable
from beffroi.lake.upserts import Effect

QUARANTINE = "_quarantine"


class Lake:
    """One lake's folder: `data/`, the lock of its writers, and a catalogue (see `catalogues`).

    `catalogue`: another one than the folder says, while it is being made.
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
        extensions = catalogues.extensions(self.path, catalogue)
        self._connection = connect(memory_limit=memory_limit, extensions=extensions)
        try:
            if read_only:
                self._catalogue = self._attached(catalogue)
            else:
                with files.write_lock(self.path):
                    self._catalogue = self._attached(catalogue)
                    if catalogue is None:
                        inventory.refuse_older_catalogue(self.path, self.version())
        except BaseException:
            self._connection.close()
            raise
        self._ibis: Any = None

    def _attached(self, catalogue: Catalogue | None) -> Catalogue:
        return catalogues.attach(self._connection, self.path, read_only=self.read_only, catalogue=catalogue)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What is held

    def tables(self) -> dict[str, list[Column]]:
        """The tables by name with their columns, those that the house adds (`_line`, `_delivery`) left out."""
        rows = self._rows("SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'lake'")
        return {name: schemas.columns_of(comment) for name, comment in sorted(rows) if name != QUARANTINE}

    def version(self) -> int:
        """The latest version of the lake."""
        return int(self._rows("SELECT id FROM lake.current_snapshot()")[0][0])

    def version_of_act(self, act: str) -> int | None:
        """The version that the act committed; None when its commit never happened."""
        rows = self._rows(
            "SELECT snapshot_id FROM ducklake_snapshots('lake') WHERE commit_extra_info = ?", [act]
        )
        return int(rows[0][0]) if rows else None

    def count(self, table: str, version: int | None = None) -> int:
        return int(self._rows(f"SELECT count(*) FROM {self._at(table, version)}")[0][0])

    def quarantine(self, table: str, delivery: int) -> list[dict[str, Any]]:
        """The rows set aside when this delivery of the table was read: file, line, reason, kind, raw."""
        if not self._exists(QUARANTINE):
            return []
        names = ("file", "line", "reason", "kind", "raw")
        rows = self._rows(
            f"SELECT {', '.join(names)} FROM {self._at(QUARANTINE)} "
            "WHERE table_name = ? AND delivery = ? ORDER BY file, line",
            [table, delivery],
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def overlap(self, table: str, staged: StagedTable) -> float:
        """The share (0..1) of the rows held that the new file has again, to guess whether it replaces or adds.

        Rows are compared on the columns that both have; with fewer than half of those held in common, 0.
        """
        current = self._shape(table)
        new = schemas.of_parquet(self._connection, staged.parquet)
        common = [name for name in current if name in new and name not in (LINE, DELIVERY)]
        known = len([name for name in current if name not in (LINE, DELIVERY)])
        if not common or len(common) * 2 < known:
            return 0.0
        row = ", ".join(f"CAST({quote_identifier(name)} AS VARCHAR)" for name in common)
        cast = ", ".join(f"CAST(TRY_CAST({quote_identifier(n)} AS {current[n]}) AS VARCHAR)" for n in common)
        source = f"read_parquet({quote_literal(str(staged.parquet))})"
        share = self._rows(
            f"SELECT avg(CASE WHEN ROW({row}) IN (SELECT ROW({cast}) FROM {source}) THEN 1.0 ELSE 0.0 END) "
            f"FROM {self._at(table)}"
        )[0][0]
        return float(share or 0.0)

    def target_table(self, table: str) -> TargetTable:
        """The table, to be put beside a staged one (see `drift`, `keys`)."""
        return TargetTable(self._connection, table, self._at(table), schemas.columns_of(self._comment(table)))

    def effect(self, table: str, staged: StagedTable, key: Sequence[str]) -> Effect:
        """What an upsert of this file by this key would do; nothing changes. Raises KeyTrouble."""
        upsert = self._table_write(table, staged).upsert(key)
        try:
            return upsert.compute_effect()
        finally:
            upsert.drop_temporary_tables()

    def effect_of_act(self, act: str) -> Effect | None:
        """What the upsert that carried the act did; None for another act, or one that had nothing to change."""
        rows = self._rows(
            "SELECT commit_message FROM ducklake_snapshots('lake') WHERE commit_extra_info = ?", [act]
        )
        return Effect.read(rows[0][0] or "") if rows else None

    def checksums(self) -> dict[str, str]:
        """A checksum of the content of each table: the same whatever the order of rows and the layout of files."""
        names = self._rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'")
        return {name: self._checksum(name) for (name,) in sorted(names)}

    def readable_checksums(self, like: Mapping[str, str] = {}) -> tuple[dict[str, str], dict[str, str]]:
        """The checksum of each table that can be read to its last row; of the others, why not, in French.

        `like`: recorded checksums by table, to compare with; each is computed by the algorithm of its own time.
        """
        sums, unread = {}, {}
        for (name,) in self._rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"):
            try:
                sums[name] = self._checksum(name, like.get(name, ""))
            except LakeError as error:
                unread[name] = str(error)
        return dict(sorted(sums.items())), unread

    def relation(self, grant: Grant, *, unit_as: str | None = None, row_as: str | None = None) -> ir.Table:
        """Only the rows, columns and version of the grant, masks applied; lazy. `unit_as`, `row_as`: see `granted`.

        Raises GrantExpired.
        """
        grant.check()
        return granted_table(self.attached.backend, grant, unit_as=unit_as, row_as=row_as)

    @property
    def attached(self) -> AttachedLake:
        """This lake as the readers of grants take it."""
        if self._ibis is None:
            self._ibis = ibis.duckdb.from_connection(self._connection)
        return AttachedLake(self._connection, self._ibis, "lake", self._catalogue.schema)

    # What changes it

    def write(
        self,
        table: str,
        staged: StagedTable,
        *,
        delivery: int,
        act: str,
        mode: Literal["replace", "append", "upsert"],
        key: Sequence[str] = (),
    ) -> int:
        """Bring a staged table into the lake in one commit that carries `act`; the version it made.

        Columns are aligned by name; those that the table lacks are added. `upsert`: rows whose `key` (columns) is known
        are updated when they differ, new ones added, the others left. Asked twice for one act, it writes once.
        Raises LakeError when a column changed its type in a way that would lose data, KeyTrouble for a key that does
        not name one row.
        """

        def change() -> str | None:
            table_write, effect = self._table_write(table, staged), None
            columns: Iterable[Column] | None
            if mode == "upsert":
                act_by_key = table_write.update if self._exists(table) else table_write.begin
                effect, columns = act_by_key(delivery, key)
            elif mode == "append" and self._exists(table):
                columns = table_write.append(delivery)
            else:
                columns = table_write.replace(delivery)
            if columns is not None:
                self._describe(table, schemas.comment_of(columns))
            self._store_quarantine(table, staged, delivery)
            return effect.commit_message(table) if effect else None

        return self._commit(act, f"write {table}", change)

    def restore(self, table: str, version: int | None, *, act: str) -> int:
        """Put the table and its quarantine back as they were at `version` (None: as if it had never been).

        When few rows changed since, only those are written again.
        """

        def change() -> None:
            existed = version is not None and self._exists(table, version)
            if existed:
                comment = self._comment(table, version)
                if not self._restore_changed_rows(table, version):
                    self._run(f"CREATE OR REPLACE TABLE {self._at(table)} AS FROM {self._at(table, version)}")
                self._describe(table, comment)
            else:
                self._run(f"DROP TABLE IF EXISTS {self._at(table)}")
            self._restore_quarantine(table, version if existed else None)

        return self._commit(act, f"restore {table}", change)

    def snapshot_to(self, target: Path) -> None:
        """Copy the lake, whole and consistent, into the folder `target` (made if absent, else empty).

        The copy's catalogue is in SQLite, whatever this one is: it opens anywhere, and holds no password.
        """
        copy_lake(self.path, target)

    def record_inventory(self, *, anew: bool = False) -> None:
        """Write down the data files not recorded yet (`anew`: forget those that are gone) and the version. Raises OSError."""
        with files.write_lock(self.path):
            (inventory.rewrite if anew else inventory.record)(self.path, self.version())

    # Inside

    def _commit(self, act: str, message: str, change: Callable[[], str | None]) -> int:
        if self.read_only:
            raise LakeError("Ces données sont ouvertes en lecture seule. Rien n'a été modifié.")
        with files.write_lock(self.path):
            if catalogues.of(self.path) != self._catalogue:
                raise LakeError(
                    "Le catalogue de ces données vient d'être déplacé. Rien n'a été modifié. Recommencez."
                )
            done = self.version_of_act(act)
            if done is not None:
                return done
            self._run("BEGIN")
            try:
                text = change() or message
                self._run("CALL lake.set_commit_message('beffroi', ?, extra_info => ?)", [text, act])
                self._run("COMMIT")
            except BaseException as error:
                self._roll_back()
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
        """The version that the act made, when its commit was sent and its answer may be lost."""
        try:
            return self.version_of_act(act)
        except LakeError as error:
            raise OutcomeUnknown(
                f"{files.SERVER_LOST} L'écriture a peut-être abouti. Recommencez dans un moment : "
                "ce qui a été fait n'est pas refait."
            ) from error

    def _table_write(self, table: str, staged: StagedTable) -> TableWrite:
        described = schemas.columns_of(self._comment(table))
        return TableWrite(self._connection, table, self._at(table), described, staged)

    def _restore_changed_rows(self, table: str, version: int | None) -> bool:
        """Whether the table, the same one since `version`, could be put back by its changed rows alone."""
        if version is None or not self._exists(table):
            return False
        now = self.version()
        (then,), (since,) = (
            self._metadata("ducklake_table", "table_id", "x.table_name = ?", at, [table])[0]
            for at in (version, now)
        )
        if then != since:
            return False
        before = schemas.of_query(self._connection, f"FROM {self._at(table, version)}")
        return restore_changed_rows(
            self._connection, table, version, now, before=before, after=self._shape(table)
        )

    def _store_quarantine(self, table: str, staged: StagedTable, delivery: int) -> None:
        if not staged.rows_quarantined:
            return
        self._run(
            f"CREATE TABLE IF NOT EXISTS {self._at(QUARANTINE)} (table_name VARCHAR, delivery BIGINT, "
            "file VARCHAR, line BIGINT, reason VARCHAR, kind VARCHAR, raw VARCHAR)"
        )
        self._run(
            f"INSERT INTO {self._at(QUARANTINE)} SELECT ?, ?, file, line, reason, kind, raw FROM read_parquet(?)",
            [table, delivery, str(staged.quarantine)],
        )

    def _restore_quarantine(self, table: str, version: int | None) -> None:
        if not self._exists(QUARANTINE):
            return
        # Rebuilt whole: DuckLake 1.5.5 hides the rows that a transaction deleted from its reads of past versions too.
        values = [table]
        query = f"FROM {self._at(QUARANTINE)} WHERE table_name <> ?"
        if version is not None and self._exists(QUARANTINE, version):
            query += f" UNION ALL FROM {self._at(QUARANTINE, version)} WHERE table_name = ?"
            values.append(table)
        self._run(f"CREATE OR REPLACE TABLE {self._at(QUARANTINE)} AS {query}", values)

    def _checksum(self, table: str, like: str = "") -> str:
        """The checksum as the table stands; `like`: a recorded one, whose algorithm is taken (see `checksums`)."""
        place = self._at(table, self.version())  # one state, however many passes read it
        try:
            return checksums.of_table(self._connection, place, self._shape(table), like=like)
        except duckdb.Error as error:
            raise files.explain(error, reading=True) from error

    def _shape(self, table: str) -> dict[str, str]:
        if not self._exists(table):
            raise LakeError(
                f"La table « {table} » n'est pas conservée ici. Rouvrez le catalogue pour la retrouver."
            )
        return schemas.of_query(self._connection, f"FROM {self._at(table)}")

    def _exists(self, table: str, version: int | None = None) -> bool:
        if version is None:
            found = self._rows(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = ?", [table]
            )
            return bool(found)
        return bool(self._metadata("ducklake_table", "table_id", "x.table_name = ?", version, [table]))

    def _comment(self, table: str, version: int | None = None) -> str | None:
        if version is None:
            rows = self._rows(
                "SELECT comment FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = ?", [table]
            )
            return rows[0][0] if rows else None
        (table_id,) = self._metadata("ducklake_table", "table_id", "x.table_name = ?", version, [table])[0]
        rows = self._metadata(
            "ducklake_tag", "value", "x.object_id = ? AND x.key = 'comment'", version, [table_id]
        )
        return rows[0][0] if rows else None

    def _metadata(
        self, source: str, field: str, where: str, version: int, values: list[Any]
    ) -> list[tuple[Any, ...]]:
        place = f"__ducklake_metadata_lake.{quote_identifier(self._catalogue.schema)}"
        return self._rows(
            f"SELECT x.{field} FROM {place}.{source} x WHERE {where} "
            "AND x.begin_snapshot <= ? AND (x.end_snapshot IS NULL OR x.end_snapshot > ?)",
            [*values, version, version],
        )

    def _describe(self, table: str, comment: str | None) -> None:
        if comment is not None:
            self._run(f"COMMENT ON TABLE {self._at(table)} IS {quote_literal(comment)}")

    @staticmethod
    def _at(table: str, version: int | None = None) -> str:
        name = f"lake.main.{quote_identifier(table)}"
        return name if version is None else f"{name} AT (VERSION => {int(version)})"

    def _rows(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        try:
            rows: list[tuple[Any, ...]] = self._connection.execute(sql, values or []).fetchall()
        except duckdb.Error as error:
            raise files.explain(error, reading=True) from error
        return rows

    def _run(self, sql: str, values: list[Any] | None = None) -> None:
        self._connection.execute(sql, values or [])

    def _roll_back(self) -> None:
        try:
            self._run("ROLLBACK")
        except duckdb.Error:
            # DuckDB already closed the transaction (a failed COMMIT does): nothing is left to undo.
            return
