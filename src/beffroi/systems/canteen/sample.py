"""Invented town for tests and for `beffroi check`: small, seeded, with the habits that real canteens have.

In come a seed, a number of sites and of school years; out go the system's tables, marked by no real name.
"""

import math
import random
from datetime import date, timedelta

import pyarrow as pa

from beffroi.systems.canteen.sample_further import further
from beffroi.systems.contract import Tables
from beffroi.systems.kit.calendar import Calendar
from beffroi.systems.public_holidays import french_public_holidays

_NAMES = (
    "Les Tilleuls",
    "Le Vieux Moulin",
    "La Fontaine",
    "Les Hirondelles",
    "Pré-Fleuri",
    "Le Grand Chêne",
    "Les Coquelicots",
    "La Garenne",
    "Bellevue",
    "Les Sources",
    "Le Clos",
    "La Passerelle",
)
_DISHES = {
    "Steak haché, frites": 0.05,
    "Filet de poisson, épinards": -0.05,
    "Poulet rôti, pâtes": 0.02,
    "Omelette, ratatouille": -0.03,
    "Hachis parmentier": 0.01,
    "Saucisses, lentilles": -0.01,
    "Pizza, salade verte": 0.04,
    "Colin, riz": -0.02,
    "Lasagnes de légumes": 0.0,
    "Rôti de dinde, petits pois": 0.0,
}
_WEEKDAY = {0: -0.04, 1: 0.0, 3: 0.01, 4: 0.03}


def make_sample(seed: int = 0, sites: int = 6, years: int = 3, first_year: int = 2021) -> Tables:
    """Every table of an invented town; the optional ones of `sample_further` too."""
    rng = random.Random(seed)  # noqa: S311  (an invented town, no secret)
    holidays = [span for year in range(first_year, first_year + years + 1) for span in _holidays(year)]
    calendar = Calendar(tuple(holidays), None, frozenset())
    last = date(first_year + years, 7, 4)
    days = [
        day
        for day in (
            date(first_year, 9, 2) + timedelta(n) for n in range((last - date(first_year, 9, 2)).days)
        )
        if day.weekday() in _WEEKDAY and not calendar.closed(day)
    ]
    strikes = set(rng.sample(days, max(1, len(days) // 60)))
    menus = {day: rng.choice(list(_DISHES)) for day in days}
    town = {day: rng.gauss(0, 0.012) for day in days}
    attendance: dict[str, list[object]] = {
        "site": [],
        "date": [],
        "meals": [],
        "ordered": [],
        "site_type": [],
    }
    rolls: dict[str, list[object]] = {"site": [], "school_year": [], "pupils": []}
    for number in range(sites):
        name = _NAMES[number % len(_NAMES)] + (
            f" {number // len(_NAMES) + 1}" if number >= len(_NAMES) else ""
        )
        kind = ("maternelle", "élémentaire")[number % 2]
        size = rng.uniform(60, 220)
        for year in range(first_year, first_year + years):
            size *= 1 + rng.gauss(0, 0.05)
            rolls["site"].append(name)
            rolls["school_year"].append(f"{year}-{year + 1}")
            rolls["pupils"].append(round(size * 1.25))
            for day in (day for day in days if date(year, 8, 1) <= day < date(year + 1, 8, 1)):
                season = 0.02 * math.cos((day - date(year, 11, 15)).days / 58) - (
                    0.05 if day.month >= 7 else 0
                )
                eve = -0.05 if calendar.until_break(day) <= 3 or calendar.gap_after(day) >= 3 else 0.0
                usual = size * (1 + _WEEKDAY[day.weekday()] + season + eve + _DISHES[menus[day]] + town[day])
                if day in strikes:
                    usual *= 0.5
                meals = max(1, round(usual + rng.gauss(0, 0.6) * math.sqrt(usual)))
                # The town's cooks know their schools and play it safe.
                expected = size * (1 + _WEEKDAY[day.weekday()] + season + 0.5 * eve)
                attendance["site"].append(name)
                attendance["date"].append(day)
                attendance["meals"].append(meals)
                attendance["ordered"].append(round(expected * 1.05 + rng.gauss(0, 0.03) * expected))
                attendance["site_type"].append(kind)
    public = sorted(
        day for year in range(first_year, first_year + years + 2) for day in french_public_holidays(year)
    )
    return {
        "attendance": pa.table(attendance),
        "menus": pa.table({"date": list(menus), "dish": list(menus.values())}),
        "strikes": pa.table({"date": sorted(strikes)}),
        "holidays": pa.table(
            {"start": [first for first, _ in holidays], "end": [end for _, end in holidays]}
        ),
        "public_holidays": pa.table({"date": public}),
        "rolls": pa.table(rolls),
        **further(attendance, town, _next_day(calendar, days[-1]), seed),
    }


def _next_day(calendar: Calendar, day: date) -> date:
    while True:
        day += timedelta(1)
        if day.weekday() in _WEEKDAY and not calendar.closed(day):
            return day


def _holidays(year: int) -> list[tuple[date, date]]:
    """Plausible school holidays of the school year that begins this year, last day off included."""
    return [
        (date(year, 10, 21), date(year, 11, 5)),
        (date(year, 12, 23), date(year + 1, 1, 7)),
        (date(year + 1, 2, 17), date(year + 1, 3, 3)),
        (date(year + 1, 4, 13), date(year + 1, 4, 28)),
        (date(year + 1, 7, 5), date(year + 1, 9, 1)),
    ]
