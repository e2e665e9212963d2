"""Partial restore: a table returns to a previous version by its changed rows alone.

In: a connection to the lake, a table, the target version. Out: whether it was done (otherwise the caller rewrites the
table). The sum of the rows' digests is verified before anything is changed.
"""

# Names go through `quote_identifier`, texts through `quote_literal`: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Mapping

import duckdb

from beffroi.lake.quoting import quote_identifier, quote_literal

DELETED, INSERTED, TRANSIENT = "_back_gone", "_back_come", "_back_brief"  # temporary
MAX_SHARE = 0.2  # beyond this share of the table, rewriting it costs less than marking rows


def restore_changed_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    version: int,
    now: int,
    *,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> bool:
    """Restore `table` to `version`, inside the caller's transaction; False: nothing was changed.

    `before`, `after`: its columns with their types, then and now; columns may only have been added since. The table
    must be the same one, never replaced in between.
    """
    added = [name for name in after if name not in before]
    if list(after.items())[: len(before)] != list(before.items()) or version > now or "rowid" in after:
        return False
    target, name = f"lake.main.{quote_identifier(table)}", quote_literal(table)
    columns = ", ".join(map(quote_identifier, before))
    run = connection.execute
    if version == now:
        return not added
    since = f"('lake', 'main', {name}, {int(version) + 1}, {int(now)})"
    changes = {
        INSERTED: f"SELECT rowid AS _row FROM ducklake_table_insertions{since}",
        DELETED: f"SELECT rowid AS _row, {columns} FROM ducklake_table_deletions{since}",
    }
    for temporary, query in changes.items():
        run(f"CREATE OR REPLACE TEMP TABLE {temporary} AS {query}")
    # A row that came and went in between is of neither state.
    run(
        f"CREATE OR REPLACE TEMP TABLE {TRANSIENT} AS SELECT _row FROM {INSERTED} INTERSECT SELECT _row FROM {DELETED}"
    )
    for temporary in changes:
        run(f"DELETE FROM {temporary} WHERE _row IN (SELECT _row FROM {TRANSIENT})")
    proved = _proved(connection, target, version, columns)
    if proved:
        run(f"DELETE FROM {target} WHERE rowid IN (SELECT _row FROM {INSERTED})")
        run(f"INSERT INTO {target} BY NAME SELECT {columns} FROM {DELETED}")
        for column in added:
            run(f"ALTER TABLE {target} DROP COLUMN {quote_identifier(column)}")
    for temporary in (DELETED, INSERTED, TRANSIENT):
        run(f"DROP TABLE {temporary}")
    return proved


def _proved(connection: duckdb.DuckDBPyConnection, target: str, version: int, columns: str) -> bool:
    """Whether the table, without the inserted rows and with the deleted ones, equals `version`."""

    def digest(rows: str) -> tuple[int, int]:
        found = connection.execute(
            f"SELECT count(*), coalesce(sum(CAST(hash({columns}) AS HUGEINT)), 0) FROM {rows}"
        ).fetchone()
        return (int(found[0]), int(found[1])) if found else (0, 0)

    present = digest(target)
    inserted = digest(f"{target} WHERE rowid IN (SELECT _row FROM {INSERTED})")
    deleted = digest(DELETED)
    if inserted[0] + deleted[0] > max(1000, MAX_SHARE * present[0]):
        return False
    made = tuple(p - c + g for p, c, g in zip(present, inserted, deleted, strict=True))
    return made == digest(f"{target} AT (VERSION => {int(version)})")
