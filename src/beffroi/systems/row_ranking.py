"""One ranking of what a run says: the order in which its headline, its list, its tables and its maps name places.

In come an output table as the manifest describes it and its rows; out come the rows, what matters most first. Roles decide: the level
of a `status` that is beyond the neutral one, then, in a table by day, how far a value is from its `reference`; for the rest, the
order in which the system wrote the rows stands.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from beffroi.systems.manifest import OutputColumn, OutputTable

type Row = dict[str, Any]


def rank_rows(output: OutputTable, rows: Sequence[Row]) -> list[Row]:
    """The worst status first. In a table by day the unusual rows follow, whichever their day, then the nearest days; in each of
    them the rows furthest from their reference first."""
    status, day = output.of_role("status"), output.of_role("day")
    ranked = sorted(rows, key=lambda row: -severity(status, row))
    if day is None:
        return ranked

    def key(row: Row) -> tuple[int, bool, str, float]:
        ordinary = not _is_unusual(status, row)
        return (
            -severity(status, row),
            ordinary,
            str(row.get(day.name)) if ordinary else "",
            -deviation(output, row),
        )

    return sorted(rows, key=key)


def severity(status: OutputColumn | None, row: Row) -> int:
    """How many levels the status of a row is beyond the neutral one; 0 for what is ordinary or good news."""
    if status is None or row.get(status.name) not in status.levels:
        return 0
    return max(0, status.levels.index(row[status.name]) - _neutral(status))


def _is_unusual(status: OutputColumn | None, row: Row) -> bool:
    """Whether the status has levels and is not the neutral one."""
    return (
        status is not None
        and row.get(status.name) in status.levels
        and status.levels.index(row[status.name]) != _neutral(status)
    )


def _neutral(status: OutputColumn) -> int:
    return status.levels.index(status.neutral) if status.neutral else 0


def deviation(output: OutputTable, row: Row) -> float:
    """How far the value is from its reference, as a share of it; 0 where one of them is missing."""
    value, reference = (
        row.get(column.name) if (column := output.of_role(role)) is not None else None
        for role in ("value", "reference")
    )
    if not isinstance(value, int | float) or not isinstance(reference, int | float) or not reference:
        return 0.0
    return abs(value - reference) / abs(reference)


def rank_places(output: OutputTable, rows: Iterable[Row]) -> dict[str, int]:
    """Each place of ranked rows with its rank, from 0."""
    place = output.of_role("place")
    if place is None:
        return {}
    named = (str(row[place.name]) for row in rows if row.get(place.name) not in (None, ""))
    return {name: rank for rank, name in enumerate(dict.fromkeys(named))}


def first_named(text: str, places: Iterable[str]) -> str:
    """The place that a text names first, the longest where two begin there; empty where it names none."""
    found = [
        (match.start(), -len(place), place)
        for place in places
        if (match := re.search(rf"(?<!\w){re.escape(place)}(?!\w)", text, re.IGNORECASE))
    ]
    return min(found)[2] if found else ""
