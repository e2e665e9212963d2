"""Writes of a staged table into a lake's table: replacement, append or upsert by key, inside one commit.

In: a connection inside a transaction, the target table in SQL, the staged file. Out: the written rows, and the columns that now
describe the table. A write that would lose a digit is refused.
"""

# Names go through `quote_identifier`, texts through `quote_literal`: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from beffroi.lake import schemas
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.schemas import Alignment
from beffroi.lake.tables import DELIVERY, Column, StagedTable
from beffroi.lake.upserts import Effect, Upsert, check_key


@dataclass(frozen=True)
class TableWrite:
    """Write of one file into the table `table`, `target` in SQL, described by `columns`.

    Each method returns the columns that describe the table afterwards, or None when they are unchanged.
    """

    connection: duckdb.DuckDBPyConnection
    table: str
    target: str
    columns: Sequence[Column]
    staged: StagedTable

    @property
    def source(self) -> str:
        return f"read_parquet({quote_literal(str(self.staged.parquet))})"

    def replace(self, delivery: int) -> Iterable[Column]:
        self._run(
            f"CREATE OR REPLACE TABLE {self.target} AS "
            f"SELECT *, CAST({int(delivery)} AS BIGINT) AS {DELIVERY} FROM {self.source}"
        )
        return self.staged.columns

    def append(self, delivery: int) -> Iterable[Column] | None:
        current, new, plan = self._aligned()
        arriving = (
            f"SELECT {plan.casts(new)} FROM (SELECT *, {int(delivery)} AS {DELIVERY} FROM {self.source})"
        )
        if plan.widened:
            self._run(
                f"CREATE OR REPLACE TABLE {self.target} AS "
                f"SELECT {plan.casts(current)} FROM {self.target} UNION ALL BY NAME {arriving}"
            )
        else:
            for name in plan.added:
                self._run(f"ALTER TABLE {self.target} ADD COLUMN {quote_identifier(name)} {plan.types[name]}")
            self._run(f"INSERT INTO {self.target} BY NAME {arriving}")
        return plan.columns if plan.widened or plan.added else None

    def update(self, delivery: int, key: Sequence[str]) -> tuple[Effect, Iterable[Column] | None]:
        """Upsert by key, and its effect. Raises InvalidKey."""
        upsert = self.upsert(key)
        effect = upsert.compute_effect()
        if not effect.changed and not effect.added:
            upsert.drop_temporary_tables()
            return effect, None
        upsert.apply(delivery)
        plan = upsert.plan
        return effect, plan.columns if plan.widened or plan.added else None

    def begin(self, delivery: int, key: Sequence[str]) -> tuple[Effect, Iterable[Column]]:
        """First delivery of a table updated by key: the key must already be unique. Raises InvalidKey."""
        check_key(self.connection, self.source, self.staged, self._arriving(), key)
        return Effect(0, self.staged.rows_kept, 0), self.replace(delivery)

    def upsert(self, key: Sequence[str]) -> Upsert:
        current, new, plan = self._aligned()
        fresh = {name: kind for name, kind in new.items() if name != DELIVERY}
        return Upsert(
            self.connection, self.target, self.source, self.staged, plan, current, fresh, tuple(key)
        )

    def _arriving(self) -> dict[str, str]:
        return schemas.parquet_column_types(self.connection, self.staged.parquet)

    def _aligned(self) -> tuple[dict[str, str], dict[str, str], Alignment]:
        """Current column types, new ones, and their alignment."""
        current = schemas.query_column_types(self.connection, f"FROM {self.target}")
        new = {**self._arriving(), DELIVERY: "BIGINT"}
        new |= schemas.exactly_castable(self.connection, self.source, current, new)
        plan = schemas.align(self.table, current, new, self.columns, self.staged.columns)
        for column, kind in plan.to_number:
            places = ((self.target, current.get(column)), (self.source, new.get(column)))
            for place in (place for place, found in places if found and found not in schemas.FLOATS):
                self._refuse_long_integers(place, column, kind)
        return current, new, plan

    def _refuse_long_integers(self, place: str, column: str, kind: str) -> None:
        """Refuse integers beyond 2^53, which would change when converted to floats."""
        row = self.connection.execute(
            f"SELECT max(abs(CAST({quote_identifier(column)} AS DOUBLE))) FROM {place}"
        ).fetchone()
        if row and row[0] is not None and row[0] > 2**53:
            raise LakeError(
                f"La colonne « {column} » de « {self.table} » contient des nombres trop longs pour être gardés exacts "
                f"avec le nouveau type ({kind}). Rien n'a été modifié. Déclarez-la comme un code, puis recommencez."
            )

    def _run(self, sql: str) -> None:
        self.connection.execute(sql)
