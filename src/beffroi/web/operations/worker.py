"""The process that does the long work: it empties the queue, then waits until the database changes.

Waiting costs next to nothing: on SQLite one number is read, which any commit of another connection moves; the queue itself,
whose look locks the database, is read only then, or after `LONGEST` seconds. PostgreSQL is asked at each turn.
"""

import logging
import signal
import time

from django.db import connection
from django.tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
from django.utils.crypto import get_random_string
from django_tasks_db.compat import TASKS_LOGGER
from django_tasks_db.management.commands.db_worker import Worker

from beffroi.lake.readers import isolated

INTERVAL = 0.3  # seconds between two looks
LONGEST = 5.0  # seconds without looking at the queue, for what becomes due without a commit


def run_for_ever() -> None:
    """Until SIGTERM or SIGINT: the worker's own handlers end the process, after the job that runs."""
    worker = Worker(
        queue_names=[DEFAULT_TASK_QUEUE_NAME],
        interval=INTERVAL,
        batch=True,  # each run ends when nothing is left
        backend_name=DEFAULT_TASK_BACKEND_ALIAS,
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )
    for name in ("django_tasks_db", TASKS_LOGGER):  # a job tells its person, and its end is in its row
        logging.getLogger(name).setLevel(logging.CRITICAL)
    worker.configure_signals()
    isolated.isolate()  # what a hostile file takes must not be taken from every territory
    changes = DatabaseChanges()
    try:
        while worker.running:
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
        with self._own.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchone()[0])
