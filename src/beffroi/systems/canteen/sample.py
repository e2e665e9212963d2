"""Invented town for tests and for `beffroi check`: small, seeded, with the habits that real canteens have.

In come a seed, a number of sites and of school years; out go the system's tables, marked by no real name.
"""

import math
import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from beffroi.systems.contract import Tables
from beffroi.systems.kit.calendar import Calendar, school_year
from beffroi.systems.kit.samples import NAMES, Territory, counted, season
from beffroi.systems.kit.writing import input_table

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
_BOOKED_SITES = 5  # in six: the last one keeps a paper list


def make_sample(seed: int = 0, sites: int = 6, years: int = 3, first_year: int = 2021) -> Tables:
    """Every table of the town, the optional ones too."""
    town = Territory(seed, date(first_year, 9, 2), date(first_year + years, 7, 3))
    calendar, chance = Calendar(town.holidays, None, frozenset()), town.chance("canteen")
    days = [day for day in town.days if _open(calendar, day)]
    menus = {day: chance.choice(list(_DISHES)) for day in days}
    mood = _moods(town, chance)
    habits = {day: _habit(day, calendar) for day in days}
    attendance, rolls = list[dict[str, Any]](), list[dict[str, Any]]()
    for number in range(sites):
        again, place = divmod(number, len(NAMES))
        described = {
            "site": NAMES[place] + (f" {again + 1}" if again else ""),
            "site_type": ("maternelle", "élémentaire")[number % 2],
        }
        size, year = chance.uniform(60, 220), None
        for day in days:
            if school_year(day) != year:
                year = school_year(day)
                size *= 1 + chance.gauss(0, 0.05)
                rolls.append(
                    {
                        "site": described["site"],
                        "school_year": f"{year}-{year + 1}",
                        "pupils": round(size * 1.25),
                    }
                )
            usual, eve = habits[day]
            come = (
                size
                * (1 + usual + eve + _DISHES[menus[day]] + mood[day])
                * (0.5 if day in town.strikes else 1)
            )
            # The town's cooks know their schools and play it safe.
            ordered = size * (1 + usual + 0.5 * eve) * chance.gauss(1.05, 0.03)
            attendance.append(
                {
                    **described,
                    "date": day,
                    "meals": max(1, counted(chance, come, 0.6)),
                    "ordered": round(ordered),
                }
            )
    next_day = next(day for n in range(1, 200) if _open(calendar, day := days[-1] + timedelta(n)))
    found = {
        "attendance": attendance,
        "menus": [{"date": day, "dish": dish} for day, dish in menus.items()],
        "rolls": rolls,
        "bookings": _bookings(attendance, next_day, town.chance("bookings")),
        "leftovers": _leftovers(attendance),
    }
    made = {name: input_table(__package__, name, rows) for name, rows in found.items()}
    return made | town.shared(__package__, places={row["site"] for row in attendance})


def _open(calendar: Calendar, day: date) -> bool:
    return day.weekday() in _WEEKDAY and not calendar.closed(day)


def _moods(town: Territory, chance: random.Random) -> dict[date, float]:
    """Warm days go with good appetites here, rain with bad ones; neither explains all."""
    weather = town.weather
    return {
        day: (warm - 12 - 7.5 * season(day)) / 800 + 0.008 - math.sqrt(rain) / 85 + chance.gauss(0, 0.004)
        for day, warm, rain in zip(
            weather.days, weather.temperature.tolist(), weather.rain.tolist(), strict=True
        )
    }


def _habit(day: date, calendar: Calendar) -> tuple[float, float]:
    """The share more or less that comes on this weekday in this season, and on the eve of a break."""
    autumn = date(day.year if day.month >= 5 else day.year - 1, 11, 15)
    season_part = 0.02 * math.cos((day - autumn).days / 58) - (0.05 if day.month == 7 else 0)
    eve = -0.07 if calendar.until_break(day) <= 3 or calendar.gap_after(day) >= 3 else 0.0
    return _WEEKDAY[day.weekday()] + season_part, eve


def _leftovers(attendance: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """One canteen weighs what it throws away on its last twenty days: a little more of the meals that nobody came to eat."""
    first = attendance[0]["site"]
    for row in [row for row in attendance if row["site"] == first][-20:]:
        kilos = 0.11 * row["meals"] + 0.4 * max(0, row["ordered"] - row["meals"])
        yield {"site": row["site"], "date": row["date"], "kilos": round(kilos, 1)}


def _bookings(
    attendance: list[dict[str, Any]], next_day: date, chance: random.Random
) -> Iterator[Mapping[str, Any]]:
    """Two readings a day in the last year: the morning's, then, lower in the file, the one of the week before."""
    names = sorted({row["site"] for row in attendance})
    comes = {name: chance.uniform(0.88, 0.97) for name in names}
    keeps = names[: max(1, len(names) * _BOOKED_SITES // 6)]
    rows = [row for row in attendance if row["site"] in keeps and row["date"] >= next_day - timedelta(365)]
    last = {row["site"]: row["meals"] for row in rows}
    rows += [
        {"site": site, "date": next_day, "meals": meals * chance.gauss(1, 0.03)}
        for site, meals in sorted(last.items())
    ]
    for row in rows:
        for before, noise in ((0, 0.03), (7, 0.08)):
            booked = max(1, round(row["meals"] / comes[row["site"]] * chance.gauss(1, noise)))
            yield {
                "site": row["site"],
                "date": row["date"],
                "booked": booked,
                "taken_on": row["date"] - timedelta(before),
            }
