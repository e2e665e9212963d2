"""Copies that are too old: found by the clock each hour, told once, forgotten when a newer backup is seen."""

from datetime import date, datetime, time, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from ..models import BackupCopy
from . import backup_alerts
from .systems import System


def end_of_day(day: date) -> datetime:
    """A day that a person gave, as a moment: its very end, which no machine writes, so that no hour is made up for it."""
    return timezone.make_aware(datetime.combine(day, time.max))


def is_a_day(moment: datetime) -> bool:
    """Whether only the day of this moment is known."""
    return timezone.localtime(moment).time() == time.max


def in_words(moment: datetime | None) -> str:
    """« 28 novembre 2026 » where only the day is known, with its hour otherwise; empty for none."""
    return french_date(moment, hour=not is_a_day(moment)) if moment is not None else ""


def limit_of(copy: BackupCopy, system: System) -> float:
    """Hours that this copy's last backup may have: its own limit, or its system's."""
    return float(copy.limit_hours or system.limit_hours)


def age_of(copy: BackupCopy, now: datetime) -> float | None:
    """Hours since its last backup; None where none was ever seen."""
    if copy.last_backup_at is None:
        return None
    return max(0.0, (now - copy.last_backup_at) / timedelta(hours=1))


def is_stale(copy: BackupCopy, system: System, now: datetime) -> bool:
    """Too old; one of which nothing was ever seen is too old once its limit has passed since it was declared."""
    seen = copy.last_backup_at or copy.declared_at
    return now - seen > timedelta(hours=limit_of(copy, system))


def refresh(territory: Territory) -> int:
    """Look at every copy of a territory; how many have just become too old."""
    copies = BackupCopy.objects.of(territory).filter(withdrawn_at=None, entry__removed_at=None)
    return sum(refresh_copy(copy, System.of(copy.entry)) for copy in copies.select_related("entry"))


def refresh_copy(copy: BackupCopy, system: System) -> bool:
    """Whether it has just become too old."""
    now = timezone.now()
    stale = is_stale(copy, system, now)
    if stale == (copy.stale_since is not None):
        return False
    with transaction.atomic():
        copy.stale_since = now if stale else None
        copy.save(update_fields=["stale_since"])
        if stale:
            ledger.append(copy.territory, "backup.stale", None, f"backup-copy:{copy.pk}", {})
            transaction.on_commit(partial(backup_alerts.write, copy, "stale"))
    return stale
