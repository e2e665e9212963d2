"""Jobs on a territory's home: those that failed, to who can start them again; those of this person that still run."""

from datetime import timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import may

TOPIC: Final = "jobs"
RECENT: Final = timedelta(days=7)
"""A failure that nobody looked at for so long is no longer announced; the job stays."""


def unfinished_jobs(person: Person, territory: Territory) -> QuerySet[Job]:
    """Those that this person started, the newest first; what the instance does by itself is not theirs."""
    active = [Job.State.WAITING, Job.State.RUNNING]
    return Job.objects.of(territory).filter(started_by=person, state__in=active)


def failed_jobs_card(person: Person, territory: Territory) -> HomeCard | None:
    """The jobs that failed: one's own, and to who manages data those that started by themselves."""
    whose = Q(started_by=person)
    if may(person, "dataset.manage", territory):
        whose |= Q(started_by=None)
    since = timezone.now() - RECENT
    failed = list(Job.objects.of(territory).filter(whose, state=Job.State.FAILED, created_at__gte=since)[:20])
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
