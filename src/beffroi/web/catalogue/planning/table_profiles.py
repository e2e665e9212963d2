"""Profile of a table just read: how many values are absent, a few examples, the first rows.

In: a staged table. Out: its profile, the tally of its rows set aside, and a file of first rows beside it. Of a table
that holds personal data no value at all is kept in the database: any column may tell of a person.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.tables import Column, StagedTable

FIRST_ROWS, SEEN_ROWS, REJECTED_ROWS, EXAMPLES, VALUES = 8, 2000, 50, 3, 50


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
        personal = any(column.personal for column in staged.columns)
        frequent = {} if personal else _frequent_values(rows, staged, named)
        profile = {
            column.name: column_profile(column, int(absent), frequent.get(column.name, []))
            for column, absent in zip(staged.columns, missing, strict=True)
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


def column_profile(column: Column, missing: int, frequent: Sequence[str]) -> dict[str, Any]:
    """What is stored of a column: rows without a value, a few examples and, of texts and codes, the values that the search finds."""
    profile: dict[str, Any] = {"missing": missing, "examples": list(frequent[:EXAMPLES])}
    if column.type in ("text", "code") and frequent:
        profile["values"] = [value[:60] for value in frequent[:VALUES]]
    return profile


def with_former_values(profile: dict[str, Any], former: dict[str, Any]) -> dict[str, Any]:
    """The profile of rows added to others, whose values are found too; the new ones first."""
    merged = {}
    for name, column in profile.items():
        before = former.get(name, {}).get("values", [])
        values = list(dict.fromkeys([*column.get("values", []), *before]))[:VALUES]
        merged[name] = {**column, "values": values} if values else column
    return merged


def _frequent_values(
    rows: duckdb.DuckDBPyRelation, staged: StagedTable, named: dict[str, str]
) -> dict[str, list[str]]:
    """The values that the first rows hold most, those held as often in their order; none of a geometry."""
    visible = {column.name: named[column.name] for column in staged.columns if column.type != "geometry"}
    if not visible:
        return {}
    columns = zip(*rows.limit(SEEN_ROWS).project(_texts(visible.values())).fetchall(), strict=True)
    counted = (Counter(value for value in column if value is not None) for column in columns)
    return {
        name: [value[:60] for value, _ in sorted(count.items(), key=lambda one: (-one[1], one[0]))[:VALUES]]
        for name, count in zip(visible, counted, strict=False)  # no column at all where there is no row
    }


def without_values(profile: dict[str, Any]) -> dict[str, Any]:
    """The profile without anything that a row holds."""
    return {name: {"missing": column["missing"], "examples": []} for name, column in profile.items()}


def _texts(identifiers: Iterable[str]) -> str:
    return ", ".join(f"CAST({name} AS VARCHAR)" for name in identifiers)
