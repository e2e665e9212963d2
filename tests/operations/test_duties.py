"""What the clock does every so often: once a period whatever restarts, and never one duty's fault for the others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.operations import duties
from beffroi.web.platform.jobs import periodic_tasks as registry
from beffroi.web.platform.models import Duty

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def done(monkeypatch):
    """No other duty than those of the test; what they did."""
    monkeypatch.setattr(registry, "_planned", {})
    return []


def _later(by: timedelta) -> None:
    for row in Duty.objects.all():
        row.due_at -= by
        row.save()


def test_a_duty_is_done_once_a_period(done):
    duties.register("roots", DAY, lambda: done.append("roots"))
    assert [duties.run_due() for _ in range(3)] == [1, 0, 0]
    _later(DAY)
    assert [duties.run_due() for _ in range(3)] == [1, 0, 0]
    assert done == ["roots", "roots"]
    row = Duty.objects.get()
    assert (row.every, row.failures) == (86_400, 0)
    assert row.done_at is not None


def test_a_period_does_not_move_when_the_clock_starts_again(done):
    duties.register("roots", DAY, lambda: done.append("roots"))
    duties.run_due()
    due = Duty.objects.get().due_at
    assert (due.hour, due.minute, due.second) == (0, 0, 0)
    assert timedelta() < due - timezone.now() <= DAY


def test_a_duty_that_fails_is_tried_again_later_and_stops_no_other(done):
    def fail():
        raise RuntimeError("panne")

    duties.register("bad", DAY, fail)
    duties.register("good", DAY, lambda: done.append("good"))
    assert duties.run_due() == 1
    bad = Duty.objects.get(name="bad")
    assert (bad.failures, bad.done_at) == (1, None)
    assert timedelta(seconds=50) < bad.due_at - timezone.now() <= timedelta(minutes=1)
    _later(timedelta(minutes=1))
    duties.run_due()
    bad.refresh_from_db()
    assert bad.failures == 2
    assert bad.due_at - timezone.now() > timedelta(seconds=100)
    assert done == ["good"]


def test_a_clock_a_day_ahead_then_set_right_neither_repeats_a_duty_nor_stops_it(done, monkeypatch):
    duties.register("figures", timedelta(minutes=1), lambda: done.append("figures"))
    duties.run_due()
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + DAY)
    assert [duties.run_due() for _ in range(3)] == [1, 0, 0]  # a day was missed, not 1,440 duties
    monkeypatch.setattr(timezone, "now", right)
    assert [duties.run_due() for _ in range(3)] == [1, 0, 0]
    assert Duty.objects.get().due_at - right() <= timedelta(minutes=1)


def test_what_a_duty_wrote_goes_with_its_mark_when_it_is_cut_short(done):
    def half():
        Duty.objects.create(name="written-by-it")
        if not done:
            done.append("cut")
            raise SystemExit  # as abrupt as a test may be: nothing of the house catches it

    duties.register("half", DAY, half)
    with pytest.raises(SystemExit):
        duties.run_due()
    assert not Duty.objects.filter(name="written-by-it").exists()
    assert duties.run_due() == 1
    assert Duty.objects.filter(name="written-by-it").count() == 1


def test_a_long_duty_that_was_cut_short_is_claimed_again_after_a_while_only(done):
    def cut():
        done.append("begun")
        if len(done) == 1:
            raise SystemExit

    duties.register("long", DAY, cut, apart=True)
    with pytest.raises(SystemExit):
        duties.run_due()
    assert duties.run_due() == 0
    _later(duties.CLAIM)
    assert duties.run_due() == 1
    assert duties.run_due() == 0
    assert done == ["begun", "begun"]


def test_the_clock_counts_in_minutes():
    with pytest.raises(ValueError, match="minutes"):
        duties.register("too-often", timedelta(seconds=5), lambda: None)
