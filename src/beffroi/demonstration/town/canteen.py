"""How many meals are eaten and how many the town orders, site by site and day by day.

In: a seed, the schools and a school year. Out: orders and meals eaten.
What can be learnt: weekdays, the menu, holidays, months, rolls. What cannot: illness, outings, chance. The order is
that of an agent: the last weeks, a margin against shortage, a round figure, and last week's sheet copied when in a
hurry. The level of a year depends on that year only, so the past never changes when time goes on.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from beffroi.demonstration.town.menus import menus
from beffroi.demonstration.town.model import School, stream
from beffroi.demonstration.town.schooldays import Strike, holidays, public_holidays, school_days, strikes
from beffroi.demonstration.town.schools import roll

_WEEKDAYS = {0: 0.985, 1: 1.012, 3: 1.006, 4: 0.955}
_MONTHS = {9: 0.985, 1: 0.992, 5: 0.985, 6: 0.965, 7: 0.930}


@dataclass(frozen=True)
class Meal:
    """Meals of one site on one day; `eaten` is None when the canteen was closed or its sheet was lost."""

    school: School
    day: date
    ordered: int
    eaten: int | None


@dataclass(frozen=True)
class _Agent:
    """Habits of whoever fills the order sheet of a site."""

    margin: float
    haste: float


def meals(seed: int, schools: Iterable[School], year: int) -> list[Meal]:
    """Every site on every school day of the year, by day then site."""
    days = school_days(year)
    common = _common_factor(seed, year, days)
    struck = {strike.day: strike for strike in strikes(seed, year)}
    made = [meal for school in schools for meal in _site(seed, school, year, days, common, struck)]
    return sorted(made, key=lambda meal: (meal.day, meal.school.code))


def _common_factor(seed: int, year: int, days: tuple[date, ...]) -> dict[date, float]:
    """What moves all sites at once: calendar, winter illness, the air of the day."""
    chance = stream(seed, "common", year)
    waves = [
        (
            days[0] + timedelta(days=int(chance.integers(65, 200))),
            chance.uniform(6, 11),
            chance.uniform(0.02, 0.07),
        )
        for _ in range(3)
    ]
    off = {*public_holidays(year), *public_holidays(year + 1)}
    for holiday in holidays(year):
        off |= {holiday.first + timedelta(days=n) for n in range((holiday.last - holiday.first).days + 1)}
    factor, air = {}, 0.0
    for day in days:
        air = 0.6 * air + float(chance.normal(0, 0.010))
        ill = sum(depth * math.exp(-(((day - peak).days / width) ** 2) / 2) for peak, width, depth in waves)
        usual = _WEEKDAYS[day.weekday()] * _MONTHS.get(day.month, 1.0)
        factor[day] = usual * _bridge(day, off) * (1 - ill) * (1 + air)
    return factor


def _bridge(day: date, off: set[date]) -> float:
    """Families leave early: a lone day beside a public holiday, the last day before holidays."""
    lone = (day.weekday() == 4 and day - timedelta(days=1) in off) or (
        day.weekday() == 0 and day + timedelta(days=1) in off
    )
    if lone:
        return 0.87
    return (
        0.955
        if day.weekday() == 4 and day + timedelta(days=3) in off and day + timedelta(days=1) in off
        else 1.0
    )


def _site(
    seed: int,
    school: School,
    year: int,
    days: tuple[date, ...],
    common: dict[date, float],
    struck: dict[date, Strike],
) -> list[Meal]:
    traits = stream(seed, "site", school.code)
    share = float(traits.uniform(0.62, 0.82) if school.kind == "E" else traits.uniform(0.55, 0.74))
    weekdays = {weekday: 1 + float(traits.normal(0, 0.018)) for weekday in _WEEKDAYS}
    agent = _Agent(margin=float(traits.uniform(0.02, 0.085)), haste=float(traits.uniform(0.2, 0.45)))

    chance = stream(seed, "meals", school.code, year)
    pupils = roll(seed, school, year)
    share = min(0.92, share * (1 + float(chance.normal(0, 0.02))))
    dishes = menus(seed, year)
    taste = 1.0 if school.kind == "E" else 0.6
    habit = 0.0
    known: dict[int, list[int]] = defaultdict(list)
    sheets: dict[int, int] = {}
    made = []
    for day in days:
        habit = 0.8 * habit + float(chance.normal(0, 0.016))
        usual = pupils * share * common[day] * weekdays[day.weekday()]
        usual *= (1 + taste * dishes[day].draw) * (1 + habit)
        absent, expected = _exception(chance, school, day, struck)
        closed = absent >= 0.999
        spread = 0.7 * math.sqrt(max(usual, 1.0) * (1 - share))
        came = usual * (1 - absent) + float(chance.normal(0, spread))
        eaten = max(0, min(pupils, round(came)))
        ordered = _order(chance, agent, known[day.weekday()], sheets.get(day.weekday()), pupils, expected)
        if absent == 0.0:
            known[day.weekday()].append(eaten)
            sheets[day.weekday()] = ordered
        lost = closed or float(chance.uniform()) < 0.003
        made.append(Meal(school, day, ordered, None if lost else eaten))
    return made


def _exception(
    chance: np.random.Generator, school: School, day: date, struck: dict[date, Strike]
) -> tuple[float, float]:
    """The share of pupils absent for a strike or an outing, and the share that the agent was told of."""
    outing, announced, part, local = (float(value) for value in chance.uniform(size=4))
    strike = struck.get(day)
    if strike:
        absent = min(1.0, strike.share * (0.6 + 0.8 * local))
        return (1.0, 1.0) if absent > 0.7 else (absent, strike.share)
    often = 0.025 if day.month in (4, 5, 6, 7) else 0.007
    if school.kind == "E" and outing < often:
        absent = 0.12 + 0.45 * part
        return absent, absent * 0.9 if announced < 0.85 else 0.0
    return 0.0, 0.0


def _order(
    chance: np.random.Generator,
    agent: _Agent,
    before: list[int],
    sheet: int | None,
    pupils: int,
    expected: float,
) -> int:
    """What the agent orders: never from the menu, never from a model."""
    hurry = float(chance.uniform())
    if before:
        recent = before[-3:]
        level = sum(recent) / len(recent)
    else:
        level = 0.70 * pupils
    wanted = level * (1 + agent.margin) * (1 + float(chance.normal(0, 0.045)))
    if sheet is not None and hurry < agent.haste and abs(sheet - wanted) < 0.07 * wanted and sheet > level:
        wanted = float(sheet)
    if expected >= 0.999:
        return 0
    step = 5 if pupils >= 60 else 2
    return step * math.ceil(wanted * (1 - 0.9 * expected) / step)
