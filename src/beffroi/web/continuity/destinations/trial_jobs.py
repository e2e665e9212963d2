"""Trials of destinations, as jobs: asked by a person, or by the clock once a month."""

from typing import Final

from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import feature_switches, jobs, scope
from beffroi.web.platform.jobs import JobError, Progress, TooManyJobs
from beffroi.web.platform.models import Job, Person, Territory

from ..models import Destination
from . import services
from .errors import DestinationError

KIND: Final = "continuity.trial"


def start(destination: Destination, person: Person | None) -> Job:
    """Ask for a trial; asked twice within a minute, it is one. Raises DestinationError, TooManyJobs."""
    if destination.is_by_hand:
        raise DestinationError("Cette destination se remplit à la main : il n'y a rien à essayer d'ici.")
    return jobs.start(
        destination.territory,
        KIND,
        key=f"{KIND}:{destination.pk}:{timezone.now():%Y%m%d%H%M}",
        label=f"Essai de « {destination} »"[:200],
        person=person,
        arguments={"destination": destination.pk},
        back=reverse("destinations", args=[destination.territory.slug]),
    )


def _run(progress: Progress) -> str:
    territory, person = progress.job.territory, progress.job.started_by
    destination = services.in_use(territory).filter(pk=progress.job.arguments["destination"]).first()
    if destination is None or destination.is_by_hand:
        raise JobError(
            "Cette destination n'est pas déclarée ici, ou elle a été retirée. Rien n'a été essayé."
        )
    progress.report(20, f"« {destination} » est appelée.")
    services.try_out(destination, person)
    return reverse("destination", args=[territory.slug, destination.pk])


def register() -> None:
    jobs.register(KIND, _run)


def start_due() -> int:
    """Ask for the trials that are due; how many. Called by the clock, in no scope."""
    due = {"withdrawn_at": None, "next_trial_at__lte": timezone.now()}
    with scope.host():
        rows = Destination.objects.filter(**due).exclude(kind=Destination.Kind.ZIP)
        places = set(rows.values_list("territory", flat=True))
    count = 0
    for territory in Territory.objects.filter(pk__in=places, suspended_at=None):
        if not feature_switches.is_open(territory, "continuity"):
            continue
        with scope.inside(territory):
            count += sum(_start_once(each) for each in _due_here(territory, due))
    return count


def _due_here(territory: Territory, due: dict[str, object]) -> list[Destination]:
    return list(Destination.objects.of(territory).filter(**due).exclude(kind=Destination.Kind.ZIP))


def _start_once(destination: Destination) -> bool:
    """Unless one waits already."""
    waiting = Job.objects.of(destination.territory).filter(
        kind=KIND,
        arguments={"destination": destination.pk},
        state__in=[Job.State.WAITING, Job.State.RUNNING],
    )
    if waiting.exists():
        return False
    try:
        start(destination, None)
    except TooManyJobs:
        return False
    return True
