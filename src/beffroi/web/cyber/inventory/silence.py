"""Silences: how long a machine has been silent, without the weekends of a workstation nor the times at which we were stopped.

Pure functions on moments: no model, no clock.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from beffroi.public_holidays import french_public_holidays

PARIS = ZoneInfo("Europe/Paris")
SILENT_AFTER = 2  # periods
ESCALATED_AFTER = 3  # periods: one more without an acknowledgement

type Interval = tuple[datetime, datetime]


def listening_time(
    since: datetime, now: datetime, gaps: Iterable[Interval], *, weekdays_only: bool
) -> timedelta:
    """The time from `since` to `now` during which a sign could have come and been heard."""
    lost = [*gaps, *(rest_days(since, now) if weekdays_only else ())]
    total, end = max(now - since, timedelta(0)), since
    for start, stop in sorted(lost):
        start, stop = max(start, end), min(stop, now)
        if stop > start:
            total -= stop - start
            end = stop
    return total


def rest_days(since: datetime, now: datetime) -> Iterable[Interval]:
    """Saturdays, Sundays and public holidays, as French time has them."""
    day, last = since.astimezone(PARIS).date(), now.astimezone(PARIS).date()
    while day <= last:
        if day.weekday() >= 5 or day in french_public_holidays(day.year):
            start, stop = (datetime.combine(each, time(), PARIS) for each in (day, day + timedelta(days=1)))
            yield start.astimezone(UTC), stop.astimezone(UTC)  # a day of a clock change has 23 or 25 hours
        day += timedelta(days=1)
