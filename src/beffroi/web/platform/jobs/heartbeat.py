"""Heartbeats of workers: the identity of a process on its machine, whether it still runs, its last beat in the database.

A beat can be late although its process is well (a busy disk): on the same machine the kernel says who is alive, and a job
whose process lives is never given to another.
"""

import logging
import os
import secrets
import threading
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.db import DatabaseError, connection
from django.utils import timezone

from .. import scope
from ..models import Job

logger = logging.getLogger(__name__)
BEAT = 10.0  # seconds
STALE_AFTER = timedelta(seconds=40)
"""Four beats: what is left to a worker of another machine, whose process cannot be looked at."""
HUNG_AFTER = timedelta(minutes=10)
"""A process that lives but has not beaten for so long does nothing any more (stopped, or stuck)."""
_PROC = Path("/proc")


@cache
def _machine() -> str:
    """This machine since it started, seen from this container: elsewhere a process number means nothing."""
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot[:13]}.{(_PROC / 'self/ns/pid').stat().st_ino}"


def _started(pid: int) -> str | None:
    """When the process started, in the kernel's ticks: a number given again is another process."""
    try:
        state, *fields = (_PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if state in "ZX" else fields[18]


def new_mark() -> str:
    """The name of this process for one piece of work: machine, process, its start, and this taking of it."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}/{secrets.token_hex(4)}"


def is_dead(job: Job) -> bool:
    """Whether nobody works on this running job any more."""
    silence = timezone.now() - job.beat_at
    machine, _, rest = job.worker.partition("/")
    if not rest or machine != _machine():
        return silence > STALE_AFTER
    pid, started, _ = rest.split("/")
    return _started(int(pid)) != started or silence > HUNG_AFTER


class Beat(threading.Thread):
    """Renews the sign of life of a job while its function works, however long one of its steps is."""

    def __init__(self, job: Job) -> None:
        super().__init__(name=f"beat-{job.pk}", daemon=True)
        self._job, self._over = job, threading.Event()

    def __enter__(self) -> "Beat":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join(1)

    def run(self) -> None:
        try:
            while not self._over.wait(BEAT):
                try:
                    with scope.inside(self._job.territory):
                        Job.objects.filter(pk=self._job.pk, worker=self._job.worker).update(
                            beat_at=timezone.now()
                        )
                except DatabaseError:
                    # The next beat tries again, on a new connection: the work itself goes on.
                    logger.warning("a beat of job %s was missed", self._job.pk)
                    connection.close()
        finally:
            connection.close()
