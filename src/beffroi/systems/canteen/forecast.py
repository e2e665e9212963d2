"""The forecast of the next school days: one `Line` a site and day, with its interval and its quantity at each risk.

In come a history, the tables and the options; out go the lines, and the past forecasts made in the same conditions, on
which the margin of each risk was set: the chosen shortage is that of the last school year of such forecasts.
"""

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from beffroi.systems.canteen import ahead, bookings, features, rolling, weather
from beffroi.systems.canteen.ahead import Group
from beffroi.systems.canteen.features import Features
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.model import Model, Predictions, Rows, Vector
from beffroi.systems.canteen.options import RISKS, Options
from beffroi.systems.canteen.rolling import Calibration, Rolled
from beffroi.systems.contract import BadInput, Tables

_RECENT_DAYS = 40  # served days that tell which sites are open, on which weekdays


@dataclass(frozen=True)
class Line:
    """One site and day. Meals; `orders` by risk (a share of the meals); `announced`: what the bookings say, or NaN."""

    site: int
    day: date
    lead: int
    forecast: float
    low: int
    high: int
    orders: dict[float, int]
    baseline: float
    strike: bool
    announced: float
    weather: float  # what the weather changed, as a share
    margin: float
    values: Vector
    effects: Vector


@dataclass(frozen=True)
class Forecast:
    """All lines, and the past forecasts of the conditions that hold most of them."""

    lines: tuple[Line, ...]
    calibration: Calibration
    lead: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Settled:
    """What is set on past forecasts: the margin of each risk, and the factors of the interval."""

    margins: dict[float, float]
    factors: tuple[float, float]
    risk: float

    @classmethod
    def of(cls, calibration: Calibration, risk: float) -> "_Settled":
        risks = {risk, *(option / 100 for option in RISKS)}
        return cls({each: calibration.margin(each) for each in risks}, calibration.factors(), risk)


@dataclass(frozen=True)
class _Sources:
    """What may be known of a day beside the attendance: its bookings and its weather."""

    booked: bookings.Bookings | None
    sky: weather.Weather


def forecast(history: History, tables: Tables, options: Options, seed: int) -> Forecast:
    """Forecast the next days. Raises `BadInput` where no day can be forecast."""
    groups = ahead.groups(history, options)
    notes = ahead.warnings(history, groups, options)
    sources = _Sources(bookings.read_bookings(history, tables, options.today), weather.read_weather(tables))
    notes += sources.booked.notes if sources.booked else ()
    if sources.sky and groups[-1].lead > ahead.WEATHER_LEAD:
        notes.append(
            f"La météo n’est pas utilisée à plus de {ahead.WEATHER_LEAD} jours : une prévision du temps n’y vaut pas mieux que la saison."
        )
    made: list[tuple[list[Line], Calibration, int]] = []
    refused: list[str] = []
    for group in groups:
        try:
            made.append(_group(history, tables, group, options, seed, sources, notes))
        except BadInput as reason:  # days from further away ask for a longer history: the nearer ones stay
            span = f"du {group.days[0]:%d/%m/%Y} au {group.days[-1]:%d/%m/%Y}"
            notes.append(f"Les jours {span} ne sont pas prévus. {reason}")
            refused.append(str(reason))
    lines = sorted(
        (line for part, _, _ in made for line in part), key=lambda line: (line.day, history.sites[line.site])
    )
    if not lines:
        raise BadInput(refused[0] if refused else _too_short(options))
    _, calibration, lead = max(made, key=lambda part: len(part[0]))
    return Forecast(tuple(lines), calibration, lead, tuple(dict.fromkeys(notes)))


