"""The house's clock: keeps the queue of long work moving, and does the duties that are due. Never twice at once.

On one machine a locked file sees to it; on PostgreSQL, where several machines may serve one base, an advisory lock
too: the clock that does not get it stands by, and takes over when the other one stops.
"""

import logging
import time
from datetime import timedelta
from functools import partial

from django.db import close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error

from beffroi.home import Home
from beffroi.lake import forks
from beffroi.web.platform import jobs
from beffroi.web.platform.jobs import heartbeat

from . import duties
from .locks import exclusive

logger = logging.getLogger(__name__)
EVERY = 5.0  # seconds
EACH_MINUTE = timedelta(minutes=1)
JUMP = 20.0  # seconds: more than what sets a clock little by little does between two turns
_KEY = 0x62656666726F6931  # "beffroi1": the name of the lock in PostgreSQL


def tick(*, fork: bool = False) -> None:
    """One turn of the clock. `fork`: duties that are not of each minute are each done in a process of its own."""
    for work in (jobs.maintain_queue, _do_due_in_children if fork else duties.run_due):
        try:
            work()
        except Exception:
            logger.exception("a turn of the clock failed")
            close_old_connections()


def _do_due_in_children() -> None:
    """The clock keeps its memory small: reading what it shares with the site makes a copy of its own."""
    for duty in duties.due():
        if duty.every <= EACH_MINUTE:
            duties.do(duty)
            continue
        connections.close_all()
        if status := forks.run_in_child(partial(duties.do, duty)):
            logger.error("the process of the duty %s ended with %d", duty.name, status)
            duties.put_off(duty)


class OnlyClock:
    """Says whether this clock is the one that runs. `holds` asks again each time: a lost connection loses the lock."""

    def __init__(self) -> None:
        self._own: BaseDatabaseWrapper | None = None

    def is_leader(self) -> bool:
        if connection.vendor != "postgresql":
            return True  # SQLite is on this machine, where the file is locked
        try:
            if self._own is not None and self._still():
                return True
            self.release()
            # A connection of its own, that nothing else closes: the lock lives as long as it does.
            self._own = connection.copy("clock")
            if self._ask("SELECT pg_try_advisory_lock(%s)"):
                return True
        except Error:
            logger.warning("the clock cannot reach the database")
        self.release()
        return False

    def release(self) -> None:
        if self._own is not None:
            try:
                self._own.close()
            except Error:
                logger.warning("the connection of the clock was lost")
            self._own = None

    def _still(self) -> bool:
        """Asked of the server: a pooler may have given this session to another."""
        try:
            return self._ask(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted "
                "AND (classid::bigint << 32) + objid::bigint = %s"
            )
        except Error:
            return False

    def _ask(self, sql: str) -> bool:
        if self._own is None:
            return False
        with self._own.cursor() as cursor:
            cursor.execute(sql, [_KEY])
            row = cursor.fetchone()
        return bool(row and row[0])


class JumpDetector:
    """Says whether the machine's clock has just been set, or the machine has slept: every beat looks old, or to come."""

    def __init__(self) -> None:
        self._offset, self._calm_at = _offset(), 0.0

    def is_steady(self) -> bool:
        before, self._offset = self._offset, _offset()
        if abs(self._offset - before) > JUMP:
            logger.warning("the machine's clock jumped by %.0f s", self._offset - before)
            self._calm_at = time.monotonic() + heartbeat.STALE_AFTER.total_seconds()
        return time.monotonic() >= self._calm_at


def _offset() -> float:
    return time.time() - time.monotonic()


def run_for_ever(home: Home) -> None:
    with exclusive(home, "scheduler", "L'horloge de cette instance tourne déjà."):
        only, jumps = OnlyClock(), JumpDetector()
        while True:
            if jumps.is_steady() and only.is_leader():
                tick(fork=True)
            close_old_connections()
            time.sleep(EVERY)
