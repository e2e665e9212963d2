"""When results are computed: asked for by a person, when a source gets a delivery or loses one, and by the clock.

Each is a job whose key tells the state that it answers to: however often it is asked for, it takes effect once.
"""

import logging
from typing import Any

from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import JobError, Progress
from beffroi.web.platform.models import Job, Person, Territory

from ..models import KeptResult, ResultRead, StoredRecipe
from . import chains, keeping

logger = logging.getLogger(__name__)
KEEP, RENEW = "studio.keep", "studio.renew"


def start_keep(stored: StoredRecipe, person: Person, title: str) -> Job:
    """Two clicks on one button make one job."""
    asked = Job.objects.of(stored.territory).filter(key__startswith=f"{KEEP}:{stored.pk}:")
    running = next((job for job in asked if not job.finished), None)
    return running or jobs.start(
        stored.territory,
        KEEP,
        key=f"{KEEP}:{stored.pk}:{asked.count() + 1}",
        label=f"Garder « {stored.title} » comme jeu de données"[:200],
        person=person,
        arguments={"recipe": stored.slug, "title": title},
        back=reverse("recipe", args=[stored.territory.slug, stored.slug]),
    )


def start_renew(kept: KeptResult, person: Person | None = None, again: str = "") -> Job:
    """`again`: what makes it another work than the one that failed in the same state."""
    return jobs.start(
        kept.territory,
        RENEW,
        key=f"{RENEW}:{kept.pk}:{chains.state_of(kept)}{again}",
        label=f"Calcul de « {kept.dataset.title} »"[:200],
        person=person or kept.asked_by,
        arguments={"dataset": kept.dataset.slug},
        back=reverse("recipe", args=[kept.territory.slug, kept.recipe.slug]),
    )


def start_asked(kept: KeptResult, person: Person) -> Job:
    """A person asks for it now."""
    return start_renew(kept, person, f":{timezone.now():%Y%m%d%H%M}")


def _start_quietly(kept: KeptResult, again: str = "") -> None:
    try:
        start_renew(kept, again=again)
    except jobs.TooManyJobs:
        logger.warning("the result %s waits for the clock", kept.pk)


def arrived(snapshot: Snapshot, **_: Any) -> None:
    """A source got a delivery. Called in its transaction: the work is asked for if and only if the rows are there."""
    for kept in chains.fed_by(snapshot.dataset):
        _start_quietly(kept)


def withdrawn(dataset: Dataset, **_: Any) -> None:
    """A source lost a delivery, or is protected otherwise: what came from it is no longer shown, then computed again."""
    touched = {kept.pk for kept in keeping.erase_what_came_from(dataset)}
    touched |= {kept.pk for kept in chains.fed_by(dataset)}
    for kept in chains.live(dataset.territory):
        if kept.pk in touched and (chains.behind(kept) or kept.failure):
            _start_quietly(kept)


def changed(stored: StoredRecipe) -> None:
    """The analysis has a new version."""
    for kept in chains.live(stored.territory):
        if kept.recipe_id == stored.pk:
            _start_quietly(kept)


def catch_up() -> int:
    """What the signals may have missed, and once a day what failed; how many results were asked for. The clock's."""
    with scope.host():
        territories = list(Territory.objects.all())
    count = 0
    for territory in territories:
        with scope.inside(territory):
            _forget_what_is_no_longer_kept(territory)
            for kept in chains.live(territory):
                if chains.behind(kept):
                    _start_quietly(kept, f":{timezone.localdate()}" if kept.failure else "")
                    count += 1
    return count


def _forget_what_is_no_longer_kept(territory: Territory) -> None:
    gone = ResultRead.objects.filter(
        kept__territory=territory, result__cut_at=None, source__cut_at__isnull=False
    )
    for dataset in Dataset.objects.of(territory).filter(pk__in=gone.values("source__dataset")):
        keeping.erase_what_came_from(dataset)


def _keep(progress: Progress) -> str:
    job = progress.job
    found = StoredRecipe.objects.of(job.territory).select_related("territory", "processing", "author")
    stored = found.filter(slug=job.arguments["recipe"]).first()
    if stored is None or job.started_by is None:
        raise JobError("Cette analyse n'est pas dans cet espace. Rien n'a changé.")
    progress.report(10, f"Calcul de « {stored.title} »")
    try:
        made = keeping.keep(stored, job.started_by, job.arguments["title"], f"keep:{job.pk}")
    except keeping.TROUBLES as error:
        raise JobError(str(error)) from error
    return f"{reverse('dataset', args=[job.territory.slug, made.dataset.slug])}?verse={made.number}"


def _renew(progress: Progress) -> str:
    job = progress.job
    live = chains.live(job.territory)
    kept = next((one for one in live if one.dataset.slug == job.arguments["dataset"]), None)
    if kept is None:
        raise JobError("Aucun résultat de cet espace n'est calculé sous ce nom. Rien n'a changé.")
    try:
        keeping.renew(kept, f"renew:{job.pk}")
    except keeping.TROUBLES as error:
        raise JobError(f"« {kept.dataset.title} » n'a pas été recalculé. {error}") from error
    return reverse("dataset", args=[job.territory.slug, kept.dataset.slug])


def register() -> None:
    jobs.register(KEEP, _keep)
    jobs.register(RENEW, _renew)
