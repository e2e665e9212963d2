"""Settings locked on the safe side: what a preset sets, and what it takes to loosen one.

A safeguard is lifted by an administrator who has just given a second factor, with a reason; it is put back in one act. Both are
lines of the ledger.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .places import PlaceError

SECOND_FACTOR: Final = "second_factor"
FEW_ROOMS: Final = "few_rooms"
SHORTEST_REASON: Final = 10


@dataclass(frozen=True)
class Safeguard:
    """A setting that may be locked: what it does, and what lifting it opens."""

    title: str
    opens: str


SAFEGUARDS: Final = {
    SECOND_FACTOR: Safeguard(
        "Chaque membre donne un second facteur",
        "les agents sans rôle sensible entreraient avec leur seul mot de passe",
    ),
    FEW_ROOMS: Safeguard(
        "Les salles fermées au départ le restent", "chaque salle pourrait être ouverte d'un clic"
    ),
}


def is_on(territory: Territory, key: str) -> bool:
    return key in territory.safeguards


def put_on(territory: Territory, keys: Iterable[str], *, by: Person | None) -> None:
    """Lock these settings. `by` is None for the host's own commands."""
    if by is not None:
        require(by, "territory.settings", territory)
    if unknown := set(keys) - SAFEGUARDS.keys():
        raise PlaceError(f"« {min(unknown)} » n'est pas un réglage protégé. Rien n'a changé.")
    _write(territory, sorted({*territory.safeguards, *keys}), by, {"on": sorted(keys)})


def lift(territory: Territory, key: str, reason: str, *, by: Person) -> None:
    """Loosen one setting. Raises PlaceError."""
    require(by, "territory.settings", territory)
    reason = strip_invisible(reason).strip()
    if not is_on(territory, key):
        raise PlaceError("Ce réglage n'est pas protégé ici. Rien n'a changé.")
    if len(reason) < SHORTEST_REASON:
        raise PlaceError(
            "Dites pourquoi : quelques mots suffisent. Le registre garde qui l'a fait, et quand."
        )
    left = [each for each in territory.safeguards if each != key]
    _write(territory, left, by, {"lifted": key, "reason_length": len(reason)})


def _write(territory: Territory, keys: list[str], by: Person | None, payload: dict[str, object]) -> None:
    with scope.inside(territory), transaction.atomic():
        row = Territory.objects.select_for_update().get(pk=territory.pk)
        row.safeguards = keys
        row.save(update_fields=["safeguards"])
        ledger.append(territory, "territory.safeguard", by, f"territory:{territory.pk}", payload)
    territory.safeguards = keys
