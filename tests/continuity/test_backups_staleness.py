"""A copy too old: from which hour, told once however often the clock looks, forgotten when a newer backup is seen."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from beffroi.web.continuity.backups import services, staleness
from beffroi.web.continuity.backups.systems import System, register_guide
from beffroi.web.continuity.models import BackupCopy
from beffroi.web.guides.services import registers
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def copy(territory: Territory, secretary: Person) -> BackupCopy:
    values = {"name": "Logiciel de l'état civil", "limit_hours": "24", "proof_days": "30"}
    system = registers.save_entry(territory, secretary, register_guide(), values)
    return services.declare(system, secretary, name="Bande", kind="report", medium="tape", place="off-site")


def backed_up(copy: BackupCopy, moment: datetime | None, **more: Any) -> BackupCopy:
    BackupCopy.objects.of(copy.territory).filter(pk=copy.pk).update(last_backup_at=moment, **more)
    copy.refresh_from_db()
    return copy


def lines(territory: Territory) -> int:
    return ledger.lines_of(territory).filter(act="backup.stale").count()


@pytest.mark.parametrize(
    ("own_limit", "age", "stale"),
    [
        (None, timedelta(hours=24), False),
        (None, timedelta(hours=24) + SECOND, True),
        (48, timedelta(hours=48), False),
        (48, timedelta(hours=48) + SECOND, True),
        (2, timedelta(hours=2) + SECOND, True),
    ],
)
def test_a_copy_is_too_old_past_its_own_limit_or_that_of_its_system(
    copy: BackupCopy, own_limit: int | None, age: timedelta, stale: bool
) -> None:
    now = timezone.now()
    backed_up(copy, now - age, limit_hours=own_limit)
    assert staleness.is_stale(copy, System.of(copy.entry), now) is stale


@pytest.mark.parametrize(("more", "stale"), [(timedelta(), False), (SECOND, True)])
def test_a_copy_never_seen_is_too_old_once_its_limit_has_passed_since_it_was_declared(
    copy: BackupCopy, more: timedelta, stale: bool
) -> None:
    then = copy.declared_at + timedelta(hours=24) + more
    assert staleness.is_stale(copy, System.of(copy.entry), then) is stale
    assert staleness.age_of(copy, then) is None


def test_a_copy_too_old_is_told_once_forgotten_by_a_newer_backup_and_told_again_another_time(
    copy: BackupCopy, mailoutbox: list[Any], settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_HOST = "courrier.example"
    territory, old = copy.territory, timezone.now() - timedelta(hours=25)
    with django_capture_on_commit_callbacks(execute=True):
        assert staleness.refresh(territory) == 0  # declared just now
        backed_up(copy, old)
        assert [staleness.refresh(territory) for _ in range(3)] == [1, 0, 0]
        since = backed_up(copy, old).stale_since
    assert since is not None and lines(territory) == 1
    assert len([mail for mail in mailoutbox if "trop vieille" in mail.subject]) == 1
    with django_capture_on_commit_callbacks(execute=True):
        backed_up(copy, timezone.now())
        assert [staleness.refresh(territory) for _ in range(2)] == [0, 0]
        assert backed_up(copy, old).stale_since is None
        assert [staleness.refresh(territory) for _ in range(2)] == [1, 0]
    assert lines(territory) == 2
    assert len([mail for mail in mailoutbox if "trop vieille" in mail.subject]) == 2


@pytest.mark.parametrize("leaving", ["withdrawn_at", "removed_at"])
def test_a_copy_that_was_withdrawn_or_whose_system_left_the_register_is_not_looked_at(
    copy: BackupCopy, leaving: str
) -> None:
    backed_up(copy, timezone.now() - timedelta(hours=25))
    what = copy if leaving == "withdrawn_at" else copy.entry
    setattr(what, leaving, timezone.now())
    what.save(update_fields=[leaving])
    assert staleness.refresh(copy.territory) == 0
    assert lines(copy.territory) == 0
