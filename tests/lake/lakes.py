"""What the tests of the lake and of the recipes share: lakes on both catalogues, staged tables made of plain rows, grants."""

import multiprocessing
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beffroi.lake import catalogues
from beffroi.lake.catalogues import PostgreSQL
from beffroi.lake.grants import Grant
from beffroi.lake.tables import Column, ColumnType, StagedTable
from postgres import Cluster, shared

# The quick ring tries lakes in SQLite; those in PostgreSQL only where a test is about that database.
CATALOGUES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.long))

# Processes that hold nothing of this one, forked from one that has imported what they need.
APART = multiprocessing.get_context("forkserver")
APART.set_forkserver_preload(["beffroi.lake.store"])

QUARANTINE = pa.schema(
    [
        ("file", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("kind", pa.string()),
        ("raw", pa.string()),
    ]
)


def blank(folder: Path, catalogue: str) -> Path:
    """Folder of an empty lake, whose catalogue will be of that kind."""
    if catalogue == "postgresql":
        catalogues.write_postgresql_address(folder, in_postgresql(shared()))
    return folder


def in_postgresql(cluster: Cluster, password: str = "") -> PostgreSQL:
    """An empty schema of the cluster, and the one role that may use it."""
    name = f"lac_{secrets.token_hex(6)}"
    cluster.sql(f"CREATE ROLE {name} LOGIN" + (f" PASSWORD '{password}'" if password else ""))
    cluster.sql(f"CREATE SCHEMA {name}; GRANT USAGE, CREATE ON SCHEMA {name} TO {name}")
    return PostgreSQL(str(cluster.folder), cluster.port, "beffroi", name, password, name)


def column_type(kind: pa.DataType) -> ColumnType:
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "number"
    if pa.types.is_decimal(kind):
        return "decimal"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_timestamp(kind):
        return "datetime"
    return "date" if pa.types.is_date(kind) else "text"


def staged(
    folder: Path,
    columns: dict[str, Any],
    *,
    name: str = "repas",
    quarantined: tuple[str, ...] = (),
    types: dict[str, ColumnType] | None = None,
) -> StagedTable:
    """A staged table of these columns (lists, or Arrow arrays where the type matters), one line a row."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    rows = table.num_rows
    numbered = table.append_column("_line", pa.array(range(2, rows + 2), pa.int64()))
    stamp = f"{len(list(folder.iterdir())):04}"
    parquet, quarantine = folder / f"{stamp}.parquet", folder / f"{stamp}-quarantine.parquet"
    pq.write_table(numbered, parquet)
    quarantined_rows = [
        {"file": f"{name}.csv", "line": rows + 2 + n, "reason": "Ligne de total", "kind": "total", "raw": raw}
        for n, raw in enumerate(quarantined)
    ]
    pq.write_table(pa.Table.from_pylist(quarantined_rows, QUARANTINE), quarantine)
    described = tuple(
        Column(field.name, field.name.capitalize(), (types or {}).get(field.name, column_type(field.type)))
        for field in table.schema
    )
    read = rows + len(quarantined_rows)
    return StagedTable(
        name, f"{name}.csv", "0" * 64, described, read, rows, len(quarantined_rows), parquet, quarantine, ()
    )


def grant(lake: Path, table: str, version: int, columns: tuple[str, ...], **changes: Any) -> Grant:
    made = Grant(
        person="p1",
        territory="belfort",
        dataset=table,
        lake=str(lake),
        table=table,
        version=version,
        columns=columns,
        purpose="Préparer les repas",
        processing=1,
        expires=datetime.now(UTC) + timedelta(hours=12),
    )
    return replace(made, **changes)
