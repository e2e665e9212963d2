"""Jobs that refresh materialized results: on request, on a delivery or withdrawal of a source, and periodically.

The key of a job contains the state that it answers to: requested several times, it takes effect once.
"""

import logging
from typing import Any

from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import JobError, Progress
from beffroi.web.platform.models import Job, Person, Territory

from ..models import MaterializedResult, ResultRead, StoredRecipe
from . import dependencies, materialization

logger = logging.getLogger(__name__)
KEEP, RENEW = "studio.keep", "studio.renew"


def start_materialize(stored: StoredRecipe, person: Person, title: str) -> Job:
    """Two clicks on one button make one job."""
    earlier = Job.objects.of(stored.territory).filter(key__startswith=f"{KEEP}:{stored.pk}:")
    running = next((job for job in earlier if not job.finished), None)
    return running or jobs.start(
        stored.territory,
        KEEP,
        key=f"{KEEP}:{stored.pk}:{earlier.count() + 1}",
        label=f"Garder « {stored.title} » comme jeu de données"[:200],
        person=person,
        arguments={"recipe": stored.slug, "title": title},
        back=reverse("recipe", args=[stored.territory.slug, stored.slug]),
    )


def start_refresh(result: MaterializedResult, person: Person | None = None, again: str = "") -> Job:
    """`again`: what makes it another work than the one that failed in the same state."""
    return jobs.start(
        result.territory,
        RENEW,
        key=f"{RENEW}:{result.pk}:{dependencies.state_digest(result)}{again}",
        label=f"Calcul de « {result.dataset.title} »"[:200],
        person=person or result.requested_by,
        arguments={"dataset": result.dataset.slug},
        back=reverse("recipe", args=[result.territory.slug, result.recipe.slug]),
    )


def start_requested_refresh(result: MaterializedResult, person: Person) -> Job:
    """Start a refresh requested by a person."""
    return start_refresh(result, person, f":{timezone.now():%Y%m%d%H%M}")


def _schedule_refresh(result: MaterializedResult, again: str = "") -> None:
    try:
        start_refresh(result, again=again)
    except jobs.TooManyJobs:
        logger.warning("the result %s waits for the clock", result.pk)


def on_delivery(snapshot: Snapshot, **_: Any) -> None:
    """Refresh the dependents of a delivery. Called in its transaction: a job is started if and only if the rows are
    there.
    """
    for result in dependencies.dependents(snapshot.dataset):
        _schedule_refresh(result)


def on_withdrawal(dataset: Dataset, **_: Any) -> None:
    """Erase what came from a withdrawn or newly protected source, then refresh it."""
    touched = {result.pk for result in materialization.erase_derived_snapshots(dataset)}
    touched |= {result.pk for result in dependencies.dependents(dataset)}
    for result in dependencies.active_results(dataset.territory):
        if result.pk in touched and (dependencies.is_stale(result) or result.failure):
            _schedule_refresh(result)


def on_recipe_change(stored: StoredRecipe) -> None:
    """The analysis has a new version."""
    for result in dependencies.active_results(stored.territory):
        if result.recipe_id == stored.pk:
            _schedule_refresh(result)


def refresh_stale_results() -> int:
    """Refresh what the signals may have missed, and once a day what failed; the number of jobs started. Periodic."""
    with scope.host():
        territories = list(Territory.objects.all())
    count = 0
    for territory in territories:
        with scope.inside(territory):
            _erase_expired_sources(territory)
            for result in dependencies.active_results(territory):
                if dependencies.is_stale(result):
                    _schedule_refresh(result, f":{timezone.localdate()}" if result.failure else "")
                    count += 1
    return count


def _erase_expired_sources(territory: Territory) -> None:
    expired = ResultRead.objects.filter(
        result__territory=territory, snapshot__cut_at=None, source__cut_at__isnull=False
    )
    for dataset in Dataset.objects.of(territory).filter(pk__in=expired.values("source__dataset")):
        materialization.erase_derived_snapshots(dataset)


def _run_materialize(progress: Progress) -> str:
    job = progress.job
    found = StoredRecipe.objects.of(job.territory).select_related("territory", "processing", "author")
    stored = found.filter(slug=job.arguments["recipe"]).first()
    if stored is None or job.started_by is None:
        raise JobError("Cette analyse n'est pas dans cet espace. Rien n'a changé.")
    progress.report(10, f"Calcul de « {stored.title} »")
    try:
        made = materialization.materialize(stored, job.started_by, job.arguments["title"], f"keep:{job.pk}")
    except materialization.MATERIALIZATION_ERRORS as error:
        raise JobError(str(error)) from error
    return f"{reverse('dataset', args=[job.territory.slug, made.dataset.slug])}?verse={made.number}"


def _run_refresh(progress: Progress) -> str:
    job = progress.job
    live = dependencies.active_results(job.territory)
    result = next((one for one in live if one.dataset.slug == job.arguments["dataset"]), None)
    if result is None:
        raise JobError("Aucun résultat de cet espace n'est calculé sous ce nom. Rien n'a changé.")
    try:
        materialization.refresh(result, f"renew:{job.pk}")
    except materialization.MATERIALIZATION_ERRORS as error:
        raise JobError(f"« {result.dataset.title} » n'a pas été recalculé. {error}") from error
    return reverse("dataset", args=[job.territory.slug, result.dataset.slug])


def register() -> None:
    jobs.register(KEEP, _run_materialize)
    jobs.register(RENEW, _run_refresh)
