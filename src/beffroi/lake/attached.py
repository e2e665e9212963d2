"""Lake attached to a DuckDB connection, and the tables of a grant there.

In: a connection, a grant. Out: a lazy relation at the version, columns and rows of the grant, or the error of a version that is
missing or damaged.
"""

# Names go through `quote_identifier`: no text of a user becomes SQL.
# ruff: noqa: S608

from dataclasses import dataclass
from typing import Any

import duckdb
import ibis.expr.types as ir

from beffroi.lake import files
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant, restrict
from beffroi.lake.quoting import quote_identifier


@dataclass(frozen=True)
class AttachedLake:
    """Lake attached to a connection as `name`; `backend` is Ibis on it, `schema` that of its catalogue's tables."""

    connection: duckdb.DuckDBPyConnection
    backend: Any
    name: str
    schema: str


def granted_table(
    connection: Any,
    grant: Grant,
    *,
    name: str = "lake",
    unit_as: str | None = None,
    row_as: str | None = None,
) -> ir.Table:
    """Granted table, on an Ibis connection to which its lake is attached as `name`.

    `unit_as`: see `restrict`; `row_as`: the name of a column of row identifiers (DuckLake's `rowid`) to add.
    """
    table = table_at_version(connection, grant, name=name, row_as=row_as)
    return restrict(table, grant, unit_as=unit_as, extra_columns=(row_as,) if row_as else ())


def table_at_version(
    connection: Any, grant: Grant, *, name: str = "lake", row_as: str | None = None
) -> ir.Table:
    """Full table at the grant's version, before its columns and rows are restricted: internal to this package."""
    table = (
        f"{quote_identifier(name)}.main.{quote_identifier(grant.table)} AT (VERSION => {int(grant.version)})"
    )
    numbered = f", rowid AS {quote_identifier(row_as)}" if row_as else ""
    try:
        found: ir.Table = connection.sql(f"SELECT *{numbered} FROM {table}", dialect="duckdb")
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.InvalidInputException) as error:
        raise version_error(grant, error) from error
    return found


def version_error(grant: Grant, error: BaseException) -> LakeError:
    """French error for a version that is no longer stored, or whose files are damaged."""
    if files.damaged(error):
        return files.unreadable(error)
    return LakeError(
        f"Les données de « {grant.dataset} » ne sont plus conservées à la version demandée. "
        "Rouvrez sa fiche pour lire la version actuelle."
    )
