"""Put a table back as it was by its changed rows alone: undoing a thousand rows of ten million rewrites a thousand.

In: a connection to the lake, a table, the version wanted. Out: done, or not (the caller then rewrites the table).
The sum of the rows' digests is compared before anything is touched: what cannot be proved is not done this way.
"""

# Names go through `identifier`, texts through `literal`: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Mapping

import duckdb

from beffroi.lake.quoting import quote_identifier, quote_literal

GONE, COME, BRIEF = "_back_gone", "_back_come", "_back_brief"  # temporary
MOST_SHARE = 0.2  # beyond this share of the table, rewriting it costs less than marking rows


def put_back(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    version: int,
    now: int,
    *,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> bool:
    """Make `table` what it was at `version`, inside the caller's transaction; False: nothing was touched.

    `before`, `after`: its columns with their types, then and now; columns may only have been added since. The table
    must be the same one, never made anew in between.
    """
    added = [name for name in after if name not in before]
    if list(after.items())[: len(before)] != list(before.items()) or version > now or "rowid" in after:
        return False
    held, name = f"lake.main.{quote_identifier(table)}", quote_literal(table)
    columns = ", ".join(map(quote_identifier, before))
    run = connection.execute
    if version == now:
        return not added
    since = f"('lake', 'main', {name}, {int(version) + 1}, {int(now)})"
    changes = {
        COME: f"SELECT rowid AS _row FROM ducklake_table_insertions{since}",
        GONE: f"SELECT rowid AS _row, {columns} FROM ducklake_table_deletions{since}",
    }
    for temporary, query in changes.items():
        run(f"CREATE OR REPLACE TEMP TABLE {temporary} AS {query}")
    # A row that came and went in between is of neither state.
    run(f"CREATE OR REPLACE TEMP TABLE {BRIEF} AS SELECT _row FROM {COME} INTERSECT SELECT _row FROM {GONE}")
    for temporary in changes:
        run(f"DELETE FROM {temporary} WHERE _row IN (SELECT _row FROM {BRIEF})")
    proved = _proved(connection, held, version, columns)
    if proved:
        run(f"DELETE FROM {held} WHERE rowid IN (SELECT _row FROM {COME})")
        run(f"INSERT INTO {held} BY NAME SELECT {columns} FROM {GONE}")
        for column in added:
            run(f"ALTER TABLE {held} DROP COLUMN {quote_identifier(column)}")
    for temporary in (GONE, COME, BRIEF):
        run(f"DROP TABLE {temporary}")
    return proved


def _proved(connection: duckdb.DuckDBPyConnection, held: str, version: int, columns: str) -> bool:
    """Whether the table, less the rows that came, with those that went, is the one of `version`."""

    def digest(rows: str) -> tuple[int, int]:
        found = connection.execute(
            f"SELECT count(*), coalesce(sum(CAST(hash({columns}) AS HUGEINT)), 0) FROM {rows}"
        ).fetchone()
        return (int(found[0]), int(found[1])) if found else (0, 0)

    present = digest(held)
    come = digest(f"{held} WHERE rowid IN (SELECT _row FROM {COME})")
    gone = digest(GONE)
    if come[0] + gone[0] > max(1000, MOST_SHARE * present[0]):
        return False
    made = tuple(p - c + g for p, c, g in zip(present, come, gone, strict=True))
    return made == digest(f"{held} AT (VERSION => {int(version)})")
