"""Authorisations in force: whether the public may read a dataset, and which of its columns. Every public read asks here.

In: a dataset, or a territory. Out: the datasets that are public, the request that opens one. A dataset about people, or that a
restriction closed, is not public without an authorisation in force, whatever its columns are called and its row says.
"""

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory

from ..models import Dataset, Snapshot
from .models import PublicationRequest

Ground, Outcome = PublicationRequest.Ground, PublicationRequest.Outcome
ADVISE, DECIDE, PUBLISH = "publication.advise", "publication.decide", "dataset.publish"
"""The acts of each step: the DPO's, the controller's (the elected person, or who holds their delegation), the requester's."""
_OPENS = Q(outcome=Outcome.AUTHORISED, ended_at=None)


def published_datasets(territory: Territory) -> QuerySet[Dataset]:
    """The datasets of a territory that the public may read."""
    # What an analysis no longer computes may receive rows that no disclosure control has seen.
    authorised = PublicationRequest.objects.of(territory).filter(
        _OPENS, ~Q(ground=Ground.ANONYMISED) | Q(dataset__computed=True), dataset=OuterRef("pk")
    )
    return (
        Dataset.objects.of(territory)
        .exclude(published_at=None)
        .filter(Q(sensitivity=Dataset.Sensitivity.ORDINARY, restricted_at=None) | Exists(authorised))
    )


def open_request(dataset: Dataset) -> PublicationRequest | None:
    """The request that has not ended: waiting, or authorised."""
    return PublicationRequest.objects.of(dataset.territory).filter(dataset=dataset, ended_at=None).first()


def authorisation(dataset: Dataset) -> PublicationRequest | None:
    """The authorisation in force of a dataset that opens by a decision, None without one."""
    found = open_request(dataset)
    if found is None or found.outcome != Outcome.AUTHORISED:
        return None
    return found if found.ground != Ground.ANONYMISED or dataset.computed else None


def is_public(dataset: Dataset) -> bool:
    """Whether the public may read this dataset today."""
    if dataset.published_at is None:
        return False
    return not dataset.opens_by_decision or authorisation(dataset) is not None


def public_columns(dataset: Dataset, snapshot: Snapshot, personal: frozenset[str]) -> frozenset[str]:
    """The columns that the public may read; `personal`: those about people. Where a decision opens, those authorised by name."""
    known = frozenset(column["name"] for column in snapshot.columns)
    if not dataset.opens_by_decision:
        return known - personal
    found = authorisation(dataset)
    return known & frozenset(found.columns) if found is not None else frozenset()


type DisclosureControl = Callable[[Dataset], str]
"""The analysis, with its version, whose released result this dataset is, its protected groups controlled; empty for rows."""
_controls: list[DisclosureControl] = []


def register_disclosure_control(control: DisclosureControl) -> None:
    if control not in _controls:
        _controls.append(control)


def anonymising_analysis(dataset: Dataset) -> str:
    """The analysis that makes this dataset anonymous, with its version; empty where none does."""
    return next((found for control in _controls if (found := control(dataset))), "")


def may_be_lifted(dataset: Dataset) -> bool:
    """Whether it is closed by a restriction alone, which may have gone: data about people have their own grounds."""
    return dataset.sensitivity == Dataset.Sensitivity.ORDINARY and dataset.restricted_at is not None


def close(dataset: Dataset, person: Person | None, reason: str, *, restricted: bool = False) -> bool:
    """Close the publication of a dataset and end its authorisation; whether there was one. The caller opens the transaction.

    `restricted`: something forbids it from now on, and only a decision opens it again.
    """
    request = open_request(dataset)
    if request is not None and request.outcome:
        end(request, person, reason)
    if dataset.published_at is None:
        return False
    dataset.published_at = None
    if restricted:
        dataset.restricted_at, dataset.restricted_reason = timezone.now(), reason[:500]
    dataset.save(update_fields=["published_at", "restricted_at", "restricted_reason"])
    details = {"restricted": True} if restricted else {}
    ledger.append(dataset.territory, "dataset.unpublish", person, f"dataset:{dataset.pk}", details)
    return True


def end(request: PublicationRequest, person: Person | None, reason: str) -> None:
    """End a request or an authorisation: one line of the ledger."""
    request.ended_at, request.ended_by, request.end_reason = timezone.now(), person, reason
    request.save(update_fields=["ended_at", "ended_by", "end_reason"])
    details = {"request": request.pk, "authorised": bool(request.outcome)}
    ledger.append(request.territory, "publication.withdraw", person, f"dataset:{request.dataset_id}", details)


def close_uncovered(dataset: Dataset) -> None:
    """Close what the decision does not cover once rows arrive: people who gave no consent, an analysis that changed."""
    if not dataset.opens_by_decision:
        return
    found = authorisation(dataset)
    if found is None:
        return
    if found.ground == Ground.CONSENT:
        close(dataset, None, "Un nouveau fichier est arrivé : l'accord des personnes ne le couvre pas.")
    elif found.ground == Ground.ANONYMISED and anonymising_analysis(dataset) != found.evidence:
        close(dataset, None, "L'analyse a changé depuis la décision.")


def waiting(territory: Territory, *, advised: bool) -> QuerySet[PublicationRequest]:
    """Requests that wait for a decision (`advised`), or for the DPO's opinion; the oldest first."""
    rows = PublicationRequest.objects.of(territory).filter(ended_at=None, outcome="")
    rows = rows.exclude(opinion="") if advised else rows.filter(opinion="")
    return rows.select_related("dataset", "requested_by").order_by("requested_at", "pk")
