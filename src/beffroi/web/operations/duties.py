"""Doing what is due: each duty at its period, once, kept in a row of the host that outlives any crash.

In: what the rooms registered (`platform.jobs.periodic_tasks.register`, also importable from here). A duty that fails is logged,
tried again later, and never stops the others.
"""

import logging
from datetime import datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from beffroi.web.platform import scope
from beffroi.web.platform.access_log import journal
from beffroi.web.platform.jobs.periodic_tasks import Planned, planned, register
from beffroi.web.platform.ledger import proofs
from beffroi.web.platform.models import Duty
from beffroi.web.platform.storage import usage
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.signin import lockout

from . import debris, territory_swap

__all__ = ["do", "due", "put_off", "register", "run_due"]
logger = logging.getLogger(__name__)
FIRST_RETRY = timedelta(minutes=1)
CLAIM = timedelta(hours=1)
"""A duty done apart that ended in no way for so long was cut short: it is due again."""


def due() -> list[Planned]:
    """The duties whose time has come; one that was never done is written down."""
    now = timezone.now()
    rows = {row.name: row for row in Duty.objects.all()}
    found = []
    for duty in planned():
        row = rows.get(duty.name)
        if row is None:
            Duty.objects.get_or_create(name=duty.name, defaults={"every": duty.every.total_seconds()})
        elif not _is_due(row, duty, now):
            continue
        found.append(duty)
    return found


def run_due() -> int:
    """Do every duty whose time has come; how many were done."""
    return sum(do(duty) for duty in due())


def do(duty: Planned) -> bool:
    """Whether it was done; one that fails is put off."""
    try:
        with scope.nowhere():
            return _apart(duty) if duty.apart else _in_one_transaction(duty)
    except Exception:
        logger.exception("the duty %s failed", duty.name)
        put_off(duty)
        return False


def _in_one_transaction(duty: Planned) -> bool:
    """The work and its mark: both, or neither."""
    with transaction.atomic():
        row = _lock_row(duty)
        if row is None:
            return False
        row.started_at = timezone.now()
        duty.do()
        _mark_done(duty, row)
    return True


def _apart(duty: Planned) -> bool:
    """Claimed first, for a time; marked at the end. Killed between the two, it is done again, and must not mind."""
    with transaction.atomic():
        row = _lock_row(duty)
        if row is None:
            return False
        row.started_at = timezone.now()
        row.due_at = row.started_at + min(CLAIM, duty.every)
        row.save(update_fields=["started_at", "due_at"])
    duty.do()
    _mark_done(duty, row)
    return True


def _lock_row(duty: Planned) -> Duty | None:
    """The row of a duty that is still due, held until the transaction ends; None when another clock has it, or did it."""
    row: Duty | None = Duty.objects.select_for_update(skip_locked=True).filter(name=duty.name).first()
    return row if row is not None and _is_due(row, duty, timezone.now()) else None


def _is_due(row: Duty, duty: Planned, now: datetime) -> bool:
    """Its time has come; or its date is further than any period, written while the machine's clock was ahead."""
    return row.due_at <= now or row.due_at > now + duty.every


def _mark_done(duty: Planned, row: Duty) -> None:
    row.every, row.failures = int(duty.every.total_seconds()), 0
    row.done_at = timezone.now()
    row.due_at = _next(row.started_at or row.done_at, duty.every)
    row.save()


def _next(started: datetime, every: timedelta) -> datetime:
    """The start of the next period: periods are counted from the epoch, so that a restart does not move them."""
    length = every.total_seconds()
    return datetime.fromtimestamp((started.timestamp() // length + 1) * length, tz=started.tzinfo)


def put_off(duty: Planned) -> None:
    """Try it later, the later the more often it failed."""
    try:
        row = Duty.objects.get(name=duty.name)
        row.failures = min(row.failures + 1, 1000)
        row.due_at = timezone.now() + min(duty.every, FIRST_RETRY * 2 ** min(row.failures - 1, 10))
        row.save(update_fields=["failures", "due_at"])
    except Exception:
        logger.exception("the failure of %s could not be written", duty.name)


def forget_old_links() -> None:
    """Single-use links, a week after they expired."""
    EntryLink.objects.filter(expires_at__lt=timezone.now() - timedelta(days=7)).delete()


def forget_old_turns() -> None:
    """The task queue keeps every turn ever taken: those of the last day are enough."""
    DBTaskResult.objects.filter(started_at__lt=timezone.now() - timedelta(days=1)).delete()


def measure_figures() -> None:
    """The sums of the host's page: a thousand territories in under twenty minutes."""
    usage.measure_stale(3 * usage.AT_A_TURN)


register("entry-links", timedelta(hours=1), forget_old_links)
register("sign-in-counters", timedelta(hours=1), lockout.clean_up)
register("task-queue", timedelta(hours=1), forget_old_turns)
# One root a day and chain; asked each hour, for the territories that came meanwhile and the files that could not be written.
register("ledger-roots", timedelta(hours=1), proofs.save_all_today, apart=True)
register("figures", timedelta(minutes=1), measure_figures, apart=True)
register("access-journal", timedelta(hours=1), journal.delete_expired)
register("restorations", timedelta(minutes=1), territory_swap.settle_now, apart=True)
register("debris", timedelta(hours=1), debris.sweep_now, apart=True)
register("sessions", timedelta(days=1), SessionStore.clear_expired)
