"""The only exit from a comparison to a reader. In: two grants and what is asked; out: what both of them would show.

Where a grant lets only groups out, no row leaves, and the kinds of changes are groups of people like any others: when one
has fewer rows than the floor, none is counted, for the total of a side would give it back by subtraction. None is told
like few: « no row changed » says that of everybody.
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
    # Whole rows, which no key brings together, never are changed: that says nothing of anybody.
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
