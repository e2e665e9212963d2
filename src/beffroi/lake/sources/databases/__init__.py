"""Databases as sources: list of tables, rows as Parquet (full or incremental), or queries in place.

In: a database spec, its secret, the egress. Out: offers, one file a fetch, a relation. Only the right to read is needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from beffroi.lake.sources.databases import column_plans, parquet_writer, scanners, table_listing
from beffroi.lake.sources.databases.sessions import session
from beffroi.lake.sources.databases.source_columns import ColumnPlan
from beffroi.lake.sources.errors import NotThere, SourceError
from beffroi.lake.sources.names import file_name
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.specs import Database, Secret

if TYPE_CHECKING:
    import ibis.expr.types as ir


def check(spec: Database, secret: Secret, egress: Egress) -> str:
    with session(spec, secret, egress) as connection:
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        if spec.table:
            described = column_plans.describe(spec, connection, spec.table)
            table = column_plans.table_of(spec, described)
            connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).all()
            return f"La base répond (version {version}) ; la table « {spec.table} » se lit."
        return f"La base répond (version {version})."


def list_offers(spec: Database, secret: Secret, egress: Egress) -> list[Offer]:
    with session(spec, secret, egress) as connection:
        return table_listing.tables(spec, connection)


def fetch(
    spec: Database,
    secret: Secret,
    egress: Egress,
    into: Path,
    since: str | None,
    on_progress: ProgressCallback,
) -> Fetched:
    if not spec.table:
        raise NotThere("Aucune table n'est choisie pour cette source. Choisissez-en une.")
    with session(spec, secret, egress) as connection:
        described = column_plans.describe(spec, connection, spec.table)
        table = column_plans.table_of(spec, described)
        plans, notes = column_plans.plans(spec, connection, described, table)
        if not plans:
            raise SourceError(f"« {spec.table} » n'a aucune colonne qui puisse être reprise.")
        query = sa.select(
            *(plan.expression.label(f"c{place}") for place, plan in enumerate(plans))
        ).select_from(table)
        condition, cursor, more = _since(spec, connection, table, plans, since)
        if condition is not None:
            query = query.where(condition)
        counting = sa.select(sa.func.count()).select_from(table)
        expected = connection.execute(
            counting if condition is None else counting.where(condition)
        ).scalar_one()
        on_progress(f"{spec.table} : {expected} ligne(s) à reprendre.")
        path = into / f"{file_name(spec.table, 'table')}.parquet"
        rows, spoilt = parquet_writer.write(connection, query, plans, path, egress, on_progress)
        if rows != expected:
            raise SourceError(
                f"« {spec.table} » a donné {rows} ligne(s) au lieu de {expected}. Rien n'en a été repris. Recommencez."
            )
    if condition is not None and not rows:
        return Fetched((), cursor or since, 0, notes=tuple(notes), incremental=True, unchanged=True)
    return Fetched(
        (path,), cursor or since, rows, notes=(*notes, *more, *spoilt), incremental=condition is not None
    )


def _since(
    spec: Database,
    connection: sa.Connection,
    table: sa.TableClause,
    plans: list[ColumnPlan],
    since: str | None,
) -> tuple[Any, str | None, list[str]]:
    """Condition of an incremental fetch (None: full), the next cursor, and notes.

    The last value is read again, so that rows with the same one written just after the last fetch are not missed.
    """
    if not spec.cursor:
        return None, None, []
    plan = next((plan for plan in plans if plan.name == spec.cursor), None)
    if plan is None:
        raise SourceError(
            f"« {spec.cursor} » ne peut pas servir à reprendre ce qui est nouveau. Choisissez-en une autre."
        )
    cell = table.c[spec.cursor]
    highest = connection.execute(sa.select(sa.func.max(plan.expression)).select_from(table)).scalar_one()
    cursor = parquet_writer.value_text(highest) if highest is not None else None
    if since is None:
        empty = connection.execute(
            sa.select(sa.func.count()).select_from(table).where(cell.is_(None))
        ).scalar_one()
        note = f"{empty} ligne(s) n'ont rien dans « {spec.cursor} » : si elles changent, seule une reprise entière le verra."
        return None, cursor, [note] if empty else []
    value = parquet_writer.parse_cursor(plan.arrow, since, spec.cursor)
    # SQLite stores dates as texts, whatever was declared: the value is passed unchanged.
    kind = sa.types.NullType() if spec.kind == "sqlite" else cell.type
    if spec.kind == "sqlite" and isinstance(value, Decimal):
        value = float(value)
    return sa.type_coerce(cell, kind) >= sa.bindparam("since", value, type_=kind), cursor, []


@contextmanager
def in_place(spec: Database, secret: Secret, egress: Egress) -> "Iterator[ir.Table]":
    if not spec.table:
        raise NotThere("Aucune table n'est choisie pour cette source. Choisissez-en une.")
    with scanners.open_table(spec, secret, egress) as table:
        yield table
