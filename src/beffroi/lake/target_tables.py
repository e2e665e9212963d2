"""Target table of a staged file: its location, columns and types."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from beffroi.lake import schemas
from beffroi.lake.quoting import quote_literal
from beffroi.lake.tables import Column, StagedTable


@dataclass(frozen=True)
class TargetTable:
    """`at`: its name in SQL. `columns`: as described to people, without the provenance columns."""

    connection: duckdb.DuckDBPyConnection
    table: str
    at: str
    columns: Sequence[Column]

    def types(self) -> dict[str, str]:
        return schemas.query_column_types(self.connection, f"FROM {self.at}")

    def types_of(self, staged: StagedTable) -> dict[str, str]:
        return schemas.parquet_column_types(self.connection, staged.parquet)


def staged_rows(staged: StagedTable) -> str:
    """SQL: rows of a staged table."""
    return f"read_parquet({quote_literal(str(staged.parquet))})"
