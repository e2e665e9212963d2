"""The search for silent machines: every ten minutes, in each territory that has some.

A machine is silent after two of its periods, not counting the times at which the instance was stopped; a silence that nobody
acknowledged for one more is escalated. Nothing is written in the ledger: the silence of a workstation would be somebody's absence.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform import gates, scope
from beffroi.web.platform.models import Territory

from ..models import ReportedDevice, SilenceWatch
from .silence import ESCALATED_AFTER, SILENT_AFTER, Interval, listening_time

EVERY: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = 3 * EVERY
"""Between two searches: beyond it the instance was stopped, and heard nobody."""
GAP_RETENTION: Final = timedelta(
    days=120
)  # longer than two periods of a month, weekends and public holidays included


def check_all(now: datetime | None = None) -> None:
    """Search every territory; one that is suspended or being restored is searched when it is open again."""
    with scope.host():
        watched = set(SilenceWatch.objects.values_list("territory_id", flat=True))
    for territory in Territory.objects.filter(pk__in=watched, suspended_at=None):
        with suppress(gates.TerritoryClosed), scope.inside(territory):
            check(territory, now or timezone.now())


def check(territory: Territory, now: datetime) -> None:
    """Mark the machines of this territory that have become silent, and those whose silence nobody took charge of."""
    with transaction.atomic():
        watch = SilenceWatch.objects.of(territory).select_for_update().get()
        gaps = [gap for gap in watch.intervals() if gap[1] > now - GAP_RETENTION]
        if now - watch.checked_at > LONGEST_PAUSE:
            gaps.append((watch.checked_at, now))
        watch.gaps = [[start.isoformat(), end.isoformat()] for start, end in gaps]
        watch.checked_at = now
        watch.save(update_fields=["gaps", "checked_at"])
        changed = []
        devices = ReportedDevice.objects.of(territory).select_for_update().defer("software", "facts")
        for device in devices:
            before = device.silent_since, device.escalated_at
            _judge(device, gaps, now)
            if (device.silent_since, device.escalated_at) != before:
                changed.append(device)
        devices.bulk_update(changed, [*ReportedDevice.SILENCE], 500)


def _judge(device: ReportedDevice, gaps: list[Interval], now: datetime) -> None:
    period = device.period
    last = max(filter(None, (device.last_contact, device.watched_since)))
    heard = listening_time(last, now, gaps, weekdays_only=device.weekdays_only) if period else timedelta(0)
    if not period or heard <= SILENT_AFTER * period:
        device.end_silence()
        return
    device.silent_since = device.silent_since or now
    if heard > ESCALATED_AFTER * period and device.acknowledged_by_id is None:
        device.escalated_at = device.escalated_at or now
