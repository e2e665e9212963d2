"""The clock of the site set to a day or a moment, for what happens inside: no test depends on the day on which it runs.

A file is dated by hand where its age matters: the disk keeps the real date under `tests/dates.py`.
"""

import os
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

PARIS = ZoneInfo("Europe/Paris")
real_dates = pytest.mark.skipif(
    "FAKETIME" in os.environ,
    reason="under another date, the disk and restic keep the real one (tests/dates.py)",
)


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


def date_file(path: Path, age: timedelta = timedelta(0)) -> None:
    """A file or folder as if it had been written so long ago."""
    written = clock.time() - age.total_seconds()
    os.utime(path, (written, written))
