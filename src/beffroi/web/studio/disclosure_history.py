"""History of the protected data disclosed on a board, in the order of first disclosure.

In: a stored analysis and the grants of its reader. Out: the definitions disclosed before it; the first time, its own
rank is recorded. Only analyses of protected data are listed: nothing else needs an order.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from beffroi.hashing import json_sha256
from beffroi.lake.grants import Grant

from .models import Board, FirstDisclosure, StoredRecipe


def rights_of(grant: Grant) -> str:
    """How one protected dataset is counted, whatever its version, its columns and who reads: one list for all of them."""
    counted = replace(grant, version=0, columns=("*",), masks=(), identifying=None, aggregate_only=False)
    return counted.fingerprint


def digest_of(definition: Mapping[str, Any]) -> str:
    """What decides the groups of a recipe: neither its title nor its figure does."""
    deciding = {name: definition.get(name) for name in ("sources", "steps")}
    return json_sha256(deciding)


def find_earlier(stored: StoredRecipe, grants: Mapping[str, Grant]) -> list[dict[str, Any]]:
    """Definitions disclosed before this one on its boards, of any of its protected datasets."""
    rights = sorted({rights_of(grant) for grant in grants.values() if grant.protected})
    if not rights:
        return []
    digest = digest_of(stored.definition)
    found: dict[int, FirstDisclosure] = {}
    for board in Board.objects.of(stored.territory).filter(figures__recipe=stored).distinct():
        for one in rights:
            own = _record_disclosure(board, one, digest, stored)
            earlier = FirstDisclosure.objects.filter(board=board, rights=one, pk__lt=own.pk).exclude(
                digest=digest
            )
            found |= {row.pk: row for row in earlier}
    unique: dict[str, dict[str, Any]] = {}
    for pk in sorted(found):
        unique.setdefault(found[pk].digest, found[pk].definition)
    return list(unique.values())


def _record_disclosure(board: Board, rights: str, digest: str, stored: StoredRecipe) -> FirstDisclosure:
    """Its place in the list of a board, taken the first time."""
    listed = FirstDisclosure.objects.filter(board=board, rights=rights, digest=digest).first()
    if listed is not None:
        return listed
    with transaction.atomic():
        # One at a time: of two figures disclosed at the same moment, one comes first for everybody.
        Board.objects.of(board.territory).select_for_update().get(pk=board.pk)
        return FirstDisclosure.objects.get_or_create(
            board=board, rights=rights, digest=digest, defaults={"definition": stored.definition}
        )[0]
