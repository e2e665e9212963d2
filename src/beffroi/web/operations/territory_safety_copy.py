"""Rows of one territory in a file of their own, before they are replaced: a backup of it that `territory_rows.opened` reads.

In: a territory and a folder. Out: an SQLite database there, or the rows as PostgreSQL copies them.
"""

# Names come from our own models and go through `quoted`: no text of a user is in this SQL.
# ruff: noqa: S608

import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from beffroi.web.platform.models import Person, Territory

from .territory_rows import MIGRATIONS, ROWS, BackupRows, columns_of, owned_tables, quoted


def save(territory: int, folder: Path) -> None:
    """Write the rows of one territory, with the people whom they name, as `opened` reads them."""
    rows = BackupRows(territory, owned_tables())
    selected = [(table.name, table.columns, rows.within(table, backup=False)) for table in rows.tables]
    named = " UNION ".join(
        f"SELECT {quoted(column)} FROM {rows.today(table.name)} WHERE {rows.within(table, backup=False)}"
        for table in rows.tables
        for column in table.references(Person)
    )
    selected += [
        (Territory._meta.db_table, columns_of(Territory), f"id = {territory:d}"),
        (Person._meta.db_table, columns_of(Person), f"id IN ({named})"),
        (MIGRATIONS, ["id", "app", "name", "applied"], "1 = 1"),
    ]
    if connection.vendor == "sqlite":
        _save_sqlite(selected, folder)
    else:
        _save_rows(rows, selected, folder / ROWS)


def _save_sqlite(selected: list[tuple[str, list[str], str]], folder: Path) -> None:
    file = folder / "db.sqlite3"
    file.touch(mode=0o600)
    source = Path(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        made.execute("ATTACH DATABASE ? AS today", [str(source)])
        made.execute("BEGIN")
        for name, columns, where in selected:
            (sql,) = made.execute("SELECT sql FROM today.sqlite_master WHERE name = ?", [name]).fetchone()
            made.execute(sql)
            listed = ", ".join(f'"{column}"' for column in columns)
            own = where.replace("main.", "today.")
            made.execute(
                f'INSERT INTO main."{name}" ({listed}) SELECT {listed} FROM today."{name}" WHERE {own}'
            )
        made.execute("COMMIT")


def _save_rows(rows: BackupRows, selected: list[tuple[str, list[str], str]], file: Path) -> None:
    file.touch(mode=0o600)
    with file.open("wb") as out, connection.cursor() as cursor, connection.wrap_database_errors:
        for name, columns, where in selected:
            listed = ", ".join(map(quoted, columns))
            out.write(f"COPY public.{name} ({', '.join(columns)}) FROM stdin;\n".encode())
            query = f"COPY (SELECT {listed} FROM {rows.today(name)} WHERE {where}) TO STDOUT"
            with cursor.copy(query) as reading:  # type: ignore[attr-defined]
                for block in reading:
                    out.write(bytes(block))
            out.write(b"\\.\n")
