"""Job scheduling: a free worker takes the next job of the territory that was served least recently.

In: how many workers there are. Out: a job, marked as running by this process; or None when nothing may be taken now.
"""

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from .. import gates, scope
from ..models import Job, Territory, Turn
from . import heartbeat


def share(workers: int) -> int:
    """How many workers a territory may hold at once: all but one, unless it is alone on this host."""
    is_only = len(Territory.objects.all()[:2]) < 2
    return workers if is_only else max(1, workers - 1)


def claim(workers: int = 1) -> Job | None:
    """Take the next job, atomically: two workers never take the same."""
    with scope.nowhere():
        while True:
            with transaction.atomic():
                turn = _next(share(workers))
                if turn is None:
                    return None
                try:
                    with scope.inside(turn.territory):
                        job = _first_of(turn.territory, share(workers))
                except gates.TerritoryClosed:
                    continue  # closed a moment ago: its turn comes when it is open again
                if job is not None:
                    with scope.host():
                        Turn.objects.filter(pk=turn.pk).update(served_at=timezone.now())
                    return job


def _next(max_running: int) -> Turn | None:
    """The turn of the territory that waits and was served least recently, held until the transaction ends."""
    with scope.host():
        waiting = Job.objects.filter(state=Job.State.WAITING).order_by()
        running = Job.objects.filter(state=Job.State.RUNNING).order_by()
        territories = set(waiting.values_list("territory", flat=True).distinct())
        running_counts = running.values("territory").annotate(jobs=Count("pk"))
        territories -= {row["territory"] for row in running_counts if row["jobs"] >= max_running}
        territories -= gates.closed()
        if not territories:
            return None
        turns = Turn.objects.select_related("territory").filter(pk__in=territories)
        turns = turns.order_by("served_at", "pk")
        # Another worker may be taking the first one: serve the next, and wait for it only if there is no other.
        free = turns.select_for_update(skip_locked=True, of=("self",)).first()
        return free or turns.select_for_update(of=("self",)).first()


def _first_of(territory: Territory, max_running: int) -> Job | None:
    """Its oldest waiting job, now running here; None if another worker was quicker."""
    jobs = Job.objects.of(territory)
    if jobs.filter(state=Job.State.RUNNING).count() >= max_running:
        return None
    job = jobs.filter(state=Job.State.WAITING).order_by("created_at", "pk").first()
    return job if job is not None and take(job) else None


def take(job: Job) -> bool:
    """Mark a waiting job as running here, under a mark that no other worker has."""
    mark, now = heartbeat.new_mark(), timezone.now()
    taken = Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(
        state=Job.State.RUNNING, worker=mark, beat_at=now, attempts=job.attempts + 1
    )
    job.refresh_from_db()
    return bool(taken)
