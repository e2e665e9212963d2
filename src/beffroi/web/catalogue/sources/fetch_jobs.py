"""Jobs that fetch a source, started by a person or by the clock.

One at a time a source: requested twice, it is the same one. A fetch whose worker died for good is closed as a failure.
"""

import logging
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.lake.errors import LakeError
from beffroi.web.platform import feature_switches, jobs, ledger, scope
from beffroi.web.platform.jobs import DATABASE_LOST, JobError, Progress, Superseded, TooManyJobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import may, require

from ..errors import CatalogueError
from ..models import Delivery, Fetch, Source
from . import fetching, owner_mail, source_state

logger = logging.getLogger(__name__)
FETCH: Final = "catalogue.fetch"


def may_fetch(person: object, source: Source) -> bool:
    own = source.owner_id is not None and getattr(person, "pk", None) == source.owner_id
    return may(person, "dataset.deposit" if own else "source.manage", source)


def request_fetch(source: Source, person: Person) -> Job:
    """« Relever maintenant »: by who manages sources, or its owner. Raises PermissionDenied, CatalogueError."""
    require(person, "dataset.deposit" if source.owner_id == person.pk else "source.manage", source)
    return _request(source, person)


def request_fetch_by_host(source: Source) -> Job:
    """The same from the command line, by who holds the machine. Raises CatalogueError."""
    return _request(source, None)


def _request(source: Source, person: Person | None) -> Job:
    if source.expected:
        raise CatalogueError(
            "Rien n'est à relever : ce fichier est remis par quelqu'un. Déposez-le quand il arrive."
        )
    if source_state.waits(source) is not None:
        raise CatalogueError(
            "Une livraison de cette source attend votre confirmation. Versez-la ou abandonnez-la, puis relevez."
        )
    with transaction.atomic():
        job, new = _start(source, person)
        if new:
            ledger.append(source.territory, "source.fetch", person, f"source:{source.pk}", {})
    return job


def deposited(source: Source, delivery: Delivery, person: Person) -> Job:
    """A file was handed over for this source: it is read, and poured when nothing is in doubt."""
    with transaction.atomic():
        fetch = _new(
            source, person, delivery=delivery, by_hand=True, sha256=delivery.sha256, size=delivery.size
        )
        return _job(fetch, person, f"Lecture de « {delivery.file_name} »")


def _start(source: Source, person: Person | None) -> tuple[Job, bool]:
    """The fetch that runs, or a new one."""
    Source.objects.select_for_update().get(pk=source.pk)
    for running in source.fetches.filter(state=Fetch.State.RUNNING, by_hand=False):
        job = Job.objects.of(source.territory).filter(key=running.job_key).first()
        if job is not None and not job.finished:
            return job, False
        _close_dead(running, job)
        if job is not None and person is None:
            return job, False  # the clock comes again after a pause
    fetch = _new(source, person)
    return _job(fetch, person or source.owner, f"Relève de « {source.title} »"), True


def _close_dead(fetch: Fetch, job: Job | None) -> None:
    """Its worker died too often, or a person gave it up before it began."""
    if job is not None and job.state == Job.State.CANCELLED:
        fetch.source.next_at = fetch.source.schedule.next_after(timezone.now())
        fetch.source.save(update_fields=["next_at"])
        source_state.close(
            fetch, Fetch.State.CANCELLED, "Une personne a abandonné cette relève avant qu'elle commence."
        )
    else:
        fetching.fail(fetch, fetching.UNEXPECTED)


def _new(source: Source, person: Person | None, **more: object) -> Fetch:
    fetch: Fetch = Fetch.objects.create(
        territory=source.territory, source=source, requested_by=person, since=source.cursor, **more
    )
    fetch.job_key = f"{FETCH}:{fetch.pk}"
    fetch.save(update_fields=["job_key"])
    return fetch


def _job(fetch: Fetch, person: Person | None, label: str) -> Job:
    return jobs.start(
        fetch.territory,
        FETCH,
        key=fetch.job_key,
        label=label[:200],
        person=person,
        arguments={"fetch": fetch.pk},
    )


def _fetch(progress: Progress) -> str:
    related = ("source__territory", "source__owner", "source__dataset", "delivery__by", "delivery__territory")
    fetches = Fetch.objects.of(progress.job.territory).select_related("territory", *related)
    fetch = fetches.filter(pk=progress.job.arguments["fetch"]).first()
    if fetch is None:
        raise JobError("Cette source n'est pas dans cet espace, ou elle a été supprimée. Rien n'a changé.")
    try:
        fetching.run_fetch(fetch, progress.report)
    except (CatalogueError, LakeError, PermissionDenied) as error:
        raise JobError(str(error)) from error
    except (Superseded, *DATABASE_LOST):
        raise
    except Exception:
        fetching.fail(fetch, fetching.UNEXPECTED)
        raise
    if fetch.state == Fetch.State.WAITING and fetch.delivery is not None:
        return reverse("delivery", args=[fetch.territory.slug, fetch.delivery.pk])
    return reverse("source", args=[fetch.territory.slug, fetch.source_id])


def register() -> None:
    jobs.register(FETCH, _fetch)


# The clock


def start_due() -> int:
    """Start what is due in every territory, one fetch a source; how many were started."""
    now = timezone.now()
    with scope.host():
        due = list(
            Source.objects.filter(state=Source.State.ACTIVE, next_at__lte=now)
            .order_by("next_at")
            .values_list("territory", "pk")
        )
    count = 0
    for territory in Territory.objects.filter(pk__in={place for place, _ in due}):
        if territory.suspended_at is not None or not feature_switches.is_open(territory, "catalogue"):
            continue
        with scope.inside(territory):
            try:
                count += sum(_start_one(territory, pk) for place, pk in due if place == territory.pk)
            except TooManyJobs:
                logger.warning("%s has too many jobs: its sources wait", territory.slug)
    return count


def _start_one(territory: Territory, pk: int) -> bool:
    source = Source.objects.of(territory).select_related("territory", "owner").filter(pk=pk).first()
    if source is None or source_state.waits(source) is not None:
        return False
    with transaction.atomic():
        return _start(source, None)[1]


def notify_late() -> int:
    """Notify the owners of what has become late, once a deadline; returns how many."""
    today = timezone.localdate()
    with scope.host():
        late = [
            s
            for s in Source.objects.filter(due_on__lt=today)
            if s.days_late(today) and s.notified_due_on != s.due_on
        ]
    for territory in Territory.objects.filter(pk__in={source.territory_id for source in late}):
        with scope.inside(territory):
            keys = [source.pk for source in late if source.territory_id == territory.pk]
            for source in (
                Source.objects.of(territory).select_related("territory", "owner").filter(pk__in=keys)
            ):
                _notify_late(source)
    return len(late)


def _notify_late(source: Source) -> None:
    days, due = source.days_late(), source.due_on
    if due is None:
        return
    source.notified_due_on = due
    source.save(update_fields=["notified_due_on"])
    who = f"{source.debtor} devait la remettre" if source.debtor else "Elle était attendue"
    reference = " ".join(filter(None, (source.contract, source.article)))
    owner_mail.notify_owner(
        source,
        f"« {source.title} » : livraison en retard de {days} jour{'s' if days > 1 else ''}",
        f"{who} le {due:%d/%m/%Y}{f' ({reference})' if reference else ''}. Rien de nouveau n'est arrivé depuis.",
    )
