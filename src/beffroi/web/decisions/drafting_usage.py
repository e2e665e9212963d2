"""How much of the drafts people rewrite, in figures of the whole: under the same conditions as the use of proposals.

By system and month, never by person; nothing before staff were heard; nothing of a month that runs, of few drafts or few people.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import median

from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .models import Draft
from .notices import titles_of
from .usage import LEAST_DECISIONS, LEAST_PEOPLE, consultation, month_of


@dataclass(frozen=True)
class Cell:
    """One system in one month: how many drafts were answered, and shares (0..1); None where there are too few."""

    title: str
    month: date
    answered: int | None
    dismissed: float | None
    rewritten: float | None  # the median over those retained


def cells(person: Person, territory: Territory) -> list[Cell] | None:
    """The newest month first; None until staff were informed and consulted. Raises PermissionDenied."""
    require(person, "usage.read", territory)
    if consultation(territory) is None:
        return None
    found: dict[tuple[date, str], list[float | None]] = defaultdict(list)
    people: dict[tuple[date, str], set[int]] = defaultdict(set)  # counted, then forgotten
    rows = Draft.objects.of(territory).exclude(state=Draft.State.WAITING)
    for system, rewritten, who, at in rows.values_list("system", "rewritten", "closed_by_id", "closed_at"):
        key = (month_of(at), system)
        if key[0] >= month_of(timezone.now()):
            continue
        found[key].append(rewritten)
        people[key].add(who)
    titles = titles_of(territory, (system for _, system in found))
    ordered = sorted(found, key=lambda key: (-key[0].toordinal(), titles[key[1]]))
    return [_cell(titles[key[1]], key[0], found[key], len(people[key])) for key in ordered]


def _cell(title: str, month: date, rows: list[float | None], people: int) -> Cell:
    retained = [share for share in rows if share is not None]
    if len(rows) < LEAST_DECISIONS or people < LEAST_PEOPLE:
        return Cell(title, month, None, None, None)
    dismissed = 1 - len(retained) / len(rows)
    return Cell(title, month, len(rows), dismissed, median(retained) if retained else None)
