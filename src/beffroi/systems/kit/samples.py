"""One invented territory, from which every sample is drawn: its quarters, places, streets, weather and calendar.

In come a seed, a first and a last day; out come the same weather, holidays and inhabitants for every system, and every shared
input as a table. Nothing is real: the names are invented, and so is the place on the map.
"""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np

from beffroi.public_holidays import french_public_holidays
from beffroi.systems.contract import Tables
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.calendar import Calendar, Period, school_year
from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.ground import Plane, point_text
from beffroi.systems.kit.writing import input_table
from beffroi.systems.shared_inputs import PREFIX

CENTRE: Final = np.array([2.61, 47.93])
NAMES: Final = ("Les Tilleuls", "Le Vieux Moulin", "La Fontaine", "Les Hirondelles", "Pré-Fleuri", "Le Grand Chêne",
    "Les Coquelicots", "La Garenne", "Bellevue", "Les Sources", "Le Clos", "La Passerelle")  # fmt: skip
STREETS: Final = ("rue du Lavoir", "rue des Tilleuls", "chemin du Moulin", "place du Marché", "rue Haute", "rue des Jardins",
    "allée des Saules", "avenue de la Gare")  # fmt: skip
_QUARTERS: Final = ("Centre", "Gare", "Plaine", "Coteau", "Faubourg", "Lavoir")
_HOLIDAYS: Final = ((10, 17), (12, 19), (2, 10), (4, 8))  # from the first Saturday on, sixteen days
_PRICES: Final = {
    "Électricité": (0.19, 0.052),
    "Gaz naturel": (0.09, 0.215),
    "Réseau de chaleur": (0.11, 0.09),
}
_FORECAST_DAYS = 8  # of weather after the last day
_SHARES: Final = {"under_three": 0.033, "six_to_ten": 0.058, "over_sixty_five": 0.21}


@dataclass(frozen=True)
class Quarter:
    """`ages`: inhabitants by column of the shared input `population`."""

    name: str
    inhabitants: int
    ages: dict[str, int]


@dataclass(frozen=True)
class Weather:
    """Daily mean temperature (°C) and rain (mm) from the territory's first day on, some days past its last."""

    days: tuple[date, ...]
    temperature: Vector
    rain: Vector


