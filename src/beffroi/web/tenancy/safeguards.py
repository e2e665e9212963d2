"""Settings locked on the safe side: what a preset sets, and what it takes to loosen one.

A safeguard is lifted by an administrator who has just given a second factor, with a reason; it is put back in one act. Both are
lines of the ledger.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    with _locked(territory) as row:
        row.safeguards = sorted({*row.safeguards, *keys})
        _write(row, by, {"on": sorted(keys)})


def lift(territory: Territory, key: str, reason: str, *, by: Person) -> None:
    """Loosen one setting. Raises PlaceError."""
    require(by, "territory.settings", territory)
    reason = strip_invisible(reason).strip()
    if len(reason) < SHORTEST_REASON:
        raise PlaceError(
            "Dites pourquoi : quelques mots suffisent. Le registre garde qui l'a fait, et quand."
        )
    with _locked(territory) as row:
        if not is_on(row, key):
            raise PlaceError("Ce réglage n'est pas protégé ici. Rien n'a changé.")
        row.safeguards = [each for each in row.safeguards if each != key]
        _write(row, by, {"lifted": key, "reason_length": len(reason)})


@contextmanager
def _locked(territory: Territory) -> Iterator[Territory]:
    """The territory as it stands, to be changed by one at a time."""
    with scope.inside(territory), transaction.atomic():
        row = Territory.objects.select_for_update().get(pk=territory.pk)
        yield row
    territory.safeguards = row.safeguards


def _write(row: Territory, by: Person | None, payload: dict[str, object]) -> None:
    row.save(update_fields=["safeguards"])
    ledger.append(row, "territory.safeguard", by, f"territory:{row.pk}", payload)
