"""The clock of the site set to a day or a moment, for what happens inside: no test depends on the day on which it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

PARIS = ZoneInfo("Europe/Paris")


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What happens inside happens at this moment, which has its time zone."""
    assert moment.tzinfo is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(timezone, "now", lambda: moment)
        yield


@contextmanager
def on(day: date) -> Iterator[None]:
    """What happens inside happens that day at noon, by the clocks of France."""
    with at(datetime.combine(day, time(12), PARIS)):
        yield
