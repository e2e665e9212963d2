"""Jobs of the catalogue: reading a delivered file, reading it as corrected, pouring it, the upkeep.

A job shows its progress and runs at least once; pouring takes effect once because its acts are named after the delivery.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from beffroi.lake.errors import LakeError
from beffroi.lake.readers.corrections import Corrections
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import JobError, Progress, periodic_tasks
from beffroi.web.platform.models import Job, Person, Territory

from . import lifecycle
from .errors import CatalogueError
from .lifecycle import Choice
from .models import Delivery

logger = logging.getLogger(__name__)

STAGE, CORRECT, POUR, UPKEEP = "catalogue.stage", "catalogue.correct", "catalogue.pour", "catalogue.upkeep"
REMEMBERED = timedelta(days=7)  # how long the list of jobs shows the upkeeps that are done


def start_stage(delivery: Delivery, person: Person, prefer: str = "") -> Job:
    arguments = {"delivery": delivery.pk, "prefer": prefer}
    return _start(STAGE, delivery, person, f"Lecture de « {delivery.file_name} »", arguments)


def start_correct(
    delivery: Delivery,
    person: Person,
    requested: Mapping[int, Corrections],
    drafts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Job:
    """`requested`: the corrections of each table, by its index; `drafts`: what else was filled in on its page."""
    tables = [
        {"table": index, "said": corrections.to_dict(), "draft": dict((drafts or {}).get(index, {}))}
        for index, corrections in requested.items()
    ]
    label = f"Relecture de « {delivery.file_name} »"
    return _start(CORRECT, delivery, person, label, {"delivery": delivery.pk, "tables": tables})


def start_join(
    delivery: Delivery,
    person: Person,
    wanted: Mapping[int, str],
    drafts: Mapping[int, Mapping[str, Any]],
) -> Job:
    """`wanted`: the dataset (slug) chosen for each table, by its index; `drafts` as for `start_correct`."""
    tables = [
        {"table": index, "dataset": slug, "draft": dict(drafts.get(index, {}))}
        for index, slug in wanted.items()
    ]
    label = f"Comparaison de « {delivery.file_name} » au jeu choisi"
    return _start(CORRECT, delivery, person, label, {"delivery": delivery.pk, "tables": tables})


def start_pour(delivery: Delivery, person: Person, choices: Sequence[Choice]) -> Job:
    arguments = {"delivery": delivery.pk, "choices": [choice.to_dict() for choice in choices]}
    return _start(POUR, delivery, person, f"Versement de « {delivery.file_name} »", arguments)


def _start(kind: str, delivery: Delivery, person: Person, label: str, arguments: dict[str, object]) -> Job:
    """Two clicks on one button make one job; once it has ended, another may start."""
    previous = Job.objects.of(delivery.territory).filter(key__startswith=f"{kind}:{delivery.pk}:")
    running = next((job for job in previous if not job.finished), None)
    if running is not None:
        return running
    return jobs.start(
        delivery.territory,
        kind,
        key=f"{kind}:{delivery.pk}:{previous.count() + 1}",
        label=label[:200],
        person=person,
        arguments=dict(arguments),
        back=reverse("delivery", args=[delivery.territory.slug, delivery.pk]),
    )


def refusals_as_job_errors(work: Callable[[Progress, Delivery], str]) -> jobs.Work:
    """Decorator of a job's function: refusals become the job's error message."""

    def run(progress: Progress) -> str:
        deliveries = Delivery.objects.of(progress.job.territory).select_related("territory", "by")
        delivery = deliveries.filter(pk=progress.job.arguments["delivery"]).first()
        if delivery is None:
            raise JobError(
                "Cette livraison n'est pas dans cet espace. Rien n'a changé. Déposez le fichier à nouveau."
            )
        try:
            return work(progress, delivery)
        except (CatalogueError, LakeError) as error:
            raise JobError(str(error)) from error

    return run


def _stage(progress: Progress, delivery: Delivery) -> str:
    lifecycle.stage(delivery, progress.report, progress.job.arguments.get("prefer", ""))
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


def _correct(progress: Progress, delivery: Delivery) -> str:
    person = progress.job.started_by
    if person is None:
        raise CatalogueError("La personne qui a corrigé cette lecture n'a plus de compte. Rien n'a changé.")
    tables = progress.job.arguments["tables"]
    drafts = {each["table"]: each["draft"] for each in tables}
    wanted = {each["table"]: each["dataset"] for each in tables if "dataset" in each}
    if wanted:
        lifecycle.join_dataset(delivery, person, wanted, progress.report, drafts)
    else:
        requested = {each["table"]: Corrections.from_dict(each["said"]) for each in tables}
        lifecycle.correct(delivery, person, requested, progress.report, drafts)
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


def _pour(progress: Progress, delivery: Delivery) -> str:
    person = progress.job.started_by
    if person is None:
        raise CatalogueError("La personne qui a demandé ce versement n'a plus de compte. Rien n'a été versé.")
    choices = [Choice.from_dict(item) for item in progress.job.arguments["choices"]]
    snapshots = lifecycle.pour(delivery, person, choices, progress.report)
    if len({snapshot.dataset_id for snapshot in snapshots}) == 1:
        there = reverse("dataset", args=[delivery.territory.slug, snapshots[0].dataset.slug])
        return f"{there}?verse={snapshots[0].number}"
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


def start_upkeeps() -> int:
    """Start the day's upkeep of each territory, and delete the finished jobs of last week; returns how many were started. Run by the scheduler."""
    day, count = timezone.localdate(), 0
    with scope.host():
        territories = list(Territory.objects.all())
    for territory in territories:
        with scope.inside(territory):
            old = Job.objects.of(territory).filter(kind=UPKEEP, created_at__lt=timezone.now() - REMEMBERED)
            old.filter(state__in=[Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED]).delete()
            try:
                jobs.start(
                    territory, UPKEEP, key=f"{UPKEEP}:{day}", label="Entretien des données", person=None
                )
            except jobs.TooManyJobs:
                logger.warning("the upkeep of %s waits for another day", territory.slug)
            else:
                count += 1
    return count


def _upkeep(progress: Progress) -> str:
    try:
        done = lifecycle.run_upkeep(
            progress.job.territory, on_progress=lambda what: progress.report(50, f"Entretien : {what}")
        )
    except LakeError as error:
        raise JobError(str(error)) from error
    progress.report(100, done.summary())
    return ""


def register() -> None:
    jobs.register(STAGE, refusals_as_job_errors(_stage))
    jobs.register(CORRECT, refusals_as_job_errors(_correct))
    jobs.register(POUR, refusals_as_job_errors(_pour))
    jobs.register(UPKEEP, _upkeep)
    periodic_tasks.register("lakes", timedelta(days=1), start_upkeeps, apart=True)
