"""What changed between two runs of a system: the rows of its first table that came, went, or say something else.

In come the two first tables; out go the changes that a person would want told, the largest first.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.web.ui.formats import french_date

from .charts import told_in
from .reading import Shown

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


def between(before: Shown, now: Shown) -> list[Change]:
    """The largest changes, those of status first. Nothing where rows cannot be told apart."""
    old, new = _by_name(before), _by_name(now)
    if old is None or new is None:
        return []
    found = [
        change
        for name, row in new.items()
        if (change := _change(before, now, old.get(name), row)) is not None
    ]
    gone = [
        Change(_about(before, row), _said(before, row), "", 0.5)
        for name, row in old.items()
        if name not in new and not before.column("day")
    ]
    return sorted((*found, *gone), key=lambda change: -change.weight)[:MOST]


def _by_name(shown: Shown) -> dict[tuple[str, ...], dict[str, Any]] | None:
    roles = [role for role in NAMED_BY if shown.column(role) is not None]
    if shown.column("key") is not None:
        roles = ["key"]
    named = {tuple(str(shown.value(row, role)) for role in roles): row for row in shown.rows}
    return named if roles and len(named) == len(shown.rows) else None


def _change(before: Shown, now: Shown, old: dict[str, Any] | None, row: dict[str, Any]) -> Change | None:
    if old is None:
        # A new day is no news; a new place is.
        return None if now.column("day") else Change(_about(now, row), "", _said(now, row), 0.6)
    was, is_now = before.value(old, "status"), now.value(row, "status")
    if was != is_now:
        return Change(_about(now, row), _said(before, old), _said(now, row), 2.0)
    a, b = before.value(old, "value"), now.value(row, "value")
    if not isinstance(a, int | float) or not isinstance(b, int | float) or a == b:
        return None
    share = abs(b - a) / max(abs(a), abs(b))
    return (
        Change(_about(now, row), _said(before, old), _said(now, row), share) if share >= LEAST_SHARE else None
    )


def _about(shown: Shown, row: dict[str, Any]) -> str:
    place, day = shown.value(row, "place") or shown.value(row, "group"), shown.value(row, "day")
    return ", ".join(str(part) for part in (place, french_date(day) if day else None) if part)


def _said(shown: Shown, row: dict[str, Any]) -> str:
    value, status = shown.column("value"), shown.value(row, "status")
    parts = [str(status)] if status else []
    if value is not None and isinstance(row.get(value.name), int | float):
        parts.append(told_in(value, row[value.name]))
    return ", ".join(parts)
