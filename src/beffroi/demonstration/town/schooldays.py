"""School years, holidays and strikes of the invented town; public holidays are the real ones of the Labour Code.

In: a year, a seed. Out: dates. School holidays follow the usual shape of the national calendar (two weeks at All
Saints', Christmas, February and April), not the decree of any year; the files say that they are simulated.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from beffroi.demonstration.town.model import stream
from beffroi.public_holidays import easter_sunday

DAY = timedelta(days=1)
# Monday, Tuesday, Thursday, Friday: the week of four days.
SCHOOL_WEEKDAYS = (0, 1, 3, 4)


@dataclass(frozen=True)
class Holiday:
    """From the first day without class to the last one."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Strike:
    """`share` of the meals that are not served that day."""

    day: date
    name: str
    share: float


def school_year_label(year: int) -> str:
    """Label of the school year that begins in September of `year`: « 2024-2025 »."""
    return f"{year}-{year + 1}"


def school_year_of(day: date) -> int:
    return day.year if day >= first_day(day.year) else day.year - 1


def first_day(year: int) -> date:
    day = date(year, 9, 1)
    while day.weekday() not in SCHOOL_WEEKDAYS:
        day += DAY
    return day


def holidays(year: int) -> tuple[Holiday, ...]:
    """Those of one school year, the summer after it included."""
    ascension = easter_sunday(year + 1) + 39 * DAY
    summer = _saturday(date(year + 1, 7, 4))
    return (
        _two_weeks("Vacances de la Toussaint", date(year, 10, 17)),
        _two_weeks("Vacances de Noël", date(year, 12, 18)),
        _two_weeks("Vacances d'hiver", date(year + 1, 2, 8)),
        _two_weeks("Vacances de printemps", date(year + 1, 4, 8)),
        Holiday("Pont de l'Ascension", ascension, ascension + 3 * DAY),
        Holiday("Vacances d'été", summer, first_day(year + 1) - DAY),
    )


def public_holidays(year: int) -> dict[date, str]:
    """Public holidays of a civil year (article L3133-1 of the Code du travail)."""
    sunday = easter_sunday(year)
    return {
        date(year, 1, 1): "Jour de l'an",
        sunday + DAY: "Lundi de Pâques",
        date(year, 5, 1): "Fête du travail",
        date(year, 5, 8): "Victoire 1945",
        sunday + 39 * DAY: "Ascension",
        sunday + 50 * DAY: "Lundi de Pentecôte",
        date(year, 7, 14): "Fête nationale",
        date(year, 8, 15): "Assomption",
        date(year, 11, 1): "Toussaint",
        date(year, 11, 11): "Armistice 1918",
        date(year, 12, 25): "Noël",
    }


@cache
def school_days(year: int) -> tuple[date, ...]:
    """Days with class, and so with meals, of one school year."""
    closed = {*public_holidays(year), *public_holidays(year + 1)}
    off = holidays(year)
    days = []
    day = first_day(year)
    while day < off[-1].first:
        if (
            day.weekday() in SCHOOL_WEEKDAYS
            and day not in closed
            and not any(h.first <= day <= h.last for h in off)
        ):
            days.append(day)
        day += DAY
    return tuple(days)


@cache
def strikes(seed: int, year: int) -> tuple[Strike, ...]:
    """Three to five days of strike a school year, on Tuesdays and Thursdays."""
    chance = stream(seed, "strikes", year)
    days = [day for day in school_days(year) if day.weekday() in (1, 3) and day.month not in (7, 9)]
    chosen = sorted(
        int(rank) for rank in chance.choice(len(days), size=int(chance.integers(3, 6)), replace=False)
    )
    names = ("Grève nationale interprofessionnelle", "Grève des agents territoriaux", "Grève de l'éducation")
    return tuple(
        Strike(
            days[rank], names[int(chance.integers(len(names)))], round(float(chance.uniform(0.25, 0.65)), 2)
        )
        for rank in chosen
    )


def last_school_week(today: date) -> date:
    """The last school day of the last whole week, before `today`, that had class."""
    monday = today - today.weekday() * DAY
    year = school_year_of(today)
    before = [day for candidate in (year - 1, year) for day in school_days(candidate) if day < monday]
    return before[-1]


def _saturday(day: date) -> date:
    return day + (5 - day.weekday()) % 7 * DAY


def _two_weeks(name: str, earliest: date) -> Holiday:
    first = _saturday(earliest)
    return Holiday(name, first, first + 15 * DAY)
