"""Jobs on a territory's home: those that failed, to who can start them again; those of this person that still run."""

from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import may

TOPIC: Final = "jobs"
RECENT: Final = timedelta(days=7)
"""A failure that nobody looked at for so long is no longer announced; the job stays."""
MOST: Final = 50


@cached_read
def _open_jobs(person: Person, territory: Territory) -> list[Job]:
    """Those that run or wait, and those that failed lately: this person's own and those that started by themselves."""
    active = Q(state__in=[Job.State.WAITING, Job.State.RUNNING])
    failed = Q(state=Job.State.FAILED, created_at__gte=timezone.now() - RECENT)
    whose = Q(started_by=person) | Q(started_by=None)
    return list(Job.objects.of(territory).filter(whose, active | failed)[:MOST])


def unfinished_jobs(person: Person, territory: Territory) -> list[Job]:
    """Those that this person started, the newest first; what the instance does by itself is not theirs."""
    jobs = _open_jobs(person, territory)
    return [job for job in jobs if job.started_by_id == person.pk and not job.finished]


def failed_jobs_card(person: Person, territory: Territory) -> HomeCard | None:
    """The jobs that failed: one's own, and to who manages data those that started by themselves."""
    manages = may(person, "dataset.manage", territory)
    failed = [
        job
        for job in _open_jobs(person, territory)
        if job.state == Job.State.FAILED and (manages or job.started_by_id == person.pk)
    ]
    if not failed:
        return None
    last = failed[0]
    message = f" {last.message}" if last.message else ""
    return HomeCard(
        title="Travaux en échec" if len(failed) > 1 else "Travail en échec",
        text=f"«\N{NO-BREAK SPACE}{last.label}\N{NO-BREAK SPACE}» a échoué.{message}",
        url=reverse("job", args=[territory.slug, last.pk]),
        count=len(failed),
        order=15,
        section=Section.TO_DO,
        topic=TOPIC,
    )
