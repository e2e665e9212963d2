"""Pages of a large table in the order of its deliveries and lines, without sorting the whole table.

In: a grant, an offset, a size. Out: the rows of the page and the total. The order is that of the files (delivery,
line, row identifier), so that pages neither skip nor repeat a row. Lines are read in a window that grows until the
page is full: DuckDB skips the row groups outside of it.
"""

# ruff: noqa: S608

from dataclasses import replace
from typing import Any, Final

import duckdb
import ibis
import pyarrow as pa

from beffroi.lake import schemas
from beffroi.lake.attached import AttachedLake, version_error
from beffroi.lake.grants import Grant, restrict
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.row_selection import RowFilter, RowOrder
from beffroi.lake.tables import DELIVERY, HOUSE, LINE

ROW: Final = "_row"
SPARE, WIDER = 1_000, 8
"""The window begins with some lines more than wanted, for those that were set aside, and then grows so many times."""


def page(
    lake: AttachedLake,
    grant: Grant,
    offset: int,
    limit: int,
    *,
    only: RowFilter | None = None,
    order: RowOrder | None = None,
) -> tuple[pa.Table, int]:
    """Granted columns of `limit` rows from `offset` on, and the total, of the rows of `only` and in `order`. Raises GrantExpired, LakeError."""
    grant.check()
    try:
        pages = _Pages(lake, grant)
        if only is None and order is None:
            return pages.page(offset, limit)
        return pages.selection(only, order, offset, limit)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.InvalidInputException) as error:
        raise version_error(grant, error) from error


class _Pages:
    """Rows of a grant with their position. Counts and bounds are asked of the plain table, where DuckDB reads them
    from statistics; of the granted rows when a predicate restricts them.
    """

    def __init__(self, lake: AttachedLake, grant: Grant) -> None:
        self._connection = lake.connection
        self._columns = ", ".join(quote_identifier(name) for name in grant.columns)
        table = f"{quote_identifier(lake.name)}.main.{quote_identifier(grant.table)} AT (VERSION => {int(grant.version)})"
        relation = lake.backend.sql(f"SELECT *, rowid AS {ROW} FROM {table}", dialect="duckdb")
        more = tuple(name for name in (*HOUSE, ROW) if name not in grant.columns)
        placed = replace(grant, columns=(*grant.columns, *more))
        self._rows = f"({ibis.to_sql(restrict(relation, placed))})"
        self._all = self._rows if grant.predicate else table

    def page(self, offset: int, limit: int) -> tuple[pa.Table, int]:
        total = int(self._one(f"SELECT count(*) FROM {self._all}") or 0)
        wanted = max(0, min(limit, total - offset))
        if not wanted:
            return self._read("false", 0, 0), total
        first = int(self._one(f"SELECT min({DELIVERY}) FROM {self._all}") or 0)
        found = self._within(first, offset, wanted)
        return found if found is not None else self._among(offset, wanted), total

    def selection(
        self, only: RowFilter | None, order: RowOrder | None, offset: int, limit: int
    ) -> tuple[pa.Table, int]:
        """Rows as the reader sees them, filtered and sorted: a masked value neither selects nor places a row."""
        kinds = schemas.query_column_types(self._connection, f"SELECT {self._columns} FROM {self._rows}")
        where = only.to_sql(kinds) if only else "true"
        total = int(self._one(f"SELECT count(*) FROM {self._rows} WHERE {where}") or 0)
        return self._read(where, offset, limit, order.to_sql(kinds) if order else ""), total

    def _within(self, delivery: int, offset: int, wanted: int) -> pa.Table | None:
        """Rows of one delivery from its own `offset` on; None when it has too few."""
        here = f"{DELIVERY} = {delivery}"
        lines, last = offset + wanted + SPARE, None
        while True:
            found = self._read(f"{here} AND {LINE} <= {lines}", offset, wanted)
            if found.num_rows == wanted:
                return found
            if last is None:
                last = int(self._one(f"SELECT max({LINE}) FROM {self._all} WHERE {here}") or 0)
            if lines >= last:
                return None
            lines *= WIDER

    def _among(self, offset: int, wanted: int) -> pa.Table:
        """Rows located by the row counts of the deliveries."""
        counts = self._connection.execute(
            f"SELECT {DELIVERY}, count(*) FROM {self._all} GROUP BY {DELIVERY} ORDER BY {DELIVERY}"
        ).fetchall()
        passed, opening, skipped = 0, None, 0
        for delivery, count in counts:
            if opening is None and passed + count > offset:
                opening, skipped = int(delivery), passed
            passed += count
            if opening is not None and passed >= offset + wanted:
                if opening == delivery and (found := self._within(opening, offset - skipped, wanted)):
                    return found
                return self._read(
                    f"{DELIVERY} BETWEEN {opening} AND {int(delivery)}", offset - skipped, wanted
                )
        return self._read("true", offset, wanted)

    def _read(self, where: str, offset: int, limit: int, first: str = "") -> pa.Table:
        order = ", ".join((*([first] if first else []), *HOUSE, ROW))
        return self._connection.execute(
            f"SELECT {self._columns} FROM (SELECT * FROM {self._rows} WHERE {where} ORDER BY {order} "
            f"LIMIT {int(limit)} OFFSET {int(offset)})"
        ).to_arrow_table()

    def _one(self, sql: str) -> Any:
        row = self._connection.execute(sql).fetchone()
        return row[0] if row else None
