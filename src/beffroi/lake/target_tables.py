"""A table of the lake beside which a staged one is put: where it is, what its columns are and how they are typed."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from beffroi.lake import schemas
from beffroi.lake.quoting import quote_literal
from beffroi.lake.tables import Column, StagedTable


@dataclass(frozen=True)
class TargetTable:
    """`at`: its name in SQL. `columns`: as described to people, without those that the house adds."""

    connection: duckdb.DuckDBPyConnection
    table: str
    at: str
    columns: Sequence[Column]

    def types(self) -> dict[str, str]:
        return schemas.of_query(self.connection, f"FROM {self.at}")

    def types_of(self, staged: StagedTable) -> dict[str, str]:
        return schemas.of_parquet(self.connection, staged.parquet)


def staged_rows(staged: StagedTable) -> str:
    """The rows of a staged table, in SQL."""
    return f"read_parquet({quote_literal(str(staged.parquet))})"
