"""The process that does the long work: it empties the queue, then waits until the database changes.

Waiting costs next to nothing: on SQLite one number is read, which any commit of another connection moves; the queue itself,
whose look locks the database, is read only then, or after `LONGEST` seconds. PostgreSQL is asked at each turn. One that worked
keeps the memory that its work took, so it ends once it has been quiet: the supervisor forks a fresh one in a moment.
"""

import logging
import signal
import time

from django.db import connection
from django.tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
from django.utils.crypto import get_random_string
from django_tasks_db.compat import TASKS_LOGGER
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from beffroi.lake.readers import isolated

INTERVAL = 0.3  # seconds between two looks
LONGEST = 30.0  # seconds without looking at the queue, for what becomes due without a commit
QUIET = 60.0  # seconds without a task after which a worker that did some is replaced


class _Worker(Worker):
    """A worker that knows when it last worked."""

    last_task: float | None = None

    def run_task(self, db_task_result: DBTaskResult) -> None:
        super().run_task(db_task_result)
        self.last_task = time.monotonic()

    @property
    def is_spent(self) -> bool:
        return self.last_task is not None and time.monotonic() - self.last_task > QUIET


def worker_of_this_process() -> _Worker:
    return _Worker(
        queue_names=[DEFAULT_TASK_QUEUE_NAME],
        interval=INTERVAL,
        batch=True,  # each run ends when nothing is left
        backend_name=DEFAULT_TASK_BACKEND_ALIAS,
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )


def run_until_spent() -> None:
    """Until SIGTERM or SIGINT (the worker's own handlers end the process, after the job that runs), or until it is to be replaced."""
    worker = worker_of_this_process()
    for name in ("django_tasks_db", TASKS_LOGGER):  # a job tells its person, and its end is in its row
        logging.getLogger(name).setLevel(logging.CRITICAL)
    worker.configure_signals()
    isolated.isolate()  # what a hostile file takes must not be taken from every territory
    changes = DatabaseChanges()
    try:
        while worker.running and not worker.is_spent:
            changes.mark()
            worker.run()
            if worker.running:
                changes.wait(LONGEST)
    finally:
        # Told twice to stop (by the supervisor and by systemd), the worker's handler would raise SystemExit in what ends it:
        # the last lines of the journal of access would be neither sent nor counted.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)


class DatabaseChanges:
    """Says when another connection has written since `mark`."""

    def __init__(self) -> None:
        # A connection of its own, kept open: the number is only comparable on one connection.
        self._own = connection.copy("changes") if connection.vendor == "sqlite" else None
        self._seen: int | None = None

    def mark(self) -> None:
        self._seen = self._version()

    def wait(self, seconds: float) -> None:
        """Wait for a change of the database, `seconds` at most; where changes are not seen, one interval."""
        end = time.monotonic() + seconds
        while True:
            time.sleep(INTERVAL)
            if self._own is None or self._version() != self._seen or time.monotonic() > end:
                return

    def close(self) -> None:
        if self._own is not None:
            self._own.close()

    def _version(self) -> int | None:
        if self._own is None:
            return None
        self._own.ensure_connection()
        return int(self._own.connection.execute("PRAGMA data_version").fetchone()[0])
