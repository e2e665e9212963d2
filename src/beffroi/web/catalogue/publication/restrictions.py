"""Restrictions that come after a publication: they close it at once, and only a decision opens the dataset again.

In: a territory where something changed: a system that asks for closed inputs, a file that shows that published columns are about
people. Out: publications closed with their reason, one line of the ledger each, and a message to who published and to the DPO.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from beffroi.lake.protections import rule_of
from beffroi.recipes.french import join_words
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, people_who_may
from beffroi.web.public_address import absolute
from beffroi.web.tenancy import notifications

from ..models import Dataset
from ..planning.matching import stem
from ..signals import withdrawn
from . import authorisations
from .models import PublicationRequest

TOPIC: Final = "publications"
RECENT: Final = timedelta(days=30)


type Restriction = Callable[[Dataset], str]
"""Why a dataset may not be published, in French; empty where it may."""
_restrictions: list[Restriction] = []


def register(why: Restriction) -> None:
    """A room that knows why some dataset must stay closed, whatever its columns say, registers it here."""
    if why not in _restrictions:
        _restrictions.append(why)


def restriction_of(dataset: Dataset) -> str:
    """The first reason, in French, that keeps this dataset closed; empty where there is none."""
    return next((found for why in _restrictions if (found := why(dataset))), "")


def protection_reason(dataset: Dataset) -> str:
    """What its card says that its groups count, as the reason to keep its rows closed."""
    return f"Sa fiche dit qu'il compte {rule_of(dataset.protects, timezone.localdate()).label}."


def close(dataset: Dataset, person: Person | None, reason: str) -> None:
    """Close this publication for this reason, and say so to who published it and to the DPO."""
    with transaction.atomic():
        request = authorisations.open_request(dataset)
        authorisations.close(dataset, person, reason, restricted=True)
        publishers = (dataset.published_by or dataset.owner, request.requested_by if request else None)
        advisers = people_who_may(authorisations.ADVISE, dataset.territory)
        transaction.on_commit(partial(_announce, dataset.territory, {*filter(None, publishers), *advisers}))
    withdrawn.send(Dataset, dataset=dataset)


def close_restricted(territory: Territory, person: Person | None = None) -> None:
    """Close the published datasets that something restricts today. `person`: whose act brought the restriction."""
    for dataset in _published(territory):
        if reason := restriction_of(dataset):
            close(dataset, person, reason)


def close_all_restricted() -> None:
    """The same in every territory: a system that was upgraded may ask more than before."""
    for territory in Territory.objects.order_by("pk"):
        with scope.inside(territory):
            close_restricted(territory)


def close_flagged(
    territory: Territory, person: Person, flagged: Collection[str], *, origin: str, chosen: str | None
) -> None:
    """Close the published datasets whose next file shows that their columns are about people.

    `flagged`: the columns about people of a file named `origin`, poured into the dataset `chosen` or into a new one.
    """
    if not flagged:
        return
    for dataset in _published(territory).filter(sensitivity=Dataset.Sensitivity.ORDINARY, restricted_at=None):
        current = dataset.current
        if current is None or (dataset.slug != chosen and stem(current.file) != stem(origin)):
            continue
        about_people = [column["label"] for column in current.columns if column["name"] in flagged]
        if about_people:
            names = join_words([f"« {label} »" for label in about_people], "et")
            close(dataset, person, f"Un nouveau fichier y montre des données sur des personnes : {names}.")


def recently_closed(person: Person, territory: Territory) -> QuerySet[Dataset]:
    """The publications that restrictions closed lately, and that this person published or advises on."""
    found = Dataset.objects.of(territory).filter(
        restricted_at__gte=timezone.now() - RECENT, published_at=None
    )
    if may(person, authorisations.ADVISE, territory):
        return found
    requests = PublicationRequest.objects.of(territory).filter(requested_by=person)
    published = Q(published_by=person) | Q(published_by=None, owner=person)  # nobody: before it was recorded
    return found.filter(published | Q(pk__in=requests.values("dataset")))


def _published(territory: Territory) -> QuerySet[Dataset]:
    return authorisations.published_datasets(territory).select_related("territory", "published_by", "owner")


def _announce(territory: Territory, people: Collection[Person]) -> None:
    address = absolute(reverse("publications", args=[territory.slug]))
    text = (
        f"{territory.name} : la publication d'un jeu de données s'est fermée d'elle-même. Le public ne le lit plus.\n\n"
        f"Lequel et pourquoi : {address}\n"
    )
    for person in people:
        notifications.write_at_once(person, territory, TOPIC, "Une publication s'est fermée", text)
