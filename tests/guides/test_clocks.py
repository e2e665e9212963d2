"""Deadlines: hours one by one, the periods of EU texts (Regulation 1182/71), calendar days; clock changes, month ends, days off."""

from datetime import UTC, datetime
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
