"""Each bound of what is said of a backup, on both of its sides: reports of machines, attestations, the state of a copy."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from beffroi.web.continuity.backups import board, reports
from beffroi.web.continuity.backups.board import State
from beffroi.web.continuity.backups.systems import System
from beffroi.web.continuity.billing.services import LONGEST_PERIOD, check_period
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import BackupCopy, JournalLine

NOW = datetime(2026, 12, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("copy", "state"),
    [
        ({}, State.UNKNOWN),
        ({"last_backup_at": NOW - timedelta(hours=24)}, State.NEVER),
        ({"last_backup_at": NOW - timedelta(hours=24) - SECOND}, State.TOO_OLD),
        ({"last_backup_at": NOW, "proved_at": NOW - timedelta(days=30)}, State.PROVEN),
        ({"last_backup_at": NOW, "proved_at": NOW - timedelta(days=30) - SECOND}, State.LAPSED),
        ({"last_backup_at": NOW, "proved_at": NOW, "trouble_since": NOW - board.SILENT}, State.PROVEN),
        ({"last_backup_at": NOW, "proved_at": NOW, "trouble_since": NOW - board.SILENT - SECOND}, State.UNKNOWN),
        ({"last_backup_at": NOW, "proved_at": NOW, "failed_since": NOW}, State.DAMAGED),
    ],
)  # fmt: skip
def test_a_copy_is_green_until_each_of_its_limits_and_never_beyond(
    copy: dict[str, Any], state: State
) -> None:
    declared = BackupCopy(declared_at=NOW)
    for field, value in ({"proved_at": None} | copy).items():
        setattr(declared, field, value)
    assert board._copy_state(declared, System(None, "Paie", "", 24, 30, ""), NOW) is state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([State.PROVEN, State.DAMAGED], State.DAMAGED),
        ([State.TOO_OLD, State.DAMAGED], State.DAMAGED),
        ([State.PROVEN, State.TOO_OLD], State.TOO_OLD),
        ([State.PROVEN, State.UNKNOWN], State.PROVEN),
        ([State.NEVER, State.PROVEN], State.PROVEN),
        ([State.UNKNOWN], State.UNKNOWN),
        ([], State.UNKNOWN),
    ],
)
def test_a_system_is_as_bad_as_its_worst_copy_and_one_proof_is_enough(
    states: list[State], worst: State
) -> None:
    assert board._state_of(states) is worst


def report(**values: Any) -> reports.Report:
    at = (timezone.now() - timedelta(hours=1)).isoformat()
    return reports.parse(json.dumps({"ended_at": at, "ok": True} | values).encode())


@pytest.mark.parametrize(
    ("ago", "taken"),
    [
        (timedelta(minutes=-50), True),  # a clock that is a little fast
        (timedelta(minutes=-70), False),
        (reports.OLDEST - timedelta(hours=1), True),
        (reports.OLDEST + timedelta(hours=1), False),
    ],
)
@pytest.mark.parametrize("name", ["ended_at", "restored_at"])
def test_a_moment_of_a_report_is_of_the_last_ten_years_an_hour_ahead_at_most(
    name: str, ago: timedelta, taken: bool
) -> None:
    at = timezone.now() - ago
    if taken:
        assert getattr(report(**{name: at.isoformat()}), name) == at
    else:
        with pytest.raises(ContinuityError, match="avenir"):
            report(**{name: at.isoformat()})


@pytest.mark.parametrize("size", [None, 0, 1, (1 << 62) - 1])
def test_a_size_of_a_report_is_a_whole_number_of_bytes(size: int | None) -> None:
    assert report(size=size).size == size


@pytest.mark.parametrize("size", [-1, 1 << 62, True, 1.5, "1"])
def test_a_size_that_is_no_whole_number_of_bytes_is_refused(size: Any) -> None:
    with pytest.raises(ContinuityError, match="size"):
        report(size=size)


@pytest.mark.parametrize(("more", "taken"), [(0, True), (1, False)])
def test_a_report_of_sixteen_kilobytes_is_read_and_no_more(more: int, taken: bool) -> None:
    body = json.dumps({"ended_at": timezone.now().isoformat(), "ok": True}).encode()
    body += b" " * (reports.LARGEST - len(body) + more)
    if taken:
        assert reports.parse(body).ok
    else:
        with pytest.raises(ContinuityError, match="16 Ko"):
            reports.parse(body)


def test_the_words_of_a_report_are_cut_and_stripped_of_what_does_not_show() -> None:
    found = report(message="x" * 501, system=f"  {'y' * 200}\u200b  ")
    assert (len(found.message), found.system) == (500, "y" * 200)


@pytest.mark.parametrize(
    ("minutes", "late"), [(0, False), (14.99, False), (15, True), (-14.99, False), (-15, True)]
)
def test_a_line_of_the_journal_is_late_from_a_quarter_of_an_hour(minutes: float, late: bool) -> None:
    assert JournalLine(fact_at=NOW, entered_at=NOW + timedelta(minutes=minutes)).is_late is late


@pytest.mark.parametrize(
    ("days", "taken"), [(-1, False), (0, True), (LONGEST_PERIOD - 1, True), (LONGEST_PERIOD, False)]
)
def test_a_billing_period_has_a_day_at_least_and_a_longest(days: int, taken: bool) -> None:
    first = NOW.date()
    if taken:
        check_period(first, first + timedelta(days=days))
    else:
        with pytest.raises(ContinuityError):
            check_period(first, first + timedelta(days=days))
