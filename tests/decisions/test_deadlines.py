"""The hour by which a day must be decided, on the two nights on which the clocks of France change."""

from datetime import date, time, timedelta

import pytest

from beffroi.web.decisions.models import Deadline
from support.clock import PARIS

FORWARD, BACK = date(2027, 3, 28), date(2027, 10, 31)


@pytest.mark.parametrize("night", [FORWARD, BACK, date(2027, 2, 28), date(2026, 12, 31)])
@pytest.mark.parametrize("at", [time(1, 30), time(2, 30), time(3, 30), time(23, 40)])
@pytest.mark.parametrize("days_before", [0, 1])
def test_a_day_closes_at_the_moment_that_the_page_gives(night: date, at: time, days_before: int) -> None:
    """Also where that hour is skipped, or comes twice."""
    deadline = Deadline(system="canteen", at=at, days_before=days_before)
    day = night + timedelta(days=days_before)
    moment = deadline.moment(day)
    assert deadline.last_closed_day(moment) == day
    assert deadline.last_closed_day(moment - timedelta(seconds=1)) == day - timedelta(days=1)


def test_an_hour_that_is_skipped_is_read_an_hour_later_and_one_that_comes_twice_the_first_time() -> None:
    deadline = Deadline(system="canteen", at=time(2, 30))
    assert deadline.moment(FORWARD).astimezone(PARIS).isoformat() == "2027-03-28T03:30:00+02:00"
    assert deadline.moment(BACK).astimezone(PARIS).isoformat() == "2027-10-31T02:30:00+02:00"
