"""Pages of a large table in the order of its deliveries and of their lines, without sorting the whole.

In: a grant, where the page begins, its size. Out: the rows of the page and how many the whole has. The order is that of
the files: delivery, line, then the row's own number, so that pages neither skip nor repeat. The lines of a page are
sought in a window that grows until it holds them: the engine skips the parts of the files that are outside of it.
"""

# ruff: noqa: S608

from dataclasses import replace
from typing import Any, Final

import duckdb
import ibis
import pyarrow as pa

from beffroi.lake.grants import Grant, restrict
from beffroi.lake.shapes import identifier
from beffroi.lake.store import DELIVERY, HOUSE, LINE, Attached, gone

ROW: Final = "_row"
SPARE, WIDER = 1_000, 8
"""The window begins with some lines more than wanted, for those that were set aside, and then grows so many times."""


def page(lake: Attached, grant: Grant, offset: int, limit: int) -> tuple[pa.Table, int]:
    """The granted columns of `limit` rows from `offset` on, and the rows of the whole. Raises GrantExpired, LakeError."""
    grant.check()
    try:
        return _page(lake.connection, _source(lake, grant), grant, offset, limit)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.InvalidInputException) as error:
        raise gone(grant) from error


def _source(lake: Attached, grant: Grant) -> str:
    """The rows of the grant with where each comes from."""
    table = f"{identifier(lake.name)}.main.{identifier(grant.table)} AT (VERSION => {int(grant.version)})"
    try:
        relation = lake.backend.sql(f"SELECT *, rowid AS {ROW} FROM {table}", dialect="duckdb")
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.InvalidInputException) as error:
        raise gone(grant) from error
    more = tuple(name for name in (*HOUSE, ROW) if name not in grant.columns)
    return str(ibis.to_sql(restrict(relation, replace(grant, columns=(*grant.columns, *more)))))


def _page(
    connection: duckdb.DuckDBPyConnection, source: str, grant: Grant, offset: int, limit: int
) -> tuple[pa.Table, int]:
    total = int(_one(connection, f"SELECT count(*) FROM ({source})") or 0)
    wanted = max(0, min(limit, total - offset))
    columns = ", ".join(identifier(name) for name in grant.columns)
    where, skipped = _around(connection, source, offset, wanted)
    order = ", ".join((*HOUSE, ROW))
    table = connection.execute(
        f"SELECT {columns} FROM (SELECT * FROM ({source}) WHERE {where} ORDER BY {order} LIMIT {wanted} OFFSET {offset - skipped})"
    ).to_arrow_table()
    return table, total


def _around(connection: duckdb.DuckDBPyConnection, source: str, offset: int, wanted: int) -> tuple[str, int]:
    """A condition that leaves the rows of the page, and how many before them it drops."""
    first = _one(connection, f"SELECT min({DELIVERY}) FROM ({source})")
    if first is None or not wanted:
        return "false", offset
    within = _window(connection, source, int(first), offset + wanted)
    if within is not None:
        return within, 0
    # The page is not in the first delivery: how many rows each has tells where.
    passed, opening = 0, None
    counts = connection.execute(
        f"SELECT {DELIVERY}, count(*) FROM ({source}) GROUP BY {DELIVERY} ORDER BY {DELIVERY}"
    ).fetchall()
    for delivery, count in counts:
        if opening is None and passed + count > offset:
            opening, dropped = delivery, passed
            if passed + count >= offset + wanted:
                here = _window(connection, source, int(delivery), offset + wanted - passed)
                return here or f"{DELIVERY} = {int(delivery)}", passed
        passed += count
        if opening is not None and passed >= offset + wanted:
            return f"{DELIVERY} BETWEEN {int(opening)} AND {int(delivery)}", dropped
    return "true", 0


def _window(connection: duckdb.DuckDBPyConnection, source: str, delivery: int, wanted: int) -> str | None:
    """A condition under which the delivery still has its first `wanted` rows; None when it has fewer in all."""
    here = f"{DELIVERY} = {delivery}"
    lines = wanted + SPARE
    last = None
    while True:
        within = f"{here} AND {LINE} <= {lines}"
        if int(_one(connection, f"SELECT count(*) FROM ({source}) WHERE {within}") or 0) >= wanted:
            return within
        if last is None:
            last = int(_one(connection, f"SELECT max({LINE}) FROM ({source}) WHERE {here}") or 0)
        if lines >= last:
            return None
        lines *= WIDER


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None
