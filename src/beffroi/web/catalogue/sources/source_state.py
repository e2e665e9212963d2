"""State of a source: what its deliveries became, what is still owed, what must wait for a person.

Follows the catalogue's signals: a delivery poured, cancelled or undone, whoever did it. A cursor moves in the very transaction
that marks a delivery poured: killed before it, the source is read again from the same place.
"""

from datetime import date
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from ..models import Dataset, Delivery, Fetch, Snapshot, Source
from ..signals import delivery_cancelled, poured, withdrawn
from .promises import Deadline, calendar_of, next_due

UNDONE_NOTE = "Sa dernière livraison a été annulée : la source attend que vous la remettiez en service."


def arrivals(source: Source) -> list[date]:
    """The days on which something new came, poured or waiting for a confirmation."""
    came = source.fetches.filter(state__in=Fetch.ARRIVED).order_by("at")
    return [timezone.localdate(at) for at in came.values_list("at", flat=True)]


def since(source: Source) -> date:
    return source.clause_since or timezone.localdate(source.created_at)


def deadlines(source: Source) -> list[Deadline]:
    """The calendar of what is owed, up to the next deadline."""
    return calendar_of(source.promise, arrivals(source), since(source), timezone.localdate())


def refresh(source: Source) -> None:
    """Work out again what is owed and when something last came."""
    last = source.fetches.filter(state__in=Fetch.ARRIVED).order_by("-at").first()
    source.arrived_at = last.at if last else None
    source.due_on = next_due(source.promise, arrivals(source), since(source), timezone.localdate())
    source.save(update_fields=["arrived_at", "due_on"])


def waits(source: Source) -> Fetch | None:
    """What came and waits for a person: until then the source is not read further."""
    waiting: Fetch | None = (
        source.fetches.filter(state=Fetch.State.WAITING).select_related("delivery").first()
    )
    return waiting


def close(fetch: Fetch, state: str, message: str = "", **more: Any) -> None:
    """How an attempt ended."""
    fetch.state, fetch.message, fetch.ended_at = state, message, timezone.now()
    for name, value in more.items():
        setattr(fetch, name, value)
    fetch.save()


@receiver(poured)
def note_poured(sender: Any, delivery: Delivery, **_: Any) -> None:
    """A delivery is wholly in the lake: its source goes on from there. One deposited by hand counts for who owes it."""
    done = Snapshot.objects.of(delivery.territory).filter(delivery=delivery, state=Snapshot.State.DONE)
    datasets = list(dict.fromkeys(done.order_by("pk").values_list("dataset", flat=True)))
    fetch = Fetch.objects.of(delivery.territory).filter(delivery=delivery).select_related("source").first()
    if fetch is None:
        for source in Source.objects.of(delivery.territory).filter(dataset__in=datasets):
            Fetch.objects.create(
                territory=delivery.territory,
                source=source,
                state=Fetch.State.POURED,
                delivery=delivery,
                by_hand=True,
                requested_by=delivery.by,
                sha256=delivery.sha256,
                size=delivery.size,
                rows=sum(done.filter(dataset=source.dataset).values_list("rows_stored", flat=True)),
                at=delivery.at,
                ended_at=timezone.now(),
            )
            refresh(source)
        return
    source = fetch.source
    close(fetch, Fetch.State.POURED, rows=sum(done.values_list("rows_stored", flat=True)))
    if fetch.cursor:
        source.cursor = fetch.cursor
    if source.dataset_id is None and datasets:
        source.dataset_id, source.dataset_title = datasets[0], ""
    source.save(update_fields=["cursor", "dataset", "dataset_title"])
    refresh(source)


@receiver(delivery_cancelled)
def note_cancelled(sender: Any, delivery: Delivery, **_: Any) -> None:
    for fetch in _of(delivery):
        if fetch.state in (Fetch.State.RUNNING, Fetch.State.WAITING, Fetch.State.REFUSED):
            close(fetch, Fetch.State.CANCELLED, "Une personne a abandonné cette livraison.")
            refresh(fetch.source)


def _of(delivery: Delivery) -> list[Fetch]:
    return list(Fetch.objects.of(delivery.territory).filter(delivery=delivery).select_related("source"))


@receiver(withdrawn)
def note_undone(sender: Any, dataset: Dataset, **_: Any) -> None:
    for source in Source.objects.of(dataset.territory).filter(dataset=dataset):
        settle(source)


def settle(source: Source) -> None:
    """An undone delivery is no arrival any more, and is not fetched again automatically: the source is paused."""
    changed = False
    for fetch in source.fetches.filter(state=Fetch.State.POURED).select_related("delivery"):
        if fetch.delivery is None or fetch.delivery.state == Delivery.State.DONE:
            continue
        if fetch.delivery.snapshots.filter(state=Snapshot.State.DONE).exists():
            continue
        close(fetch, Fetch.State.UNDONE, "Cette livraison a été annulée.")
        changed = True
        if not fetch.by_hand:
            source.cursor = fetch.since
            source.state, source.next_at, source.note = Source.State.PAUSED, None, UNDONE_NOTE
    if changed:
        source.save(update_fields=["cursor", "state", "next_at", "note"])
        refresh(source)
