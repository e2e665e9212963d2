"""Tables queried in place, without copy: DuckDB's scanners, attached read-only, push filters down to the database.

In: a spec and its secret. Out: an Ibis table, open as long as the `with`. The password stays in a DuckDB secret,
absent from its catalogue and from every message.
"""

# ruff: noqa: S608 - names go through `quote_identifier`, texts through `quote_literal`

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.sources.databases import column_plans
from beffroi.lake.sources.databases.sessions import (
    checked_target,
    libpq_parameters,
    session,
    sqlite_path,
)
from beffroi.lake.sources.errors import SourceDown, SourceError
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.specs import Database, MariaDB, PostgreSQL, Secret, SQLite
from beffroi.tls import certificate_authorities_file

if TYPE_CHECKING:
    import ibis.expr.types as ir

_EXTENSIONS = {"postgresql": "postgres_scanner", "mariadb": "mysql_scanner", "sqlite": "sqlite_scanner"}


@contextmanager
def open_table(spec: Database, secret: Secret, egress: Egress) -> "Iterator[ir.Table]":
    import ibis

    if not isinstance(spec, PostgreSQL | MariaDB | SQLite):
        raise SourceError(
            "Les tables de ce genre de base ne se lisent pas sur place. Reprenez une copie, entière ou de ce qui est nouveau."
        )
    # A usual session first: it reports errors in French, and lists the columns.
    with session(spec, secret, egress) as connection:
        described = column_plans.describe(spec, connection, spec.table)
    wanted = [
        column
        for column in described
        if (not spec.columns or column.name in spec.columns)
        and not column_plans.is_bytes(column)
        and not column_plans.is_shape(column)
    ]
    if not wanted:
        raise SourceError(f"« {spec.table} » n'a aucune colonne qui puisse être lue sur place.")
    engine = connect(extensions=[_EXTENSIONS[spec.kind]], threads=2)
    try:
        try:
            schema = _attach(engine, spec, secret, egress)
            chosen = ", ".join(quote_identifier(column.name) for column in wanted)
            engine.execute(
                f"CREATE VIEW sur_place AS SELECT {chosen} FROM source.{quote_identifier(schema)}.{quote_identifier(spec.table)}"
            )
        except duckdb.Error:
            # DuckDB repeats the words of the connection: its message goes no further.
            raise SourceDown(
                f"« {spec.table} » ne se laisse pas lire sur place. Vérifiez les réglages de cette source, ou reprenez une copie."
            ) from None
        egress.on_timeout(engine.interrupt)
        yield ibis.duckdb.from_connection(engine).table("sur_place")
    finally:
        engine.close()


def _attach(
    engine: duckdb.DuckDBPyConnection, spec: PostgreSQL | MariaDB | SQLite, secret: Secret, egress: Egress
) -> str:
    if isinstance(spec, SQLite):
        engine.execute(
            f"ATTACH {quote_literal(str(sqlite_path(spec, egress)))} AS source (TYPE sqlite, READ_ONLY)"
        )
        return "main"
    if isinstance(spec, MariaDB):
        words = _mariadb_words(spec, secret, egress)
        kind, schema = "mysql", spec.database
        engine.execute("SET mysql_incomplete_dates_as_nulls = true")
        engine.execute("SET mysql_session_time_zone = '+00:00'")
    else:
        words = libpq_parameters(spec, secret, egress)
        kind, schema = "postgres", spec.db_schema
    names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}
    credentials = ", ".join(f"{name} {quote_literal(words.pop(word))}" for word, name in names.items())
    engine.execute(f"CREATE TEMPORARY SECRET acces (TYPE {kind}, {credentials})")
    options = " ".join(
        f"{word}='{_escaped(value)}'" if kind == "postgres" else f"{word}={value}"
        for word, value in words.items()
    )
    engine.execute(f"ATTACH {quote_literal(options)} AS source (TYPE {kind}, SECRET acces, READ_ONLY)")
    return schema


def _mariadb_words(spec: MariaDB, secret: Secret, egress: Egress) -> dict[str, str]:
    """Connection parameters of the scanner, which opens its own sockets. With a name, the certificate is verified
    before the password is sent; without a certificate, it gets the checked address (and for « localhost », where it
    would use a local socket).
    """
    found = checked_target(spec, egress)
    verified = {"ssl_mode": "verify_identity", "ssl_ca": certificate_authorities_file()}
    modes = {"verify": verified, "require": {"ssl_mode": "required"}, "none": {"ssl_mode": "disabled"}}
    return modes[spec.tls] | {
        "host": found.host if spec.tls == "verify" and found.host != "localhost" else found.address,
        "port": str(found.port),
        "dbname": spec.database,
        "user": secret.user,
        "password": secret.password,
    }


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
