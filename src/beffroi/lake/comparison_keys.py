"""Candidate keys of a comparison, from the content of the table.

In: both versions, whose differing rows are in `_differing`. Out: keys, best first: the one under which most of the
differing rows are matched before and after.
"""

# ruff: noqa: S608

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import duckdb

from beffroi.lake.quoting import quote_identifier
from beffroi.lake.upsert_keys import WORDS

SAMPLE: Final = 5_000
"""A column with two equal values among the first rows is no key: most are ruled out without reading the whole."""
MAX_COLUMNS: Final = 10
WIDEST: Final = 3


def propose_keys(
    connection: duckdb.DuckDBPyConnection,
    types: dict[str, str],
    sides: Sequence[str],
) -> Iterator[tuple[str, ...]]:
    """Keys of one to three columns, unique in the sample and among the differing rows of each version."""
    ranked = sorted((n for n, kind in types.items() if _may(kind)), key=lambda n: _rank(n, types[n]))[
        :MAX_COLUMNS
    ]
    if not ranked:
        return
    names = ", ".join(quote_identifier(name) for name in ranked)
    for place, side in enumerate(sides):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE _sample_{place} AS SELECT {names} FROM ({side}) LIMIT {SAMPLE}"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE _moved_{place} AS SELECT {names} FROM _differing WHERE _side = {place} LIMIT {SAMPLE * 20}"
        )
    found: list[tuple[int, int, int, tuple[str, ...]]] = []
    for width in range(1, WIDEST + 1):
        for key in combinations(ranked, width):
            if any(set(shorter) <= set(key) for *_, shorter in found) or not _unique(connection, key):
                continue
            rank = max(_rank(name, types[name])[0] for name in key)
            found.append((-_paired(connection, key), rank, width, key))
    for *_, key in sorted(found, key=lambda one: one[:3]):
        yield tuple(name for name in types if name in key)


def _may(kind: str) -> bool:
    return kind in ("VARCHAR", "DATE", "TIMESTAMP") or kind.endswith(("INT", "INTEGER"))


def _rank(name: str, kind: str) -> tuple[int, int]:
    """Rank of a column: names of identifiers first, then texts and dates, then numbers, which are often measures."""
    words = name.split("_")
    if named := [WORDS.index(word) for word in words if word in WORDS]:
        return 0, min(named)
    return (1 if kind in ("VARCHAR", "DATE", "TIMESTAMP") else 3), 0


def _unique(connection: duckdb.DuckDBPyConnection, key: tuple[str, ...]) -> bool:
    names = ", ".join(quote_identifier(name) for name in key)
    tables = ("_sample_0", "_sample_1", "_moved_0", "_moved_1")
    return not any(
        connection.execute(f"SELECT 1 FROM {table} GROUP BY {names} HAVING count(*) > 1 LIMIT 1").fetchone()
        for table in tables
    )


def _paired(connection: duckdb.DuckDBPyConnection, key: tuple[str, ...]) -> int:
    """Number of differing rows that have the same key before and after."""
    same = " AND ".join(f"a.{quote_identifier(n)} IS NOT DISTINCT FROM b.{quote_identifier(n)}" for n in key)
    row = connection.execute(f"SELECT count(*) FROM _moved_0 b SEMI JOIN _moved_1 a ON {same}").fetchone()
    return int(row[0]) if row else 0
