"""Undo of the latest delivery of a dataset: the table is again what it was before; the file stays and may be poured again."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may

from ..errors import CatalogueError
from ..lake_access import one_writer, open_lake
from ..models import Snapshot
from .lake_commits import close_undo, previous_snapshot, recover_interrupted, undo_in_lake


def may_undo(person: object, snapshot: Snapshot) -> bool:
    """Who keeps the datasets, and whoever poured this delivery and may still deposit; nobody what an analysis computes."""
    if snapshot.dataset.computed:
        return False
    own = snapshot.by is not None and snapshot.by == person
    return may(person, "dataset.manage", snapshot) or (own and may(person, "dataset.deposit", snapshot))


def undo(snapshot: Snapshot, person: Person) -> None:
    """Put the dataset back as it was before this delivery, which must be its latest. Raises CatalogueError."""
    if not may_undo(person, snapshot):
        raise PermissionDenied("Vous ne pouvez annuler que vos propres livraisons.")
    with one_writer(snapshot.territory):
        recover_interrupted(snapshot.territory)
        snapshot.refresh_from_db()
        dataset = snapshot.dataset
        if snapshot.state != Snapshot.State.DONE:
            raise CatalogueError(f"La livraison n° {snapshot.number} est déjà annulée. Rien n'a changé.")
        latest = dataset.current
        if latest != snapshot:
            number = latest.number if latest else "?"
            raise CatalogueError(
                f"Seule la dernière livraison d'un jeu peut être annulée : pour « {dataset.title} », c'est la n° {number}. "
                "Rien n'a changé. Annulez d'abord les plus récentes, une à une."
            )
        previous = previous_snapshot(snapshot)
        if previous is not None and previous.cut_at is not None:
            raise CatalogueError(
                f"La livraison n° {snapshot.number} ne peut plus être annulée : l'état d'avant n'est plus conservé, sa durée "
                "de conservation est passée. Rien n'a changé. Déposez un fichier corrigé, qui remplacera le contenu du jeu."
            )
        intend_undo(snapshot)
        with open_lake(dataset) as lake:
            try:
                undo_in_lake(snapshot, lake)
            except OutcomeUnknown as error:
                raise CatalogueError(str(error)) from error
            except LakeError as error:
                snapshot.state = Snapshot.State.DONE
                snapshot.save(update_fields=["state"])
                raise CatalogueError(
                    f"La livraison n° {snapshot.number} n'a pas pu être annulée : l'état d'avant n'est plus conservé. "
                    f"Rien n'a changé. {error}"
                ) from error
        close_undo(snapshot, person)


def intend_undo(snapshot: Snapshot) -> None:
    """From now on readers see the delivery before; a crash here is finished at the next start."""
    with transaction.atomic():
        snapshot.state = Snapshot.State.UNDOING
        snapshot.save(update_fields=["state"])
