"""The calendar of a town beyond what its own tables know."""

from datetime import date

import pytest

from beffroi.public_holidays import french_public_holidays
from beffroi.systems.kit.calendar import Calendar


@pytest.mark.parametrize("last", [date(2027, 12, 25), date(2027, 5, 6)])
def test_public_holidays_are_known_after_the_last_day_of_the_own_table_of_a_town(last: date) -> None:
    known = french_public_holidays(2026) | french_public_holidays(2027) - {date(2027, 5, 1)}
    calendar = Calendar((), frozenset(day for day in known if day <= last), frozenset())
    assert not calendar.is_public_holiday(date(2027, 5, 1)), "the table stands for the days that it covers"
    assert calendar.is_public_holiday(date(2027, 12, 25)) and calendar.closed(date(2028, 1, 1))
    assert all(map(calendar.is_public_holiday, french_public_holidays(2028)))
    assert calendar.bridge(date(2028, 5, 26)), "the day after Ascension"
    assert not calendar.is_public_holiday(date(2028, 5, 26))


def test_an_empty_table_knows_no_day_and_the_french_ones_are_computed() -> None:
    assert Calendar((), frozenset(), frozenset()).is_public_holiday(date(2028, 7, 14))
