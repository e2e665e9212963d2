"""The checksum of a table's content, the same whatever the order of its rows and the layout of its files.

In: a table of a connection and its shape. Out: `sha256:` and 64 hexadecimal digits. Checksums recorded before that
one had no prefix and summed MD5: they are computed in their own way, to be compared, and never recorded again.
"""

# Names go through `identifier`: no text of a user becomes SQL.
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


def of_table(
    connection: duckdb.DuckDBPyConnection, table: str, shape: Mapping[str, str], *, like: str = ""
) -> str:
    """The checksum of `table`, as SQL names it, whose columns and DuckDB types are `shape`.

    SHA-256 of the shape, then of the sorted SHA-256 of the rows. Two tables that differ by a name, a type, the order of
    the columns, a value, or how many times a row is there have the same one only if SHA-256 itself has a collision:
    nothing is added up, so no combination of rows can make up for another. `like`: a recorded checksum, whose way is taken.
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
    """SQL: a row as one text; each value says its length, so that two rows never make the same one."""
    parts = [f"coalesce(length({text}) || ':' || {text}, '~')" for text in map(as_text, shape)]
    return f"concat({', '.join(parts)})"


def _between(one: int, passes: int) -> str:
    """SQL: the hashes of this pass, those of the lowest first."""
    low, after = (edge * 0x10000 // passes for edge in (one, one + 1))
    first, last = low.to_bytes(2), (after - 1).to_bytes(2) + b"\xff" * 30
    return f"WHERE h BETWEEN unhex('{first.hex()}') AND unhex('{last.hex()}')"


def _sum_of_md5(connection: duckdb.DuckDBPyConnection, table: str, shape: Mapping[str, str]) -> str:
    """The checksum of before: it tells an accident, not a fraud, for rows can be chosen whose MD5 add up to any sum."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(CAST(d >> 64 AS UBIGINT)), 0), "
        "coalesce(sum(CAST(d & 18446744073709551615::UHUGEINT AS UBIGINT)), 0) "
        f"FROM (SELECT md5_number({_row(shape)}) AS d FROM {table})"
    ).fetchone()
    content = [list(shape.items()), [int(value) for value in row or ()]]
    return text_sha256(json.dumps(content))
