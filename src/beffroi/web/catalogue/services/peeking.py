"""A first look at a table just read: how many values are absent, a few examples, the first rows.

In: a staged table. Out: its profile, the tally of its rows set aside, and a file of first rows beside it. Of a table
that holds personal data no example at all is kept in the database: any column may tell of a person.
"""

import json
from typing import Any

from beffroi.lake.engine import connect
from beffroi.lake.shapes import identifier
from beffroi.lake.tables import StagedTable

FIRST_ROWS, ASIDE_ROWS, EXAMPLES = 8, 50, 3


def peek(staged: StagedTable, index: int) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The profile and the tally of rows set aside; writes `peek-<index>.json` beside the table."""
    connection = connect()
    try:
        rows = connection.from_parquet(str(staged.parquet))
        aside = connection.from_parquet(str(staged.quarantine))
        profile: dict[str, dict[str, Any]] = {}
        people = any(column.personal for column in staged.columns)
        for column in staged.columns:
            name = identifier(column.name)
            missing = rows.aggregate(f"count(*) - count({name})").fetchone()
            seen = (
                []
                if people or column.type == "geometry"
                else (
                    rows.limit(2000)
                    .filter(f"{name} IS NOT NULL")
                    .project(f"CAST({name} AS VARCHAR) AS v")
                    .aggregate("v, count(*) AS n", "v")
                    .order("n DESC, v")
                    .limit(EXAMPLES)
                    .fetchall()
                )
            )
            profile[column.name] = {
                "missing": int(missing[0]) if missing else 0,
                "examples": [value[:60] for value, _ in seen],
            }
        tally = (
            aside.aggregate("reason, kind, count(*) AS n", "reason, kind").order("n DESC, reason").fetchall()
        )
        wanted = ", ".join(f"CAST({identifier(c.name)} AS VARCHAR)" for c in staged.columns)
        first = rows.order("_line").limit(FIRST_ROWS).project(wanted).fetchall()
        set_aside = aside.order("line").limit(ASIDE_ROWS).project("line, reason, raw").fetchall()
    finally:
        connection.close()
    held = {
        "rows": [[None if v is None else v[:80] for v in row] for row in first],
        "aside": [
            {"line": line, "reason": reason, "raw": (raw or "")[:200]} for line, reason, raw in set_aside
        ],
        "asked": {
            f"{guess.about}:{guess.column}": [text[:40] for text in guess.examples]
            for guess in staged.guesses
            if guess.examples
        },
    }
    target = staged.parquet.with_name(f"peek-{index}.json")
    target.write_text(json.dumps(held, ensure_ascii=False), "utf-8")
    return profile, [{"reason": reason, "kind": kind, "count": n} for reason, kind, n in tally]
