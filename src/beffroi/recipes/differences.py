"""Disclosure control of a comparison between two versions. In: two grants and the query. Out: what both allow to show.

Where a grant is limited to groups, no row leaves, and the kinds of changes are groups of people like any others: when one
has fewer rows than the floor, none is counted, for the total of a side would reveal it by subtraction. Zero is treated
like few: « no row changed » is a statement about everybody.
"""

from dataclasses import replace
from typing import Final

from beffroi.lake.attached import AttachedLake
from beffroi.lake.comparison import ComparisonOptions, ComparisonResult, compare
from beffroi.lake.grants import Grant
from beffroi.recipes.release import floors_of

AGGREGATES: Final = "Ce jeu contient des données personnelles : ses lignes ne sont pas montrées une à une, seulement comptées."


def release_differences(
    lake: AttachedLake, before: Grant, after: Grant, query: ComparisonOptions
) -> ComparisonResult:
    """Raises GrantExpired, NotAKey, LakeError."""
    floors = floors_of({"before": before, "after": after})
    if not floors:
        return compare(lake, before, after, query)
    floor = max(floors.values())
    found = compare(lake, before, after, replace(query, kinds=(), limit=0))
    # Without a key, rows are never counted as changed: that reveals nothing about anybody.
    moved = (found.added, found.removed, found.unchanged, *([found.changed] if found.key else []))
    released = replace(
        found,
        before=_or_hidden(floor, found.before),
        after=_or_hidden(floor, found.after),
        reason=AGGREGATES,
    )
    if all(count is not None and count >= floor for count in moved):
        return released
    return replace(
        released,
        added=None,
        removed=None,
        changed=None,
        unchanged=None,
        reason=f"{AGGREGATES} Une des catégories compte moins de {floor} lignes, ou aucune : on pourrait y reconnaître "
        "quelqu'un, elles ne sont donc pas montrées.",
    )


def _or_hidden(floor: int, count: int | None) -> int | None:
    return count if count is not None and count >= floor else None
