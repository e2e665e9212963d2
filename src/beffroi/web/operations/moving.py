"""Carrying an instance that outgrew SQLite into PostgreSQL: every row of every table, counted on both sides.

In: a home whose rows are in SQLite and an empty PostgreSQL. Out: the same rows there, the SQLite file kept as a copy; or
an untouched SQLite and an empty PostgreSQL. The instance is stopped meanwhile.
"""

# Names come from the database's own tables and go through `quote_name`: no text of a user is in this SQL.
# ruff: noqa: S608

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection, transaction

from beffroi.home import FORMAT, Home, HomeError
from beffroi.web import databases
from beffroi.web.platform.postgresql import lakes, owner

from .locks import exclusive

COPY_NAME = "avant-postgresql.sqlite3"
type Progress = Callable[[str], None]


@dataclass(frozen=True)
class Moved:
    """What was carried: rows by table."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def move(home: Home, *, progress: Progress = lambda _: None) -> Moved:
    """Carry the rows of this home into the PostgreSQL that the environment names. Raises HomeError."""
    if not owner.is_used():
        raise HomeError(
            f"Indiquez la base PostgreSQL où aller, par {databases.APPLICATION} et {databases.OWNER}. Rien n'a été modifié."
        )
    if home.identity().get("database") == "postgresql":
        raise HomeError("Cette instance est déjà dans PostgreSQL. Rien n'a été modifié.")
    busy = "Arrêtez d'abord « beffroi serve » : la base ne doit pas changer pendant qu'on la porte. Rien n'a été modifié."
    with exclusive(home, "serve", busy), owner.as_owner():
        if connection.introspection.table_names():
            raise HomeError(
                "La base PostgreSQL n'est pas vide. Rien n'a été modifié. Donnez une base neuve (createdb)."
            )
        try:
            with transaction.atomic(), closing(_opened(home)) as source:
                progress("Création des tables…")
                call_command("migrate", interactive=False, verbosity=0)
                _same_steps(source)
                tables = _tables(source)
                with _without_rules(tables):
                    moved = Moved({table: _carry(source, table, progress) for table in tables})
                _restart_numbers()
                owner.protect()
        except DatabaseError as error:
            raise HomeError(
                f"Les données n'ont pas pu être portées : {error}. La base SQLite est intacte et PostgreSQL est resté vide."
            ) from error
        home.declare(format=FORMAT, database="postgresql")
    home.backups.mkdir(mode=0o700, exist_ok=True)
    home.database.replace(home.backups / COPY_NAME)
    for rest in ("-wal", "-shm"):
        home.database.with_name(home.database.name + rest).unlink(missing_ok=True)
    progress("Catalogues des données…")
    lakes.adopt(home)
    return moved


def _opened(home: Home) -> sqlite3.Connection:
    if not home.database.is_file():
        raise HomeError(f"{home.database} n'existe pas : il n'y a rien à porter. Rien n'a été modifié.")
    source = sqlite3.connect(home.database)
    # All of the write-ahead log into the file: it is what is kept afterwards.
    source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return source


def _same_steps(source: sqlite3.Connection) -> None:
    """Both databases stand at the same version, or no row would find its column."""
    source_steps = set(source.execute("SELECT app, name FROM django_migrations"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        target_steps = set(cursor.fetchall())
    if source_steps != target_steps:
        raise HomeError(
            "La base SQLite n'est pas à cette version. Rien n'a été modifié. Lancez une fois « beffroi serve » sans "
            f"{databases.APPLICATION} pour la mettre à niveau, arrêtez-le, puis recommencez."
        )


def _tables(source: sqlite3.Connection) -> list[str]:
    # Not the index of the search, nor the tables that hold it: PostgreSQL makes its own from the rows.
    names = source.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return sorted(name for (name,) in names if name != "django_migrations")


@contextmanager
def _without_rules(tables: list[str]) -> Iterator[None]:
    """The rules refuse acts of today; these rows are acts of the past, accepted already. Every key is checked at the end."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        # What the making of the tables wrote (content types) gives way to the rows that others point to.
        cursor.execute(f"TRUNCATE {', '.join(map(quote, tables))}")
        for table in tables:
            cursor.execute(f"ALTER TABLE {quote(table)} DISABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {quote(table)} ENABLE TRIGGER USER")


def _carry(source: sqlite3.Connection, table: str, progress: Progress) -> int:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s "
            "AND table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
        columns = cursor.fetchall()
        if not columns:
            raise HomeError(f"La table {table} n'a pas sa place dans PostgreSQL. Rien n'a été modifié.")
        names = ", ".join(quote(name) for name, _ in columns)
        count = 0
        with (
            connection.wrap_database_errors,
            cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy,
        ):  # type: ignore[attr-defined]
            for row in source.execute(f"SELECT {names} FROM {quote(table)}"):
                copy.write_row([_value(value, kind) for value, (_, kind) in zip(row, columns, strict=True)])
                count += 1
        cursor.execute(f"SELECT count(*) FROM {quote(table)}")
        if cursor.fetchone() != (count,):
            raise HomeError(f"La table {table} n'a pas été portée entière. Rien n'a été modifié.")
    if count:
        progress(f"{table} : {count}")
    return count


def _value(value: Any, kind: str) -> Any:
    """What SQLite keeps, as PostgreSQL reads it in a COPY: numbers for booleans, moments in UTC without saying so."""
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    if kind == "timestamp with time zone":
        return f"{value}+00"
    return value


def _restart_numbers() -> None:
    """The next key of each table follows the greatest that was carried."""
    models = list(_models())
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _models() -> Iterator[Any]:
    yield from apps.get_models(include_auto_created=True)
