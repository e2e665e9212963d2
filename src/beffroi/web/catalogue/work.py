"""The long work of this room: reading a delivered file, reading it as corrected, pouring it. Each is a job that shows its progress.

A job runs at least once; pouring takes effect once because its acts are named after the delivery.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from beffroi.lake.errors import LakeError
from beffroi.lake.readers.corrections import Corrections
from beffroi.web.territories import jobs
from beffroi.web.territories.jobs import JobError, Progress
from beffroi.web.territories.models import Job, Person

from . import services
from .errors import CatalogueError
from .models import Delivery
from .services import Choice

STAGE, CORRECT, POUR = "catalogue.stage", "catalogue.correct", "catalogue.pour"


def start_stage(delivery: Delivery, person: Person, prefer: str = "") -> Job:
    arguments = {"delivery": delivery.pk, "prefer": prefer}
    return _start(STAGE, delivery, person, f"Lecture de « {delivery.file_name} »", arguments)


def start_correct(
    delivery: Delivery,
    person: Person,
    given: Mapping[int, Corrections],
    drafts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Job:
    """`given`: what is said of each table, by its index; `drafts`: what else was filled in on its page."""
    tables = [
        {"table": index, "said": said.to_dict(), "draft": dict((drafts or {}).get(index, {}))}
        for index, said in given.items()
    ]
    label = f"Relecture de « {delivery.file_name} »"
    return _start(CORRECT, delivery, person, label, {"delivery": delivery.pk, "tables": tables})


def start_pour(delivery: Delivery, person: Person, choices: Sequence[Choice]) -> Job:
    arguments = {"delivery": delivery.pk, "choices": [choice.to_dict() for choice in choices]}
    return _start(POUR, delivery, person, f"Versement de « {delivery.file_name} »", arguments)


def _start(kind: str, delivery: Delivery, person: Person, label: str, arguments: dict[str, object]) -> Job:
    """Two clicks on one button make one job; after it ended, another may be asked for."""
    asked = Job.objects.of(delivery.territory).filter(key__startswith=f"{kind}:{delivery.pk}:")
    running = next((job for job in asked if not job.finished), None)
    if running is not None:
        return running
    return jobs.start(
        delivery.territory,
        kind,
        key=f"{kind}:{delivery.pk}:{asked.count() + 1}",
        label=label[:200],
        person=person,
        arguments=dict(arguments),
        back=reverse("delivery", args=[delivery.territory.slug, delivery.pk]),
    )


def _told(work: Callable[[Progress, Delivery], str]) -> jobs.Work:
    """The job's function, whose refusals reach the person."""

    def do(progress: Progress) -> str:
        held = Delivery.objects.of(progress.job.territory).select_related("territory", "by")
        delivery = held.filter(pk=progress.job.arguments["delivery"]).first()
        if delivery is None:
            raise JobError(
                "Cette livraison n'est pas dans cet espace. Rien n'a changé. Déposez le fichier à nouveau."
            )
        try:
            return work(progress, delivery)
        except (CatalogueError, LakeError) as error:
            raise JobError(str(error)) from error

    return do


def _stage(progress: Progress, delivery: Delivery) -> str:
    services.stage(delivery, progress.say, progress.job.arguments.get("prefer", ""))
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


def _correct(progress: Progress, delivery: Delivery) -> str:
    person = progress.job.started_by
    if person is None:
        raise CatalogueError("La personne qui a corrigé cette lecture n'a plus de compte. Rien n'a changé.")
    tables = progress.job.arguments["tables"]
    given = {each["table"]: Corrections.from_dict(each["said"]) for each in tables}
    drafts = {each["table"]: each["draft"] for each in tables}
    services.correct(delivery, person, given, progress.say, drafts)
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


def _pour(progress: Progress, delivery: Delivery) -> str:
    person = progress.job.started_by
    if person is None:
        raise CatalogueError("La personne qui a demandé ce versement n'a plus de compte. Rien n'a été versé.")
    choices = [Choice.from_dict(item) for item in progress.job.arguments["choices"]]
    snapshots = services.pour(delivery, person, choices, progress.say)
    if len({snapshot.dataset_id for snapshot in snapshots}) == 1:
        return reverse("dataset", args=[delivery.territory.slug, snapshots[0].dataset.slug])
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


def register() -> None:
    jobs.register(STAGE, _told(_stage))
    jobs.register(CORRECT, _told(_correct))
    jobs.register(POUR, _told(_pour))
