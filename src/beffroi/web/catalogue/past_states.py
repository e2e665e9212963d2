"""State of a dataset selected by the address: a delivery's number, a day, or what is in force.

In: a dataset and the words of the address (`version`, `au`). Out: the snapshot to read, or a French refusal. A delivery
that was undone since is never read again: what is shown of a day is what still stands of it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils import timezone

from beffroi.web.ui.formats import french_date

from .errors import CatalogueError
from .models import Dataset, Snapshot

VERSION, DAY = "version", "au"
_LONGEST: Final = 9  # figures of a delivery's number


class NoSuchState(CatalogueError):
    """No delivery answers to that number or day."""


@dataclass(frozen=True)
class State:
    """`snapshot`: what is read, None for an empty dataset. `past`: it is not what is in force. `day`: the one asked for."""

    snapshot: Snapshot | None
    past: bool = False
    day: date | None = None


def state_of(dataset: Dataset, version: str = "", day: str = "") -> State:
    """What these words of an address ask for; without any, what is in force. Raises NoSuchState."""
    if not version and not day:
        return State(dataset.current)
    in_force = list(dataset.snapshots.filter(state=Snapshot.State.DONE).order_by("number"))
    current = in_force[-1] if in_force else None
    if version:
        found = _numbered(dataset, in_force, version)
        return State(found, past=found != current)
    wanted = _day(day)
    found = _of_day(dataset, in_force, wanted)
    return State(found, past=found != current, day=wanted)


def before(snapshot: Snapshot) -> Snapshot | None:
    """The delivery that was in force before this one."""
    done = snapshot.dataset.snapshots.filter(state=Snapshot.State.DONE, number__lt=snapshot.number)
    return done.order_by("-number").first()


def _numbered(dataset: Dataset, in_force: list[Snapshot], version: str) -> Snapshot:
    number = int(version) if version.isdecimal() and len(version) <= _LONGEST else 0
    found = next((snapshot for snapshot in in_force if snapshot.number == number), None)
    if found is not None:
        return found
    if dataset.snapshots.filter(number=number).exists():
        raise NoSuchState(
            f"La livraison n° {number} de « {dataset.title} » a été annulée : son état ne se lit plus. Choisissez-en une "
            "autre dans la liste des livraisons."
        )
    raise NoSuchState(
        f"« {dataset.title} » n'a pas de livraison n° {version[:_LONGEST]}. Choisissez-en une dans la liste des livraisons."
    )


def _day(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise NoSuchState(
            f"« {day[:30]} » n'est pas une date. Écrivez-la ainsi : 2026-03-31 (année, mois, jour)."
        ) from None


def _of_day(dataset: Dataset, in_force: list[Snapshot], day: date) -> Snapshot:
    """The last delivery poured by the end of that day."""
    if not in_force:
        raise NoSuchState(
            f"« {dataset.title} » n'a encore aucune livraison en vigueur. Déposez un fichier pour commencer."
        )
    poured = [snapshot for snapshot in in_force if timezone.localdate(snapshot.at) <= day]
    if not poured:
        first = in_force[0]
        raise NoSuchState(
            f"« {dataset.title} » n'existait pas encore le {french_date(day)} : sa première livraison date du "
            f"{french_date(first.at, hour=False)}. Choisissez cette date ou une date plus récente."
        )
    return poured[-1]
