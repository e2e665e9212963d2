"""Change feed between two versions of a table, from DuckLake's records of insertions and deletions.

In: two grants on one table. Out: the SQL of both sets of rows, restricted by the grants, or None when the feed is unusable: a
replaced table starts a new history, and maintenance may have rewritten its files.
"""

# ruff: noqa: S608

import duckdb
import ibis

from beffroi.lake.attached import AttachedLake
from beffroi.lake.grants import Grant, restrict
from beffroi.lake.quoting import quote_identifier, quote_literal


def changed_row_queries(
    lake: AttachedLake, before: Grant, after: Grant, counts: tuple[int, ...]
) -> tuple[str, str] | None:
    """SQL of (deleted rows, inserted rows) from `before` to `after`, which have `counts` rows.

    A row inserted and deleted in between is in both, as is one deleted and written again unchanged.
    """
    if before.predicate != after.predicate:
        return None
    first, last = sorted((before, after), key=lambda grant: grant.version)
    if _table_at(lake, first) is None or _table_at(lake, first) != _table_at(lake, last):
        return None
    left, came = (
        _change_feed(lake, kind, first, last, seen)
        for kind, seen in (("deletions", first), ("insertions", last))
    )
    if left is None or came is None:
        return None
    deleted, inserted = (left, came) if first is before else (came, left)
    try:
        sizes = [
            lake.connection.execute(f"SELECT count(*) FROM ({part})").fetchone()
            for part in (deleted, inserted)
        ]
    except duckdb.Error:
        return None
    moved = [int(size[0]) if size else 0 for size in sizes]
    return (deleted, inserted) if counts[0] - moved[0] + moved[1] == counts[1] else None


def _table_at(lake: AttachedLake, grant: Grant) -> int | None:
    """DuckLake identifier of the table at this version."""
    place = f"{quote_identifier(f'__ducklake_metadata_{lake.name}')}.{quote_identifier(lake.schema)}"
    row = lake.connection.execute(
        f"SELECT table_id FROM {place}.ducklake_table WHERE table_name = ? AND begin_snapshot <= ? "
        "AND (end_snapshot IS NULL OR end_snapshot > ?)",
        [grant.table, grant.version, grant.version],
    ).fetchone()
    return int(row[0]) if row else None


def _change_feed(lake: AttachedLake, kind: str, first: Grant, last: Grant, seen: Grant) -> str | None:
    """Rows of the feed after the first version up to the last, restricted by the grant `seen`."""
    span = f"{int(first.version) + 1}, {int(last.version)}"
    noted = f"ducklake_table_{kind}({quote_literal(lake.name)}, 'main', {quote_literal(seen.table)}, {span})"
    if first.version == last.version:
        noted = f"{quote_identifier(lake.name)}.main.{quote_identifier(seen.table)} AT (VERSION => {int(seen.version)}) LIMIT 0"
    try:
        relation = lake.backend.sql(f"SELECT * FROM {noted}", dialect="duckdb")
    except duckdb.Error:
        return None
    if not set(seen.columns) <= set(relation.columns):
        return None
    return str(ibis.to_sql(restrict(relation, seen)))
