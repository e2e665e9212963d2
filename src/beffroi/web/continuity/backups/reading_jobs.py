"""Jobs that read copies: « Essayer maintenant », and by the clock each copy whose turn has come."""

import logging
from typing import Final

from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import feature_switches, jobs, scope
from beffroi.web.platform.jobs import JobError, Progress, TooManyJobs
from beffroi.web.platform.models import Territory

from ..models import BackupCopy
from . import proving, staleness
from .reading.readable_repository import Unreachable
from .services import JOB, last_job

logger = logging.getLogger(__name__)
AT_ONCE: Final = 20
"""Copies of one territory that are read in one turn of the clock."""


def _run(progress: Progress) -> str:
    territory = progress.job.territory
    copy = (
        BackupCopy.objects.of(territory)
        .select_related("entry", "territory")
        .filter(pk=progress.job.arguments["copy"], withdrawn_at=None)
        .first()
    )
    if copy is None or not copy.is_readable:
        raise JobError("Cette copie n'est plus suivie ici. Rien n'a été lu.")
    person = progress.job.started_by
    try:
        proving.look(copy, by=person, report_progress=progress.report)
    except Unreachable as error:
        if person is not None:
            raise JobError(str(error)) from error
    staleness.refresh(territory)
    return reverse("backup-copy", args=[territory.slug, copy.pk])


def register() -> None:
    jobs.register(JOB, _run)


def start_due() -> int:
    """Find what is too old, and start a job for each copy that is due; how many were started."""
    with scope.host():
        places = set(
            BackupCopy.objects.filter(withdrawn_at=None).values_list("territory", flat=True).distinct()
        )
    count = 0
    for territory in Territory.objects.filter(pk__in=places, suspended_at=None):
        if not feature_switches.is_open(territory, "continuity"):
            continue
        with scope.inside(territory):
            staleness.refresh(territory)
            count += _start(territory)
    return count


def _start(territory: Territory) -> int:
    due = BackupCopy.objects.of(territory).filter(
        withdrawn_at=None, entry__removed_at=None, kind__in=BackupCopy.READABLE, next_at__lte=timezone.now()
    )
    count = 0
    for copy in due.order_by("next_at")[:AT_ONCE]:
        running = last_job(copy)
        if running is not None and not running.finished:
            continue
        key = f"{JOB}:{copy.pk}:{timezone.now():%Y%m%d%H%M}"
        try:
            jobs.start(
                territory,
                JOB,
                key=key,
                label=f"Lecture de « {copy} »"[:200],
                person=None,
                arguments={"copy": copy.pk},
            )
        except TooManyJobs:
            logger.warning("%s has too many jobs: its backups wait", territory.slug)
            return count
        BackupCopy.objects.of(territory).filter(pk=copy.pk).update(
            job_key=key, next_at=timezone.now() + proving.TRY_AGAIN
        )
        count += 1
    return count
