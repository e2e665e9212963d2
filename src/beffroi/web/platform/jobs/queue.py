"""Job queue: start, run, report progress, requeue the jobs of a dead worker.

A room registers a kind of job with the function that does it. A job runs at least once; its function must take effect
once (services that write carry the job's key as their act). The waiting jobs are the queue; an entry of the task queue is
only a turn: whoever takes it serves the territory served least recently. The function's French `JobError` reaches the
person who asked.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.tasks import task
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from beffroi.lake.errors import ServerLost
from beffroi.web.ui.form_errors import FieldError

from .. import gates, scope
from ..models import Job, Person, Territory, Turn
from ..rights import require
from ..storage import disk_space
from . import heartbeat, scheduling

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
MAX_WAITING = 200
"""Jobs of one territory that may wait: more would only be a longer wait for its own people."""
ABANDONED = "Ce travail s'est arrêté plusieurs fois sans finir. Vos données sont comme avant. Réessayez."
DATABASE_LOST = (OperationalError, InterfaceError)
"""The database went away, or was too busy."""
_workers = 1  # of this machine, told by `beffroi worker`


class JobError(FieldError):
    """A failure told to a person: French, what happened, what is kept, what to do."""


class TooManyJobs(JobError):
    """The territory has too many jobs that wait."""


class Superseded(Exception):
    """This job was given to another worker, which believed this one dead: stop here, its word no longer counts."""


@dataclass
class Progress:
    """What a job's function is given: its row, and a way to say how far it is."""

    job: Job

    def report(self, percent: float, message: str) -> None:
        """Raises Superseded."""
        self.job.percent = max(0, min(100, int(percent)))
        self.job.message = message[:500]
        if not _write(self.job, percent=self.job.percent, message=self.job.message):
            raise Superseded(self.job.key)


type Work = Callable[[Progress], str]  # returns the path where the result is seen
_kinds: dict[str, Work] = {}


def register(kind: str, work: Work) -> None:
    _kinds[kind] = work


def serve_with(workers: int) -> None:
    """Say how many workers share the work of this machine, this process being one."""
    global _workers
    _workers = max(1, workers)


def start(
    territory: Territory,
    kind: str,
    *,
    key: str,
    label: str,
    person: Person | None,
    arguments: dict[str, Any] | None = None,
    back: str = "",
) -> Job:
    """Ask for the job once: the same key gives the same job. Raises TooManyJobs.

    `back`: the page to go back to when it fails.
    """
    if kind not in _kinds:
        raise KeyError(kind)
    with transaction.atomic():
        waiting = Job.objects.of(territory)
        if (known := waiting.filter(key=key).first()) is not None:
            return known
        if waiting.filter(state=Job.State.WAITING).count() >= MAX_WAITING:
            raise TooManyJobs(
                f"{MAX_WAITING} travaux de votre territoire attendent déjà : celui-ci n'a pas été ajouté. Ce qui était "
                "enregistré l'est toujours. Attendez que quelques-uns finissent, puis recommencez."
            )
        Turn.objects.get_or_create(territory=territory)
        job, created = Job.objects.get_or_create(
            territory=territory,
            key=key,
            defaults={
                "kind": kind,
                "label": label,
                "arguments": arguments or {},
                "started_by": person,
                "location": back,
            },
        )
        if created:
            transaction.on_commit(ensure_turn_queued)
    return job


def cancel(job: Job, person: Person) -> None:
    """Give up a job that waits. Raises PermissionDenied, JobError."""
    _require_own(job, person)
    if not _move(
        job, [Job.State.WAITING], Job.State.CANCELLED, "Abandonné avant de commencer. Rien n'a changé."
    ):
        raise JobError(
            "Ce travail a déjà commencé, ou il est fini : il n'a pas été abandonné. Ouvrez sa page pour voir où il en est."
        )


def retry(job: Job, person: Person) -> None:
    """Ask again for a job that failed or was given up: the same one, so that what was done is not done twice."""
    _require_own(job, person)
    with transaction.atomic():
        if not _move(job, [Job.State.FAILED, Job.State.CANCELLED], Job.State.WAITING, ""):
            raise JobError("Ce travail n'est pas en échec : il n'y a rien à recommencer.")
        transaction.on_commit(ensure_turn_queued)


def _require_own(job: Job, person: Person) -> None:
    """A job is its starter's, and of those who run the place."""
    require(person, "territory.enter" if job.started_by_id == person.pk else "dataset.manage", job)


