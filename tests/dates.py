"""The quick ring on other days: `make test-dates`, `make test-dates ROOM=catalogue DAYS=clocks-forward`.

Each day is run under libfaketime: pytest, its workers, the served instances and the browser share one shift of the wall clock, which
goes on from there; the monotonic clock is left alone. Programs linked without libc (restic) keep the real date. Out: for each day
how many tests passed, and each that failed (docs/testing.md).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
PARIS = ZoneInfo("Europe/Paris")
TEN_MINUTES = timedelta(minutes=10)


def clock_changes(after: datetime) -> Iterator[datetime]:
    """The hours, in UTC, at which French clocks change; at most one a day."""
    hour = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while True:
        later = hour + timedelta(hours=1)
        if hour.astimezone(PARIS).utcoffset() != later.astimezone(PARIS).utcoffset():
            yield later
        hour = later


def next_change(now: datetime, forward: bool) -> datetime:
    return next(at for at in clock_changes(now) if bool(at.astimezone(PARIS).dst()) is forward)


def next_local(now: datetime, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    years = (now.year, now.year + 1)
    return next(at for year in years if (at := datetime(year, month, day, hour, minute, tzinfo=PARIS)) > now)


def in_eighteen_months(now: datetime) -> datetime:
    months = now.month - 1 + 18
    day = date(now.year + months // 12, months % 12 + 1, min(now.day, 28))
    return datetime.combine(day, now.timetz())


def days(now: datetime) -> dict[str, datetime]:
    """When each run starts; those of the clocks ten minutes before they change."""
    return {
        "february": next_local(now, 2, 28, 10),
        "year-end": next_local(now, 12, 31, 23, 40),
        "clocks-forward": next_change(now, forward=True) - TEN_MINUTES,
        "clocks-back": next_change(now, forward=False) - TEN_MINUTES,
        "eighteen-months": in_eighteen_months(now),
    }


def library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        sys.exit("libfaketime is missing. On Debian: apt install faketime")
    return found[0]


def shifted(by: timedelta) -> dict[str, str]:
    """The environment in which every program linked with libc sees another wall clock."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME": f"{int(by.total_seconds()):+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",  # each reads its own environment: a process that is shut in has no shared memory
        "FAKETIME_NO_CACHE": "0",
        "NO_FAKE_STAT": "1",  # faked for programs that call one of several functions only: `cp -a` would move dates
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # its waits on the monotonic clock end at once: Chromium takes both processors
    }


def run(start: datetime, arguments: list[str]) -> tuple[int, int, list[str]]:
    """(exit code, tests passed, names of those that failed) of one run of pytest that starts then."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        environment = os.environ | shifted(start - datetime.now(UTC))
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if not report.exists():
            return code, 0, ["(nothing was run)"]
        cases = list(ET.parse(report).iter("testcase"))  # our own file
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    names = sorted({f"{case.get('classname')}::{case.get('name')}" for case in failed})
    return code, len(cases) - len(failed) - skipped, names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    now = datetime.now(PARIS)
    known = days(now)
    parser.add_argument("--day", action="append", choices=known, help="one of the days; all without it")
    chosen, arguments = parser.parse_known_args()
    lines, bad = [], False
    for name in chosen.day or known:
        start = known[name].astimezone(PARIS)
        print(f"▸ {name}: {start:%d %B %Y, %H:%M %Z}", flush=True)
        code, passed, failed = run(start, arguments or ["-n", "2", "--dist", "loadgroup"])
        bad |= code not in (0, 5)  # 5: no test of that room
        lines += [
            f"{name}, {start:%d %B %Y %H:%M}: {passed} passed, {len(failed)} failed",
            *(f"  {one}" for one in failed),
        ]
    print("\n".join(lines))
    sys.exit(bad)


if __name__ == "__main__":
    main()
