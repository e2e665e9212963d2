"""Invented town for tests and for `beffroi check`: small, seeded, with the habits that public buildings have.

In come a seed and sizes; out go the system's tables, marked by no real name, and what was planted in them: anomalies of the
last weeks, and the true saving of finished works.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings import causes
from beffroi.systems.buildings.days import Days, Vector, read_days
from beffroi.systems.contract import Tables
from beffroi.systems.kit import writing
from beffroi.systems.kit.ground import point_text
from beffroi.systems.kit.samples import Territory

_NAMES = (
    ("École des Tilleuls", "école"),
    ("Mairie de Valbruyère", "bureaux"),
    ("Gymnase du Vieux Moulin", "sport"),
    ("École Pré-Fleuri", "école"),
    ("Médiathèque La Passerelle", "culture"),
    ("Piscine des Sources", "piscine"),
    ("Crèche Les Hirondelles", "petite enfance"),
    ("École du Grand Chêne", "école"),
    ("Centre technique de la Garenne", "ateliers"),
    ("Maison des associations", "culture"),
)
_COMMUNES = ("Valbruyère", "Saint-Élan")
_DONE = {1: ("Isolation de la toiture", 0.15, 420), 5: ("Nouvelle régulation", 0.08, 300)}
LAST = date(2024, 12, 15)


@dataclass(frozen=True)
class Invented:
    """`causes` by building and energy: what was planted in the last four weeks; `savings`: the true share by building."""

    tables: Tables
    causes: dict[tuple[str, str], str]
    savings: dict[str, float]


@dataclass
class _Meter:
    building: str
    use: str
    energy: str
    number: str
    level: float
    heat: float  # share of the level a degree
    balance: float
    off: float  # what is left of base and heating on days off
    holiday: float
    base: float
    noise: float
    anomaly: str = ""
    saving: float = 0.0
    works: str = ""
    done: date | None = None
    kwh: Vector = field(default_factory=lambda: np.empty(0))


def make_sample(seed: int = 0, buildings: int = 10, days: int = 1200, last: date = LAST) -> Tables:
    """Readings, weather, buildings, works, prices and calendar of an invented town."""
    return invent(seed, buildings, days, last).tables


def invent(
    seed: int = 0, buildings: int = 10, days: int = 1200, last: date = LAST, anomalies: bool = True
) -> Invented:
    """The same, with what was planted."""
    rng = np.random.default_rng(seed)
    town = Territory(seed, last - timedelta(days - 1), last)
    shared = town.shared(__package__)
    axis = read_days(shared, town.first, last, [])
    meters = _meters(rng, buildings, last, anomalies)
    for meter in meters:
        meter.kwh = _consume(meter, axis, rng)
    return Invented(
        tables={
            "meters": _readings(meters, town.days, rng),
            "buildings": _buildings(meters, town, rng),
            "works_done": _works_done(meters),
            "works_considered": _works_considered(meters, rng),
            **shared,
        },
        causes={(meter.building, meter.energy): meter.anomaly for meter in meters if meter.anomaly},
        savings={meter.building: meter.saving for meter in meters if meter.saving},
    )


def _meters(rng: np.random.Generator, buildings: int, last: date, anomalies: bool) -> list[_Meter]:
    found: list[_Meter] = []
    plan = {
        0: causes.REGULATION,
        2: causes.WEEKEND,
        4: causes.PERMANENT,
        6: causes.SILENT,
        8: causes.STUCK,
    }
    for number in range(buildings):
        name, use = _NAMES[number % len(_NAMES)]
        if number >= len(_NAMES):
            name += f" {number // len(_NAMES) + 1}"
        school = use == "école"
        anomaly = plan.get(number % len(_NAMES), "") if anomalies else ""
        energy = ("Gaz naturel", "Réseau de chaleur")[number % 4 == 3]
        off = float(rng.uniform(0.45, 0.9))
        heater = _Meter(
            building=name,
            use=use,
            energy=energy,
            number="",
            level=float(np.exp(rng.normal(6.0, 0.5))),
            heat=float(rng.uniform(0.10, 0.22)),
            balance=float(rng.uniform(14, 17)),
            off=off,
            holiday=off if school else 1.0,
            base=float(rng.uniform(0.05, 0.2)),
            noise=float(rng.uniform(0.06, 0.14)),
            anomaly=anomaly if anomaly == causes.REGULATION else "",
        )
        found.append(heater)
        if number % 10 in _DONE:
            heater.works, heater.saving, before = _DONE[number % 10]
            heater.done = last - timedelta(before)
        for counter in range(2 if number % 10 == 1 else 1):
            electric = _Meter(
                building=name,
                use=use,
                energy="Électricité",
                number=f"PDL{number:02d}{counter}",
                level=float(np.exp(rng.normal(5.0, 0.5))),
                heat=0.0 if number % 3 else float(rng.uniform(0.01, 0.03)),
                balance=15.0,
                off=float(rng.uniform(0.35, 0.8)),
                holiday=0.6 if school else 0.95,
                base=1.0,
                noise=float(rng.uniform(0.05, 0.12)),
            )
            if anomaly != causes.REGULATION and not counter:
                electric.anomaly = anomaly
            found.append(electric)
    return found


def _consume(meter: _Meter, days: Days, rng: np.random.Generator) -> Vector:
    """kWh a day: base and heating, days off, holidays, habits that drift, days that resemble the day before."""
    count = len(days)
    off = np.where(days.off, meter.off, 1.0)
    off = np.where(days.holiday & ~days.off, np.minimum(off, meter.holiday), off)
    felt = np.array(days.temperature)
    for place in range(1, count):
        felt[place] = 0.7 * days.temperature[place] + 0.3 * felt[place - 1]
    heating = meter.heat * np.maximum(meter.balance - felt, 0) * (0.5 + 0.5 * off)
    season = 0.06 * np.cos(2 * np.pi * (days.day_of_year - 10) / 365.25) * (meter.heat == 0)
    base = meter.base * off * (1 + season)
    begin = count - 28
    recent = np.arange(count) >= begin
    if meter.anomaly == causes.REGULATION:
        heating = np.where(recent, heating * 1.35, heating)
    elif meter.anomaly == causes.WEEKEND:
        base = np.where(recent & days.off, base / meter.off * 0.97, base)
    elif meter.anomaly == causes.PERMANENT:
        base = base + np.where(recent, 0.3 * meter.base, 0.0)
    habits = np.cumsum(rng.normal(0, 0.02, count // 365 + 2))
    level = np.exp(np.interp(np.arange(count), np.arange(0, count + 365, 365), habits))
    noise = np.zeros(count)
    for place in range(1, count):
        noise[place] = 0.3 * noise[place - 1] + rng.normal(0, meter.noise)
    kwh = meter.level * (base + heating) * level * np.exp(noise)
    if meter.done is not None:
        kwh = np.where(np.arange(count) > days.at(meter.done), kwh * (1 - meter.saving), kwh)
    if meter.anomaly == causes.SILENT:
        kwh[count - 9 :] = np.nan
    elif meter.anomaly == causes.STUCK:
        kwh[count - 12 :] = kwh[count - 12]
    return np.asarray(np.round(kwh, 1))


def _readings(meters: list[_Meter], dates: list[date], rng: np.random.Generator) -> pa.Table:
    """Long rows with what real files hold: a few holes, estimated days, one meter in Wh."""
    rows: list[dict[str, object]] = []
    for order, meter in enumerate(meters):
        hole = rng.random(len(dates)) < 0.01
        guessed = rng.random(len(dates)) < 0.01
        in_wh = order == 3
        for place, day in enumerate(dates):
            value = float(meter.kwh[place])
            if hole[place] or not np.isfinite(value):
                continue
            value = value * 1.15 if guessed[place] else value
            rows.append(
                {
                    "building": meter.building,
                    "meter": meter.number or None,
                    "energy": meter.energy,
                    "date": day,
                    "kwh": float(round(value * 1000)) if in_wh else round(value, 1),
                    "unit": "Wh" if in_wh else "kWh",
                    "quality": "estimé" if guessed[place] else "réel",
                }
            )
    return pa.Table.from_pylist(rows)


def _buildings(meters: list[_Meter], town: Territory, rng: np.random.Generator) -> pa.Table:
    uses = {meter.building: meter.use for meter in meters}
    year: dict[str, float] = {}
    for meter in meters:
        year[meter.building] = year.get(meter.building, 0.0) + 365 * float(np.nanmean(meter.kwh))
    chance = town.chance("buildings")
    rows = (
        {
            "building": name,
            "use": use,
            "commune": _COMMUNES[place % 2],
            "surface": float(round(year[name] / float(rng.uniform(90, 220)))),
            "geometry": point_text(town.somewhere(chance)),
        }
        for place, (name, use) in enumerate(uses.items())
    )
    return writing.input_table(__package__, "buildings", rows)


def _works_done(meters: list[_Meter]) -> pa.Table:
    rows = (
        {
            "building": meter.building,
            "kind": meter.works,
            "date": meter.done,
            "start": meter.done - timedelta(60),
            "energy": meter.energy,
            "promised_percent": 100 * meter.saving + 3,
        }
        for meter in meters
        if meter.done is not None
    )
    return writing.input_table(__package__, "works_done", rows)


def _works_considered(meters: list[_Meter], rng: np.random.Generator) -> pa.Table:
    rows: list[dict[str, object]] = []
    kinds = (
        ("Programmer le chauffage", "chauffage", 5.0, 12.0, 0.05),
        ("Isoler la toiture", "chauffage", 10.0, 20.0, 1.2),
        ("Éclairage à LED", "hors chauffage", 15.0, 35.0, 0.6),
        ("Changer la chaudière", "tout", 8.0, 18.0, 1.0),
    )
    for order, meter in enumerate(meters):
        kind, target, low, high, price = kinds[(order // 2) % len(kinds)]
        electric = meter.energy == "Électricité"
        if electric != (target == "hors chauffage"):
            continue
        year = 365 * float(np.nanmean(meter.kwh))
        rows.append(
            {
                "building": meter.building,
                "kind": kind,
                "cost": float(round(year * price * float(rng.uniform(0.7, 1.3)) / 100) * 100 + 500),
                "saving_low": low,
                "saving_high": high,
                "target": target,
                "energy": meter.energy,
            }
        )
    return writing.input_table(__package__, "works_considered", rows)
