"""Sealed lines into the database, many at once: two statements repeated, instead of twenty thousand objects.

The ORM takes 50 µs a line and its detail, where sealing both takes 10: these inserts are written by hand, in SQL that
SQLite and PostgreSQL read alike.
"""

# Names of our own tables and keys only: every other value is a parameter.
# ruff: noqa: S608

import json
from itertools import batched
from typing import Any

from django.db import connection

from beffroi.ledger.chain import Line

from .models import LedgerDetail, LedgerLine

LINES, DETAILS = LedgerLine._meta.db_table, LedgerDetail._meta.db_table
_CHAINS = 0x1ED6E2
"""The family of PostgreSQL's advisory locks in which each chain has its own."""
_LINE = f"INSERT INTO {LINES} (territory_id, seq, at, act, actor, thing, commitment, previous, hash) VALUES "
_DETAIL = f"INSERT INTO {DETAILS} (line_id, salt, payload) VALUES "
_AT_ONCE = 500
"""Rows a statement on PostgreSQL, where a statement costs more than a row."""


def insert(owner: int | None, sealed: list[Line], salts: list[bytes], payloads: list[dict[str, Any]]) -> None:
    """Write the lines of a chain (None: the host's) and their details. The caller holds the chain and the transaction."""
    with connection.cursor() as cursor:
        _insert(
            cursor,
            _LINE,
            [(owner, e.seq, e.at, e.act, e.actor, e.thing, e.commitment, e.previous, e.hash) for e in sealed],
        )
        cursor.execute(
            f"SELECT id FROM {LINES} WHERE {_owned(owner)} AND seq >= %s ORDER BY seq", [sealed[0].seq]
        )
        keys = [key for (key,) in cursor.fetchall()]
        _insert(
            cursor,
            _DETAIL,
            [(key, salt, json.dumps(held)) for key, salt, held in zip(keys, salts, payloads, strict=True)],
        )


def _insert(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    one = f"({', '.join(['%s'] * len(rows[0]))})"
    if connection.vendor != "postgresql":
        cursor.executemany(statement + one, rows)
        return
    for some in batched(rows, _AT_ONCE):
        cursor.execute(statement + ", ".join([one] * len(some)), [value for row in some for value in row])


def last(owner: int | None) -> Line | None:
    """The chain's last line. The caller holds the chain."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, at, act, actor, thing, commitment, previous, hash "
            f"FROM {LINES} WHERE {_owned(owner)} ORDER BY seq DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return Line(*row) if row else None


def hold(owner: int | None) -> None:
    """Keep everybody else from appending to this chain before this transaction ends.

    On SQLite it is held already: the transaction is IMMEDIATE, and the database has one writer.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHAINS, owner or 0])


def _owned(owner: int | None) -> str:
    return "territory_id IS NULL" if owner is None else f"territory_id = {owner:d}"
