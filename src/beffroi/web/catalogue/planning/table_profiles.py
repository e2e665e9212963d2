"""Profile of a table just read: how many values are absent, a few examples, the first rows.

In: a staged table. Out: its profile, the tally of its rows set aside, and a file of first rows beside it. Of a table
that holds personal data no example at all is kept in the database: any column may tell of a person.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import duckdb

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.tables import StagedTable

FIRST_ROWS, SEEN_ROWS, REJECTED_ROWS, EXAMPLES = 8, 2000, 50, 3


def profile_table(staged: StagedTable, index: int) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The profile and the count of rejected rows by reason; writes `peek-<index>.json` beside the table."""
    connection = connect()
    try:
        rows = connection.from_parquet(str(staged.parquet))
        rejected = connection.from_parquet(str(staged.quarantine))
        named = {column.name: quote_identifier(column.name) for column in staged.columns}
        missing = rows.aggregate(
            ", ".join(f"count(*) - count({name})" for name in named.values())
        ).fetchall()[0]
        examples = {} if any(column.personal for column in staged.columns) else _examples(rows, staged, named)
        profile = {
            name: {"missing": int(absent), "examples": examples.get(name, [])}
            for name, absent in zip(named, missing, strict=True)
        }
        tally = (
            rejected.aggregate("reason, kind, count(*) AS n", "reason, kind")
            .order("n DESC, reason")
            .fetchall()
        )
        first = rows.order("_line").limit(FIRST_ROWS).project(_texts(named.values())).fetchall()
        rejected_rows = rejected.order("line").limit(REJECTED_ROWS).project("line, reason, raw").fetchall()
    finally:
        connection.close()
    contents = {
        "rows": [[None if v is None else v[:80] for v in row] for row in first],
        "aside": [
            {"line": line, "reason": reason, "raw": (raw or "")[:200]} for line, reason, raw in rejected_rows
        ],
        "asked": {
            f"{guess.about}:{guess.column}": [text[:40] for text in guess.examples]
            for guess in staged.guesses
            if guess.examples
        },
    }
    target = staged.parquet.with_name(f"peek-{index}.json")
    target.write_text(json.dumps(contents, ensure_ascii=False), "utf-8")
    return profile, [{"reason": reason, "kind": kind, "count": n} for reason, kind, n in tally]


def _examples(
    rows: duckdb.DuckDBPyRelation, staged: StagedTable, named: dict[str, str]
) -> dict[str, list[str]]:
    """The values that the first rows hold most, those held as often in their order; none of a geometry."""
    visible = {column.name: named[column.name] for column in staged.columns if column.type != "geometry"}
    if not visible:
        return {}
    columns = zip(*rows.limit(SEEN_ROWS).project(_texts(visible.values())).fetchall(), strict=True)
    counted = (Counter(value for value in column if value is not None) for column in columns)
    return {
        name: [value[:60] for value, _ in sorted(count.items(), key=lambda one: (-one[1], one[0]))[:EXAMPLES]]
        for name, count in zip(visible, counted, strict=False)  # no column at all where there is no row
    }


def _texts(identifiers: Iterable[str]) -> str:
    return ", ".join(f"CAST({name} AS VARCHAR)" for name in identifiers)
