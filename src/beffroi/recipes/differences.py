"""The only exit from a comparison to a reader. In: two grants and what is asked; out: what both of them would show.

Where a grant lets only groups out, no row leaves, and the kinds of changes are groups of people like any others: when one
has fewer rows than the floor, none is counted, for the total of a side would give it back by subtraction.
"""

from dataclasses import replace
from typing import Final

from beffroi.lake.attached import Attached
from beffroi.lake.comparing import Asked, Compared, compare
from beffroi.lake.grants import Grant
from beffroi.recipes.release import floors_of

AGGREGATES: Final = "Ce jeu contient des données personnelles : ses lignes ne sont pas montrées une à une, seulement comptées."


def release_differences(lake: Attached, before: Grant, after: Grant, asked: Asked) -> Compared:
    """Raises GrantExpired, NotAKey, LakeError."""
    floors = floors_of({"before": before, "after": after})
    if not floors:
        return compare(lake, before, after, asked)
    floor = max(floors.values())
    found = compare(lake, before, after, replace(asked, kinds=(), limit=0))
    moved = (found.added, found.removed, found.changed, found.unchanged)
    kept = replace(
        found,
        before=_from(floor, found.before),
        after=_from(floor, found.after),
        reason=AGGREGATES,
    )
    if all(count == 0 or (count is not None and count >= floor) for count in moved):
        return kept
    return replace(
        kept,
        added=None,
        removed=None,
        changed=None,
        unchanged=None,
        reason=f"{AGGREGATES} Une des catégories compte moins de {floor} lignes : on pourrait y reconnaître quelqu'un, "
        "aucune n'est donc montrée.",
    )


def _from(floor: int, count: int | None) -> int | None:
    return count if count is not None and (count == 0 or count >= floor) else None
