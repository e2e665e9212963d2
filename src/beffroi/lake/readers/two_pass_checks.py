"""Type checks of a small table in two passes: planning those of one column takes DuckDB 8 ms, whatever the rows.

In: the proposals, their checks and samples. Out: the results of a single pass. The first pass runs the few counts
that decide a column whose cells all fit, as most do; only the others get all checks. On a large table each pass reads
every row again: all checks run at once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb

from beffroi.lake.quoting import quote_literal
from beffroi.lake.readers.amounts import Number
from beffroi.lake.readers.proposals import CheckResults, Proposal, present_alias, reading_alias

MAX_ROWS = 10_000
# Written once: Python reads these on the sample, DuckDB (RE2) on all rows. No zero, sign or space that counts.
_WHOLE = r"-?(?:0|[1-9][0-9]{0,17})"
_SIMPLE = rf"{_WHOLE}(?:[.,][0-9]{{1,18}})?"
_MARKS = ("whole", "places", "parts", "commas", "points")
_NEVER_SIMPLE = ("zeros", "spaced", "euro", "percent", "negated", "powers")


@contextmanager
def quickly_planned(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Disable DuckDB's optimizer: on few rows, it takes as long as all that it saves."""
    connection.execute("PRAGMA disable_optimizer")
    try:
        yield
    finally:
        connection.execute("PRAGMA enable_optimizer")


def first_pass_checks(
    proposal: Proposal, cell: str, checks: Mapping[str, str], values: Sequence[str]
) -> dict[str, str]:
    """Checks of the first pass for a column whose sample is `values`."""
    if "odd" not in checks:
        return dict(checks)
    queries = {"values": f"count({cell})"}
    if isinstance(proposal, Number) and (pattern := _simple(proposal, values)):
        keys = ("highest", *(_MARKS if pattern == _SIMPLE else ()))
        simple = f"count(*) FILTER (regexp_full_match({cell}, {quote_literal(pattern)}))"
        return queries | {key: checks[key] for key in keys} | {"simple": simple}
    absent = f"count(*) FILTER ({cell} IS NOT NULL AND NOT {present_alias(cell)})"
    rest = {key: sql for key, sql in checks.items() if key not in ("values", "fit", "missing", "odd")}
    return queries | {"fit": f"count({reading_alias(cell)})", "absent": absent} | rest


def first_pass_results(checks: Mapping[str, str], found: CheckResults) -> CheckResults | None:
    """Results of all checks when the first pass decides them, None otherwise."""
    if "odd" not in checks:
        return found
    nothing: CheckResults = {"missing": None, "odd": None}
    if "simple" in found:
        if found["simple"] != found["values"]:
            return None
        alike: CheckResults = {"whole": found["values"], "places": None, "parts": 0, "commas": 0, "points": 0}
        answers = {**dict.fromkeys(_NEVER_SIMPLE, 0), **alike, **found, **nothing, "fit": found["values"]}
    elif found["absent"] or found["fit"] != found["values"]:
        return None
    else:
        answers = {**found, **nothing}
    return {key: answers[key] for key in checks}


def _simple(number: Number, values: Sequence[str]) -> str:
    """Pattern of all values of the sample, when it only matches numbers and no missing-value mark."""
    if number.grouped or number.forced or any(re.fullmatch(_SIMPLE, mark) for mark in number.marks):
        return ""
    return next(
        (p for p in (_WHOLE, _SIMPLE) if values and all(re.fullmatch(p, value) for value in values)), ""
    )
