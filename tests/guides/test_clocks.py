"""Deadlines: hours one by one, the periods of EU texts (Regulation 1182/71), calendar days; clock changes, month ends, days off."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from beffroi.guides.clocks import Clock

PARIS = ZoneInfo("Europe/Paris")


def clock(counting: str, **delay: int) -> Clock:
    return Clock.model_validate(
        {"key": "k", "title": "Un délai", "text": "Ce qui est dû.", "article": "article 1", "starts": "known",
         "counting": counting, **delay}
    )  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("counting", "delay", "fact", "deadline"),
    [
        # Every hour counted.
        ("hours", {"hours": 72}, "2026-11-27 18:20", "2026-11-30 18:20:00"),
        ("hours", {"hours": 72}, "2026-12-31 23:59", "2027-01-03 23:59:00"),
        ("hours", {"hours": 24}, "2026-03-28 12:00", "2026-03-29 13:00:00"),  # the night of 23 hours
        ("hours", {"hours": 24}, "2026-10-24 12:00", "2026-10-25 11:00:00"),  # the night of 25
        # Article 3(1): the hour of the fact is not counted.
        ("eu", {"hours": 24}, "2026-11-27 18:20", "2026-11-28 19:00:00"),
        ("eu", {"hours": 72}, "2026-11-27 18:00", "2026-11-30 19:00:00"),
        # Days: the day of the fact is not counted, the last is whole, and a day off goes on to the next working day.
        ("eu", {"days": 3}, "2026-11-24 10:00", "2026-11-27 23:59:59"),
        ("eu", {"days": 3}, "2026-11-25 10:00", "2026-11-30 23:59:59"),  # Saturday
        ("eu", {"days": 2}, "2026-11-27 10:00", "2026-12-01 23:59:59"),  # two working days at least
        ("eu", {"days": 1}, "2026-12-24 10:00", "2026-12-28 23:59:59"),  # Christmas, then a week-end
        ("eu", {"months": 1}, "2026-01-31 10:00", "2026-03-02 23:59:59"),  # 28 February 2026 is a Saturday
        ("eu", {"months": 1}, "2026-04-14 10:00", "2026-05-15 23:59:59"),  # Ascension, 14 May
        ("eu", {"months": 1}, "2028-01-31 10:00", "2028-02-29 23:59:59"),
        ("calendar", {"days": 15}, "2026-12-17 10:00", "2027-01-01 23:59:59"),
        ("calendar", {"months": 2}, "2026-12-31 10:00", "2027-02-28 23:59:59"),
    ],
)
def test_a_deadline_counts_as_its_text_does(counting: str, delay: dict[str, int], fact: str, deadline: str):
    found = clock(counting, **delay).deadline(at(fact))
    assert found == at(deadline)
    assert found.utcoffset() == at(deadline).utcoffset()


def test_the_same_moment_has_the_same_deadline_wherever_it_is_told_from():
    fact = at("2026-11-27 18:20")
    assert clock("hours", hours=72).deadline(fact.astimezone(UTC)) == clock("hours", hours=72).deadline(fact)
    # 23:30 in UTC is the next day in France: the day of the fact is the French one.
    assert clock("eu", days=1).deadline(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == at(
        "2026-11-25 23:59:59"
    )


def test_a_moment_without_its_time_zone_is_refused():
    with pytest.raises(ValueError, match="fuseau"):
        clock("hours", hours=72).deadline(datetime(2026, 11, 27, 18, 20))


# --- Two hundred cases, against a count written apart: day by day on a calendar copied by hand, hour by hour on the clock of UTC.

DAYS_OFF = {
    "01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25",
    "2026-04-06", "2026-05-14", "2026-05-25", "2027-03-29", "2027-05-06", "2027-05-17", "2028-04-17", "2028-05-25", "2028-06-05",
}  # fmt: skip
FEBRUARY_29 = {2028}
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Nights of 23 and 25 hours, ends of months, eves of days off, and moments drawn between them.
MOMENTS = (
    "2026-03-28 02:30", "2026-03-29 01:59", "2026-03-29 03:00", "2026-10-24 02:30", "2026-10-25 01:30", "2026-10-25 03:00",
    "2027-03-27 23:10", "2027-10-30 12:00", "2028-03-25 14:00", "2028-10-28 20:00", "2026-01-30 10:00", "2026-01-31 23:59",
    "2027-01-29 00:00", "2028-01-31 10:00", "2028-02-29 08:00", "2026-12-23 17:00", "2026-12-31 23:59", "2027-04-30 09:00",
    "2026-05-13 18:00", "2027-05-05 16:45", "2028-05-24 11:11", "2026-07-13 19:00", "2027-08-13 20:00", "2026-11-10 07:00",
)  # fmt: skip


def cases() -> list[tuple[str, dict[str, int], datetime]]:
    draw = random.Random(1182)
    moments = [at(text) for text in MOMENTS]
    moments += [
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(3 * 365 * 24 * 60))
        for _ in range(17)
    ]
    ways = [
        ("hours", {"hours": 72}), ("eu", {"hours": 24}), ("eu", {"hours": 72}),
        ("eu", {"days": 3}), ("eu", {"months": 1}),
    ]  # fmt: skip
    return [(counting, delay, moment) for moment in moments for counting, delay in ways]


def is_off(day: date) -> bool:
    return day.weekday() > 4 or day.isoformat() in DAYS_OFF or day.isoformat()[5:] in DAYS_OFF


def month_later(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    last = 29 if month == 2 and year in FEBRUARY_29 else LENGTHS[month - 1]
    return date(year, month, min(day.day, last))


def counted_apart(counting: str, delay: dict[str, int], fact: datetime) -> datetime:
    if "hours" in delay:
        moment = fact.astimezone(UTC)
        if counting == "eu":
            while moment.minute or moment.second or moment == fact:
                moment += timedelta(minutes=1) - timedelta(seconds=moment.second)
        for _ in range(delay["hours"]):
            moment += timedelta(hours=1)
        return moment.astimezone(PARIS)
    first = fact.astimezone(PARIS).date()
    last = month_later(first) if "months" in delay else first + timedelta(delay["days"])
    while is_off(last) or sum(not is_off(first + timedelta(n + 1)) for n in range((last - first).days)) < 2:
        last += timedelta(1)
    return datetime.combine(last, time(23, 59, 59), PARIS)


def test_two_hundred_deadlines_are_those_of_a_count_written_apart():
    every = cases()
    assert len(every) >= 200
    assert [
        (counting, delay, fact.isoformat(), found.isoformat())
        for counting, delay, fact in every
        if (found := clock(counting, **delay).deadline(fact)) != counted_apart(counting, delay, fact)
    ] == []
