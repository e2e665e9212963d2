"""What changed between two runs of a system: the rows of its first table that came, went, or say something else.

In come the two first tables; out go the changes that a person would want told, the largest first.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.web.ui.formats import french_date

from .charts import format_in_unit_of
from .reading import OutputView

NAMED_BY = ("key", "group", "place", "day")
MOST = 8
LEAST_SHARE = 0.02  # of the value before: a smaller change is not told


@dataclass(frozen=True)
class Change:
    """One row that changed: what it is about, what it said and says (empty: it was not there)."""

    about: str
    was: str
    now: str
    weight: float


def between(before: OutputView, now: OutputView) -> list[Change]:
    """The largest changes, those of status first. Nothing where rows cannot be told apart."""
    old, new = _by_name(before), _by_name(now)
    if old is None or new is None:
        return []
    found = [
        change
        for name, row in new.items()
        if (change := _change(before, now, old.get(name), row)) is not None
    ]
    removed = [
        Change(about(before, row), describe_value(before, row), "", 0.5)
        for name, row in old.items()
        if name not in new and not before.column("day")
    ]
    return sorted((*found, *removed), key=lambda change: -change.weight)[:MOST]


def _by_name(view: OutputView) -> dict[tuple[str, ...], dict[str, Any]] | None:
    roles = [role for role in NAMED_BY if view.column(role) is not None]
    if view.column("key") is not None:
        roles = ["key"]
    named = {tuple(str(view.value(row, role)) for role in roles): row for row in view.rows}
    return named if roles and len(named) == len(view.rows) else None


def _change(
    before: OutputView, now: OutputView, old: dict[str, Any] | None, row: dict[str, Any]
) -> Change | None:
    if old is None:
        # A new day is no news; a new place is.
        return None if now.column("day") else Change(about(now, row), "", describe_value(now, row), 0.6)
    was, is_now = before.value(old, "status"), now.value(row, "status")
    if was != is_now:
        return Change(about(now, row), describe_value(before, old), describe_value(now, row), 2.0)
    a, b = before.value(old, "value"), now.value(row, "value")
    if not isinstance(a, int | float) or not isinstance(b, int | float) or a == b:
        return None
    share = abs(b - a) / max(abs(a), abs(b))
    return (
        Change(about(now, row), describe_value(before, old), describe_value(now, row), share)
        if share >= LEAST_SHARE
        else None
    )


def about(view: OutputView, row: dict[str, Any]) -> str:
    """The place and the day of a row."""
    place, day = view.value(row, "place") or view.value(row, "group"), view.value(row, "day")
    return ", ".join(str(part) for part in (place, french_date(day) if day else None) if part)


def describe_value(view: OutputView, row: dict[str, Any]) -> str:
    """Its status and its value."""
    value, status = view.column("value"), view.value(row, "status")
    parts = [str(status)] if status else []
    if value is not None and isinstance(row.get(value.name), int | float):
        parts.append(format_in_unit_of(value, row[value.name]))
    return ", ".join(parts)