def _move(job: Job, before: list[Job.State], after: Job.State, message: str) -> bool:
    moved = Job.objects.filter(pk=job.pk, state__in=before).update(
        state=after, message=message, percent=0, attempts=0, worker="", beat_at=timezone.now()
    )
    job.refresh_from_db()
    return bool(moved)


def run(job: Job) -> Job:
    """Do the work here and now, unless it is done already or another worker does it."""
    with scope.nowhere(), scope.inside(job.territory):
        job.refresh_from_db()
        if scheduling.take(job):
            _perform(job)
    return job


def _perform(job: Job) -> None:
    try:
        with heartbeat.Beat(job):
            job.location = _kinds[job.kind](Progress(job))
        job.state, job.percent = Job.State.DONE, 100
    except Superseded:
        logger.warning("job %s was taken by another worker", job.key)
        return
    except JobError as error:
        if _server_lost(error):
            logger.warning("job %s lost the server of its lake", job.key)
            _leave(job)
            return
        job.state, job.message = Job.State.FAILED, str(error)[:500]
    except DATABASE_LOST:
        logger.exception("job %s lost its database", job.key)
        _leave(job)
        return
    except Exception as error:
        logger.exception("job %s failed", job.key)
        job.state = Job.State.FAILED
        job.message = (
            disk_space.FULL
            if disk_space.was_full(error)
            else "Une erreur inattendue a arrêté ce travail. Rien n'a été perdu : vos données sont comme avant. "
            f"Réessayez, puis signalez la référence {job.pk} à votre administrateur."
        )
    _close(job, state=job.state, percent=job.percent, message=job.message, location=job.location)


def _server_lost(error: BaseException | None) -> bool:
    """Whether the refusal comes from a server that did not answer: a matter of moments, not of what was asked."""
    while error is not None:
        if isinstance(error, ServerLost):
            return True
        error = error.__cause__
    return False


def _leave(job: Job) -> None:
    """The work lost its database: another attempt takes it again, from the start."""
    if job.attempts >= MAX_ATTEMPTS:
        job.state, job.message = Job.State.FAILED, ABANDONED
        _close(job, state=job.state, message=job.message)
    elif _close(job, state=Job.State.WAITING, worker=""):
        job.state = Job.State.WAITING


def _close(job: Job, **fields: Any) -> bool:
    """Write how the job ended, patiently: a database that restarts must not have the work done again."""
    for pause in (0.2, 1, 2, 4, 8, None):
        try:
            return _write(job, **fields)
        except DATABASE_LOST:
            if pause is None or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(pause)
    return False


def _write(job: Job, **fields: Any) -> bool:
    """Write on the job's row if it is still this worker's."""
    own_row = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, worker=job.worker)
    return bool(own_row.update(beat_at=timezone.now(), **fields))


def ensure_turn_queued() -> None:
    """Queue one turn unless one waits already: enough for one free worker to come and look."""
    if not DBTaskResult.objects.ready().filter(task_path=take_turn.module_path).exists():
        take_turn.enqueue()


@task()
def take_turn() -> None:
    """Serve the next territory; as long as jobs wait, another turn follows."""
    job = scheduling.claim(_workers)
    if job is None:
        return
    ensure_turn_queued()  # another worker may serve another territory meanwhile
    with scope.nowhere(), scope.inside(job.territory):
        _perform(job)
    ensure_turn_queued()


def requeue_stale() -> int:
    """Have what dead workers left wait again; give up, saying so, after a few attempts. How many were taken again."""
    with scope.nowhere():
        with scope.host():
            running = list(Job.objects.filter(state=Job.State.RUNNING).select_related("territory"))
        closed = gates.closed()
        return sum(
            _requeue(job) for job in running if job.territory_id not in closed and heartbeat.is_dead(job)
        )


def _requeue(job: Job) -> bool:
    is_abandoned = job.attempts >= MAX_ATTEMPTS
    with scope.inside(job.territory):
        if is_abandoned:
            _write(job, state=Job.State.FAILED, message=ABANDONED)
            return False
        return _write(job, state=Job.State.WAITING, worker="")


def maintain_queue() -> None:
    """What the clock does at each turn: nothing that waits is ever forgotten, whatever was lost."""
    requeue_stale()
    with scope.nowhere(), scope.host():
        waiting = Job.objects.filter(state=Job.State.WAITING).exists()
    if waiting:
        ensure_turn_queued()
