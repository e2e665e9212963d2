"""Long work: enqueue, run, report progress, take again what a dead worker left.

A room registers a kind of job with the function that does it. A job runs at least once; its function must
take effect once (services that write carry the job's key as their act). The function's French `JobError`
reaches the person who asked.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.tasks import task
from django.utils import timezone

from . import scope
from .models import Job, Person, Territory

logger = logging.getLogger(__name__)
STALE_AFTER = timedelta(minutes=3)
MOST_ATTEMPTS = 3


class JobError(Exception):
    """A failure told to a person: French, what happened, what is kept, what to do."""


@dataclass
class Progress:
    """What a job's function is given: its row, and a way to say how far it is (a sign of life too)."""

    job: Job

    def say(self, percent: float, message: str) -> None:
        self.job.percent = max(0, min(100, int(percent)))
        self.job.message = message[:500]
        self.job.beat_at = timezone.now()
        self.job.save(update_fields=["percent", "message", "beat_at"])


type Work = Callable[[Progress], str]  # returns the path where the result is seen
_kinds: dict[str, Work] = {}


def register(kind: str, work: Work) -> None:
    _kinds[kind] = work


def start(
    territory: Territory,
    kind: str,
    *,
    key: str,
    label: str,
    person: Person | None,
    arguments: dict[str, Any] | None = None,
) -> Job:
    """Enqueue the job once: the same key gives the same job."""
    if kind not in _kinds:
        raise KeyError(kind)
    with transaction.atomic():
        job, created = Job.objects.get_or_create(
            key=key,
            defaults={
                "territory": territory,
                "kind": kind,
                "label": label,
                "arguments": arguments or {},
                "started_by": person,
            },
        )
        if created:
            transaction.on_commit(lambda: run_job.enqueue(job.pk))
    return job


def run(job: Job) -> Job:
    """Do the work here and now, unless it is done already."""
    with transaction.atomic():
        job.refresh_from_db()
        if job.finished:
            return job
        job.state, job.beat_at = Job.State.RUNNING, timezone.now()
        job.attempts += 1
        job.save(update_fields=["state", "beat_at", "attempts"])
    try:
        job.location = _kinds[job.kind](Progress(job))
        job.state, job.percent = Job.State.DONE, 100
    except JobError as error:
        job.state, job.message = Job.State.FAILED, str(error)[:500]
    except Exception:
        logger.exception("job %s failed", job.key)
        job.state = Job.State.FAILED
        job.message = (
            "Une erreur inattendue a arrêté ce travail. Rien n'a été perdu : vos données sont comme avant. "
            f"Réessayez, puis signalez la référence {job.pk} à votre administrateur."
        )
    job.beat_at = timezone.now()
    job.save(update_fields=["state", "percent", "message", "location", "beat_at"])
    return job


@task()
def run_job(pk: int) -> None:
    with scope.nowhere():
        with scope.host():
            job = Job.objects.select_related("territory").filter(pk=pk).first()
        if job is not None:
            with scope.inside(job.territory):
                run(job)


def take_again_stale() -> int:
    """Enqueue again what a dead worker left; give up, saying so, after a few attempts."""
    count = 0
    stale = models.Q(state=Job.State.RUNNING, beat_at__lt=timezone.now() - STALE_AFTER)
    with scope.host():
        found = list(Job.objects.filter(stale).select_related("territory"))
    for job in found:
        with scope.inside(job.territory):
            count += _take_again(job)
    return count


def _take_again(job: Job) -> bool:
    if job.attempts >= MOST_ATTEMPTS:
        job.state = Job.State.FAILED
        job.message = (
            "Ce travail s'est arrêté plusieurs fois sans finir. Vos données sont comme avant. Réessayez."
        )
        job.save(update_fields=["state", "message"])
        return False
    job.state, job.beat_at = Job.State.WAITING, timezone.now()
    job.save(update_fields=["state", "beat_at"])
    run_job.enqueue(job.pk)
    return True