@dataclass(frozen=True)
class Territory:
    """`first` and `last`: days that the sample's measures cover."""

    seed: int
    first: date
    last: date

    def chance(self, what: str) -> random.Random:
        """A generator of its own for each thing that is drawn: a further one changes nothing in the others."""
        return random.Random(f"{self.seed} {what}")  # noqa: S311  (an invented town, no secret)

    @property
    def days(self) -> list[date]:
        """Every day from the first to the last."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]

    @cached_property
    def holidays(self) -> tuple[Period, ...]:
        """School holidays of every school year that the days touch, and of the next."""
        return tuple(
            period
            for year in range(school_year(self.first) - 1, school_year(self.last) + 2)
            for period in _school_holidays(year)
        )

    @cached_property
    def strikes(self) -> frozenset[date]:
        """About one open day in a hundred."""
        quiet = Calendar(self.holidays, None, frozenset())
        chance = self.chance("strikes")
        return frozenset(day for day in self.days if chance.random() < 1 / 100 and not quiet.closed(day))

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.holidays, None, self.strikes)

    @cached_property
    def quarters(self) -> tuple[Quarter, ...]:
        chance = self.chance("quarters")
        found = []
        for name in _QUARTERS:
            inhabitants = round(chance.lognormvariate(8, 0.4))
            ages = {
                age: round(inhabitants * share * chance.uniform(0.7, 1.3)) for age, share in _SHARES.items()
            }
            found.append(Quarter(name, inhabitants, ages))
        return tuple(found)

    @cached_property
    def weather(self) -> Weather:
        """Weather of a mild oceanic climate: warm spells last, rain comes by days."""
        chance, spell, wet = self.chance("weather"), 0.0, False
        # The same day has the same weather, wherever the sample begins in its year.
        epoch = date(self.first.year - 1, 1, 1)
        days = [epoch + timedelta(n) for n in range((self.last - epoch).days + 1 + _FORECAST_DAYS)]
        temperature, rain = [], []
        for day in days:
            spell = 0.75 * spell + chance.gauss(0, 2)
            temperature.append(round(12 + 7.5 * season(day) + spell, 1))
            wet = chance.random() < (0.65 if wet else 0.3)
            rain.append(round(chance.expovariate(1 / 5), 1) if wet else 0.0)
        begin = (self.first - epoch).days
        return Weather(tuple(days[begin:]), np.array(temperature[begin:]), np.array(rain[begin:]))

    def somewhere(self, chance: random.Random, spread: float = 1500.0) -> Vector:
        """Longitude and latitude of a point of the town, `spread` metres (standard deviation) around its centre."""
        return CENTRE + Plane(float(CENTRE[1])).degrees(
            np.array([chance.gauss(0, spread), chance.gauss(0, spread)])
        )

    def shared(self, package: str, places: Iterable[str] = ()) -> Tables:
        """The shared inputs that the manifest uses, but buildings, their meters and works; `places`: names to put on the map."""
        tables = {}
        for declared in manifest_of(package).get("inputs", ()):
            rows = self._rows(str(declared.get("use", "")).removeprefix(PREFIX), sorted(places))
            if rows is None:
                continue
            names = {column.get("shared"): column["name"] for column in declared["columns"]}
            selected = ({names[key]: value for key, value in row.items() if key in names} for row in rows)
            tables[declared["name"]] = input_table(package, declared["name"], selected)
        return tables

    def _rows(self, name: str, places: list[str]) -> Iterable[dict[str, Any]] | None:
        """Rows of a shared input by the columns of `shared_inputs.toml`; None for one that the territory does not know."""
        match name:
            case "weather":
                weather = zip(self.weather.days, self.weather.temperature, self.weather.rain, strict=True)
                return ({"date": day, "temperature": warm, "rain": rain} for day, warm, rain in weather)
            case "school_holidays":
                return ({"start": start, "end": end} for start, end in self.holidays)
            case "public_holidays":
                years = range(self.first.year, self.last.year + 3)
                return ({"date": day} for year in years for day in sorted(french_public_holidays(year)))
            case "strikes":
                return ({"date": day} for day in sorted(self.strikes))
            case "population":
                return (
                    {"area": one.name, "inhabitants": one.inhabitants, **one.ages} for one in self.quarters
                )
            case "energy_prices":
                return (
                    {"energy": energy, "eur_per_kwh": price, "kgco2_per_kwh": carbon}
                    for energy, (price, carbon) in _PRICES.items()
                )
            case "places":
                return self._place_rows(places)
            case _:
                return None

    def _place_rows(self, names: list[str]) -> Iterator[dict[str, Any]]:
        """Half of the places by longitude and latitude, the others by a GeoJSON point, as real files mix them."""
        chance = self.chance("places")
        for number, name in enumerate(names):
            position = self.somewhere(chance)
            if number % 2:
                yield {"place": name, "geometry": point_text(position)}
            else:
                longitude, latitude = position.round(5).tolist()
                yield {"place": name, "longitude": longitude, "latitude": latitude}


def _school_holidays(year: int) -> Iterator[Period]:
    """The holidays of the school year that begins in September of this year; they begin on a Saturday, those of summer on 5 July."""
    for month, day in _HOLIDAYS:
        start = _saturday(date(year + (month < 8), month, day))
        yield start, start + timedelta(15)
    yield date(year + 1, 7, 5), date(year + 1, 8, 31)


def _saturday(day: date) -> date:
    return day + timedelta((5 - day.weekday()) % 7)


def season(day: date) -> float:
    """1 in the middle of summer, -1 in the middle of winter."""
    return math.cos(2 * math.pi * (day.timetuple().tm_yday - 200) / 365.25)


def address(chance: random.Random) -> str:
    """A number and a street."""
    return f"{chance.randrange(1, 90)} {chance.choice(STREETS)}"


def wandering(chance: random.Random, count: int, step: float = 0.03) -> Iterator[float]:
    """`count` levels, one a day, that wander around 1 and come back to it: habits that drift."""
    level = 1.0
    for _ in range(count):
        level = 0.97 * level + 0.03 + chance.gauss(0, step)
        yield level


def counted(chance: random.Random, expected: float, spread: float = 1.5) -> int:
    """A count around `expected`, never negative; its deviation is `spread` times that of a Poisson's."""
    return max(0, round(chance.gauss(expected, spread * math.sqrt(max(expected, 0.0)))))
