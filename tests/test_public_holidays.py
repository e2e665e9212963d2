"""French public holidays and the date of Easter, against published calendars."""

from datetime import date

import pytest

from beffroi.public_holidays import easter_sunday, french_public_holidays


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1818, (3, 22)),  # the earliest possible
        (2000, (4, 23)),
        (2024, (3, 31)),
        (2025, (4, 20)),
        (2026, (4, 5)),
        (2038, (4, 25)),  # the latest possible
    ],
)
def test_easter_sunday_follows_the_gregorian_computation(year: int, day: tuple[int, int]) -> None:
    assert easter_sunday(year) == date(year, *day)


def test_easter_is_a_sunday_within_its_bounds_in_every_year() -> None:
    for year in range(1900, 2200):
        easter = easter_sunday(year)
        assert easter.weekday() == 6
        assert date(year, 3, 22) <= easter <= date(year, 4, 25)


def test_public_holidays_are_the_eleven_of_the_labour_code() -> None:
    assert french_public_holidays(2024) == {
        date(2024, *day)
        for day in (
            (1, 1),
            (4, 1),  # Easter Monday
            (5, 1),
            (5, 8),
            (5, 9),  # Ascension
            (5, 20),  # Whit Monday
            (7, 14),
            (8, 15),
            (11, 1),
            (11, 11),
            (12, 25),
        )
    }
    assert len(french_public_holidays(2023)) == 11
