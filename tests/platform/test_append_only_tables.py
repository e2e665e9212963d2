"""Append-only tables on SQLite: no statement changes, deletes or replaces one of their rows."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def sqlite_objects(kind: str) -> dict[str, tuple[str, str]]:
    """Each trigger, table or index of the database by its name: its table and its SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = %s AND sql IS NOT NULL", [kind]
        )
        return {name: (table, sql) for name, table, sql in cursor.fetchall()}


def undeletable_tables() -> dict[str, list[str]]:
    """Tables from which no row is ever deleted, with the SQL of their rules against deletion and replacement."""
    triggers = sqlite_objects("trigger").values()
    tables = [table for table, sql in triggers if " BEFORE DELETE ON " in sql and " WHEN " not in sql]
    return {
        table: [
            sql for on, sql in triggers if on == table and ("_no_replace " in sql or "_no_delete " in sql)
        ]
        for table in tables
    }


def copy_of(table: str, rules: list[str]) -> sqlite3.Connection:
    """A database with this table, its unique keys and these rules alone: a row needs no other table."""
    copied = sqlite3.connect(":memory:")
    copied.execute("PRAGMA ignore_check_constraints = ON")
    copied.execute(sqlite_objects("table")[table][1])
    for on, sql in (*sqlite_objects("index").values(), *((table, rule) for rule in rules)):
        if on == table:
            copied.execute(sql)
    copied.row_factory = sqlite3.Row
    return copied


def unique_keys(copied: sqlite3.Connection, table: str) -> Iterator[tuple[str, ...]]:
    """The columns of each unique key of the table, its primary key first."""
    yield tuple(row["name"] for row in copied.execute(f"PRAGMA table_info({table})") if row["pk"])
    for index in copied.execute(f"PRAGMA index_list({table})").fetchall():
        if index["unique"]:
            yield tuple(row["name"] for row in copied.execute(f"PRAGMA index_info({index['name']})"))


def values(copied: sqlite3.Connection, table: str, number: int) -> dict[str, Any]:
    """A row whose every column differs from that of another number."""
    columns = copied.execute(f"PRAGMA table_info({table})").fetchall()
    return {row["name"]: number if "int" in row["type"].lower() else f"{number}" for row in columns}


def write(copied: sqlite3.Connection, verb: str, table: str, row: dict[str, Any]) -> None:
    columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    copied.execute(f"{verb} INTO {table} ({columns}) VALUES ({marks})", list(row.values()))


def is_replaced(copied: sqlite3.Connection, table: str, key: tuple[str, ...]) -> bool:
    """Whether INSERT OR REPLACE takes the place of a row that has the same key."""
    write(copied, "INSERT", table, values(copied, table, 1))
    before = dict(copied.execute(f"SELECT * FROM {table}").fetchone())
    with suppress(sqlite3.IntegrityError):
        write(
            copied,
            "INSERT OR REPLACE",
            table,
            values(copied, table, 2) | {name: before[name] for name in key},
        )
    return before not in [dict(row) for row in copied.execute(f"SELECT * FROM {table}")]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no INSERT OR REPLACE")
def test_no_row_of_an_append_only_table_is_replaced_by_any_of_its_keys():
    tables = undeletable_tables()
    assert {
        "platform_ledgerline",
        "platform_ledgerblock",
        "decisions_decision",
        "workshop_lifestep",
    } <= tables.keys()
    replaced = [
        (table, key)
        for table, rules in tables.items()
        for key in unique_keys(copy_of(table, rules), table)
        if is_replaced(copy_of(table, rules), table, key)
    ]
    assert replaced == []