def _group(
    history: History,
    tables: Tables,
    group: Group,
    options: Options,
    seed: int,
    sources: _Sources,
    notes: list[str],
) -> tuple[list[Line], Calibration, int]:
    past = features.build(history, tables, group.lead, history.days)
    to_come = features.build(history, tables, group.lead, group.days)
    rows = _served(history, to_come, notes)
    if not len(rows):
        raise BadInput(_too_short(options))
    rolled = _rolled(history, past, group.lead, options, seed)
    known = np.flatnonzero(rolled.usual & np.isfinite(rolled.predictions.middle))
    if len(known) < 20:
        raise BadInput(
            "L’historique est trop court pour régler la marge de sécurité : il faut au moins trois mois d’école."
        )
    taught = rolling.taught(past, np.flatnonzero(rolled.usual), group.lead)
    model = Model(past, rolled.meals, taught, seed)
    predictions = model.predict(to_come, rows)
    days = [group.days[place] for place in to_come.day[rows]]
    moved = np.ones(len(rows))
    effect = _weather_effect(sources.sky, rolled, known, group, notes)
    if effect is not None:
        then = effect.factor(sources.sky, [history.days[place] for place in past.day])
        rolled = replace(rolled, predictions=rolled.predictions.times(then))
        moved = effect.factor(sources.sky, days)
        predictions = predictions.times(moved)
    calibration = rolling.calibration(history, rolled, rolled.predictions, known)
    settled = [_Settled.of(calibration, options.risk)] * len(rows)
    told = np.full(len(rows), np.nan)
    if sources.booked is not None:
        before = bookings.announced(
            history, sources.booked, past.site, [history.days[place] for place in past.day], group.lead
        )
        before = bookings.plausible(rolled.predictions, before)
        found = bookings.link(rolled.meals, rolled.predictions, before, known)
        if found is None:
            notes.append(bookings.UNKNOWN_RATIO)
        else:
            mornings = known[np.isfinite(before[known])]
            joined = bookings.join(rolled.predictions, before, found)
            with_them = _Settled.of(rolling.calibration(history, rolled, joined, mornings), options.risk)
            told = bookings.announced(history, sources.booked, to_come.site[rows], days, 1)
            told = bookings.plausible(predictions, told)
            predictions = bookings.join(predictions, told, found)
            settled = [
                with_them if known_here else plain
                for known_here, plain in zip(np.isfinite(told), settled, strict=True)
            ]
    effects = model.effects(to_come, rows)
    lines = [
        replace(
            _line(
                history, to_come, int(row), predictions.take(np.array([place])), settled[place], group.lead
            ),
            announced=float(told[place]),
            weather=float(moved[place]) - 1,
            effects=effects[place],
        )
        for place, row in enumerate(rows)
    ]
    return lines, calibration, group.lead


def _line(
    history: History, to_come: Features, row: int, one: Predictions, settled: _Settled, lead: int
) -> Line:
    middle, above, below = float(one.middle[0]), float(one.above[0]), float(one.below[0])
    room = float(one.room[0])
    low = max(middle - settled.factors[0] * below, 0.0)
    high = max(middle + settled.factors[1] * above, low)
    day = to_come.days[to_come.day[row]]
    return Line(
        site=int(to_come.site[row]),
        day=day,
        lead=lead,
        forecast=round(middle, 1),
        low=math.floor(min(low, middle)),
        high=math.ceil(max(high, middle)),
        orders={
            risk: max(math.ceil(middle + margin * room - 1e-9), 0) for risk, margin in settled.margins.items()
        },
        baseline=round(float(to_come.baseline[row]), 1),
        strike=day in history.calendar.strikes,
        announced=np.nan,
        weather=0.0,
        margin=settled.margins[settled.risk],
        values=to_come.values[row],
        effects=np.zeros(0),
    )


def _rolled(history: History, past: Features, lead: int, options: Options, seed: int) -> Rolled:
    """The forecasts of the last school year, made as they would have been. Raises `BadInput` where it is too short."""
    described = np.unique(past.day)
    if len(described) < 10:
        raise BadInput(_too_short(options))
    first = max(0, len(history.days) - rolling.CALIBRATION_DAYS)
    first = max(first, int(described[0]) + min(25, len(described) // 2))
    return rolling.roll(history, past, lead, first, seed, rolling.RUN_REFIT_DAYS)


def _weather_effect(
    sky: weather.Weather, rolled: Rolled, known: Rows, group: Group, notes: list[str]
) -> weather.Effect | None:
    """The effect of the weather, where it may be known that far ahead and is worth it."""
    if not sky or group.lead > ahead.WEATHER_LEAD:
        return None
    if not any(day in sky for day in group.days):
        notes.append("La météo des jours à prévoir n’est pas connue : elle n’a pas servi.")
        return None
    effect = weather.learn(sky, rolled, known)
    if effect is None:
        notes.append(
            "La météo n’a pas servi : sur les semaines passées, elle n’aurait pas rendu la prévision meilleure, ou elle y manque."
        )
    return effect


def _served(history: History, to_come: Features, notes: list[str]) -> Rows:
    """Rows of sites still open, on the weekdays that each serves."""
    window = [index for index in range(len(history.days)) if history.usual[index]][-_RECENT_DAYS:]
    weekdays = np.array([history.days[index].weekday() for index in window])
    served = np.isfinite(history.meals[:, window])
    closed = [site for site, line in zip(history.sites, served, strict=True) if not line.any()]
    if closed:
        notes.append(
            f"{len(closed)} site(s) sans repas depuis {_RECENT_DAYS} jours servis ne sont pas prévus : "
            f"{', '.join(closed[:3])}{'…' if len(closed) > 3 else ''}."
        )
    share = np.zeros((len(history.sites), 7))
    for weekday in range(7):
        if (weekdays == weekday).any():
            share[:, weekday] = served[:, weekdays == weekday].mean(axis=1)
    when = np.array([day.weekday() for day in to_come.days], dtype=np.int64)
    return np.flatnonzero(share[to_come.site, when[to_come.day]] >= 0.25)


def _too_short(options: Options) -> str:
    return (
        f"L’historique est trop court pour prévoir {options.horizon} jours à l’avance. Ajoutez les mois précédents "
        "ou réduisez le délai de prévision."
    )
