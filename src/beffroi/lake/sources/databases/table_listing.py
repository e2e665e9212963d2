"""Tables and views that an account may read, with their columns, key and approximate number of rows.

In: a connection. Out: one `Offer` each. Rows are not counted: sizes are the database's own estimates.
"""

import sqlalchemy as sa

from beffroi.lake.sources.databases import column_plans
from beffroi.lake.sources.databases.source_columns import SourceColumn
from beffroi.lake.sources.errors import NotThere
from beffroi.lake.sources.offers import Offer, OfferedColumn
from beffroi.lake.sources.specs import Database

MAX_TABLES = 500

_POSTGRESQL = """
    SELECT c.relname, CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
    ORDER BY c.relname
"""
_MARIADB = """
    SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = :schema ORDER BY table_name
"""


def tables(spec: Database, connection: sa.Connection) -> list[Offer]:
    found = _names(spec, connection)[:MAX_TABLES]
    return [offer for name, rows in found if (offer := _offer(spec, connection, name, rows)) is not None]


def _names(spec: Database, connection: sa.Connection) -> list[tuple[str, int | None]]:
    if spec.kind in ("postgresql", "mariadb"):
        schema = spec.db_schema if spec.kind == "postgresql" else spec.database
        query = _POSTGRESQL if spec.kind == "postgresql" else _MARIADB
        return [(str(name), rows) for name, rows in connection.execute(sa.text(query), {"schema": schema})]
    inspector = sa.inspect(connection)
    schema_name = column_plans.schema_of(spec)
    names = [*inspector.get_table_names(schema=schema_name), *inspector.get_view_names(schema=schema_name)]
    return [(name, None) for name in sorted(names)]


def _offer(spec: Database, connection: sa.Connection, name: str, rows: int | None) -> Offer | None:
    try:
        described = column_plans.describe(spec, connection, name)
    except NotThere:
        return None
    key = column_plans.key_of(spec, connection, name)
    return Offer(
        name,
        "table",
        {"table": name},
        tuple(OfferedColumn(column.name, column.declared_type, _note(column)) for column in described),
        rows,
        key=key,
    )


def _note(column: SourceColumn) -> str:
    if column_plans.is_bytes(column):
        return "Des octets (images, pièces jointes) : cette colonne n'est pas reprise."
    return "Des formes, ramenées en longitude et latitude." if column_plans.is_shape(column) else ""
