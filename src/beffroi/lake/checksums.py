"""Content checksum of a table, independent of the order of its rows and the layout of its files.

In: a table of a connection and its column types. Out: `sha256:` and 64 hexadecimal digits. Checksums recorded by earlier
versions have no prefix and sum MD5: they are recomputed in the same way to be compared, and never recorded again.
"""

# Names go through `quote_identifier`: no text of a user becomes SQL.
# ruff: noqa: S608

import hashlib
import json
from collections.abc import Mapping
from typing import Final

import duckdb

from beffroi.hashing import text_sha256
from beffroi.lake.schemas import as_text

PREFIX: Final = "sha256:"
_SORTED_AT_ONCE = 10_000_000
"""Rows whose hashes are sorted together: some 700 MB, under the usual limit of a lake's memory. More take several passes."""
_FETCHED = 50_000


def table_checksum(
    connection: duckdb.DuckDBPyConnection, table: str, shape: Mapping[str, str], *, like: str = ""
) -> str:
    """Checksum of `table` (SQL name), whose columns and DuckDB types are `shape`.

    SHA-256 of the column types, then of the sorted SHA-256 of the rows. Two tables that differ by a name, a type, the
    order of the columns, a value, or the number of occurrences of a row have the same checksum only if SHA-256
    collides: nothing is summed, so no combination of rows can compensate for another. `like`: a recorded checksum,
    whose algorithm is used.
    """
    if like and not like.startswith(PREFIX):
        return _sum_of_md5(connection, table, shape)
    digest = hashlib.sha256(json.dumps(list(shape.items())).encode() + b"\n")
    hashes = f"SELECT unhex(sha256({_row(shape)})) AS h FROM {table}"
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    passes = -(-count // _SORTED_AT_ONCE) or 1
    for one in range(passes):
        # A limit that is never met: without it the filter goes down to the rows, which are hashed three times.
        some = f"FROM ({hashes} LIMIT {count}) {_between(one, passes)}" if passes > 1 else hashes
        cursor = connection.execute(f"{some} ORDER BY h")
        while rows := cursor.fetchmany(_FETCHED):
            digest.update(b"".join(row for (row,) in rows))
    return PREFIX + digest.hexdigest()


def _row(shape: Mapping[str, str]) -> str:
    """SQL: a row as one text; each value is prefixed with its length, so that different rows never give the same text."""
    parts = [f"coalesce(length({text}) || ':' || {text}, '~')" for text in map(as_text, shape)]
    return f"concat({', '.join(parts)})"


def _between(one: int, passes: int) -> str:
    """SQL: filter of the hashes of one pass, lowest first."""
    low, after = (edge * 0x10000 // passes for edge in (one, one + 1))
    first, last = low.to_bytes(2), (after - 1).to_bytes(2) + b"\xff" * 30
    return f"WHERE h BETWEEN unhex('{first.hex()}') AND unhex('{last.hex()}')"


def _sum_of_md5(connection: duckdb.DuckDBPyConnection, table: str, shape: Mapping[str, str]) -> str:
    """Legacy checksum: it detects an accident, not a fraud, since rows can be chosen whose MD5 add up to any sum."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(CAST(d >> 64 AS UBIGINT)), 0), "
        "coalesce(sum(CAST(d & 18446744073709551615::UHUGEINT AS UBIGINT)), 0) "
        f"FROM (SELECT md5_number({_row(shape)}) AS d FROM {table})"
    ).fetchone()
    content = [list(shape.items()), [int(value) for value in row or ()]]
    return text_sha256(json.dumps(content))
