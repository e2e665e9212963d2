"""When a source is read next, and by when something is promised: clock changes, month ends, contracts."""

import itertools
from datetime import UTC, date, datetime

import pytest

from beffroi.web.catalogue.sources.fetch_schedules import PARIS, Schedule
from beffroi.web.catalogue.sources.promises import Promise, calendar_of, days_late, next_due


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def chain(schedule: Schedule, start: datetime, count: int) -> list[str]:
    """The next moments, as a clock on a wall in Paris shows them."""
    moments = []
    for _ in range(count):
        start = schedule.next_after(start)
        moments.append(f"{start.astimezone(PARIS):%Y-%m-%d %H:%M %Z}")
    return moments


def test_each_day_keeps_its_hour_when_the_clock_changes():
    moments = chain(Schedule("day", at="06:00"), paris("2027-03-26 12:00"), 3)
    assert moments == ["2027-03-27 06:00 CET", "2027-03-28 06:00 CEST", "2027-03-29 06:00 CEST"]


def test_an_hour_that_spring_skips_is_read_an_hour_later_and_never_lost():
    moments = chain(Schedule("day", at="02:30"), paris("2027-03-27 12:00"), 2)
    assert moments == ["2027-03-28 03:30 CEST", "2027-03-29 02:30 CEST"]


def test_an_hour_that_autumn_repeats_is_read_once():
    moments = chain(Schedule("day", at="02:30"), paris("2026-10-24 12:00"), 2)
    assert moments == ["2026-10-25 02:30 CEST", "2026-10-26 02:30 CET"]


def test_every_quarter_of_an_hour_goes_through_a_change_of_clock_without_a_hole():
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    schedule, moments = Schedule("minute", 15), []
    for _ in range(12):
        start = schedule.next_after(start)
        moments.append(start)
    assert all((b - a).total_seconds() == 900 for a, b in itertools.pairwise(moments))


def test_the_31st_is_the_last_day_of_shorter_months():
    moments = chain(Schedule("month", at="07:00", day=31), paris("2027-01-31 08:00"), 3)
    assert [line[:10] for line in moments] == ["2027-02-28", "2027-03-31", "2027-04-30"]


def test_a_day_of_the_week_comes_today_if_its_hour_is_still_ahead():
    tuesday = Schedule("week", at="18:00", weekday=1)
    assert chain(tuesday, paris("2026-11-24 17:59"), 2) == ["2026-11-24 18:00 CET", "2026-12-01 18:00 CET"]
    assert chain(tuesday, paris("2026-11-24 18:00"), 1) == ["2026-12-01 18:00 CET"]


def test_a_schedule_on_demand_has_no_next_moment():
    assert Schedule().next_after(paris("2026-11-24 12:00")) is None


@pytest.mark.parametrize(
    "wrong", [{"unit": "minute", "every": 7}, {"unit": "day", "at": "25:00"}, {"day": 32}]
)
def test_what_is_no_schedule_is_refused(wrong):
    with pytest.raises(ValueError):
        Schedule(**wrong)


TODAY = date(2026, 11, 24)
QUARTERLY = Promise("quarter", 1, 15, first=date(2026, 1, 31))


def test_without_a_calendar_the_delay_runs_from_the_last_arrival():
    weekly = Promise("week", 2)
    assert next_due(weekly, [date(2026, 11, 1), date(2026, 11, 14)], date(2026, 1, 1), TODAY) == date(
        2026, 11, 28
    )
    assert next_due(weekly, [], date(2026, 11, 20), TODAY) == date(2026, 12, 4)


def test_a_contract_of_the_31st_keeps_the_end_of_the_month():
    dues = [d.due for d in calendar_of(QUARTERLY, [], date(2026, 1, 1), TODAY)]
    assert dues == [
        date(2026, 1, 31),
        date(2026, 4, 30),
        date(2026, 7, 31),
        date(2026, 10, 31),
        date(2027, 1, 31),
    ]


def test_arrivals_meet_the_oldest_deadline_first_and_the_late_ones_are_marked():
    moments = calendar_of(QUARTERLY, [date(2026, 1, 20), date(2026, 6, 2)], date(2026, 1, 1), TODAY)
    states = [(d.due.month, d.state(QUARTERLY, TODAY)) for d in moments]
    assert states == [(1, "received"), (4, "received_late"), (7, "late"), (10, "late"), (1, "coming")]
    assert next_due(QUARTERLY, [date(2026, 1, 20), date(2026, 6, 2)], date(2026, 1, 1), TODAY) == date(
        2026, 7, 31
    )


def test_a_second_file_of_the_same_period_pays_nothing_in_advance():
    arrivals = [date(2026, 1, 20), date(2026, 1, 25), date(2026, 1, 30)]
    assert next_due(QUARTERLY, arrivals, date(2026, 1, 1), TODAY) == date(2026, 4, 30)


def test_nothing_is_owed_after_the_end_of_the_clause():
    ended = Promise("quarter", 1, 0, first=date(2026, 1, 31), until=date(2026, 6, 30))
    assert next_due(ended, [date(2026, 1, 20), date(2026, 4, 2)], date(2026, 1, 1), TODAY) is None
    assert next_due(ended, [date(2026, 1, 20)], date(2026, 1, 1), TODAY) == date(2026, 4, 30)


def test_a_delay_begins_the_day_after_the_grace_and_counts_from_the_deadline():
    due = date(2026, 11, 10)
    assert days_late(due, 14, TODAY) == 0
    assert days_late(due, 13, TODAY) == 14
    assert days_late(None, 0, TODAY) == 0
    assert days_late(TODAY, 0, TODAY) == 0


def test_promises_are_described_in_french():
    assert Promise("quarter", 1, 15).describe() == "du nouveau chaque trimestre, 15 jours de délai admis"
    assert Promise("month", 6).describe() == "du nouveau tous les 6 mois"
    assert Promise("week", 2).describe() == "du nouveau toutes les 2 semaines"
    assert (
        Schedule("month", at="06:30", day=31).describe()
        == "le 31 de chaque mois (ou le dernier jour), à 6 h 30"
    )
    assert Schedule("week", at="07:00", weekday=2).describe() == "chaque mercredi, à 7 h"
