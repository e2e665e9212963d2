"""Forecast of the next school days: one `Line` a site and day, with its interval and its quantity at each risk.

In come a history, the tables and the options; out go the lines, and by lead the past forecasts made in the same conditions,
on which the margin of each risk was set: the chosen shortage is that of the last school year of such forecasts.
"""

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from beffroi.systems.canteen import bookings, lead_times, rolling, weather
from beffroi.systems.canteen.features import Describer, Features
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.lead_times import Group
from beffroi.systems.canteen.model import Model, Predictions
from beffroi.systems.canteen.options import RISKS, Options
from beffroi.systems.canteen.periods import first_test_index
from beffroi.systems.canteen.rolling import Calibration, Rolled
from beffroi.systems.canteen.training_set import build_training_set
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.kit.words import listed, plural, short_day

_MIN_DAYS, _MIN_ROWS = 10, 20  # described days, past forecasts: below, nothing can be set
_MAX_SCHOOL_YEAR_DAYS = 190  # served days: no school year has more
_RECENT_DAYS = 40  # served days that show which sites are open, on which weekdays


@dataclass(frozen=True)
class Line:
    """One site and day. Meals; `orders` by risk (a share of the meals); `announced`: meals announced by the bookings, or NaN."""

    site: int
    day: date
    lead: int
    forecast: float
    low: int
    high: int
    orders: dict[float, int]
    baseline: float
    reference_order: int | None  # without AI: the baseline and its own margin, at the chosen risk
    strike: bool
    announced: float
    weather: float  # what the weather changed, as a share
    margin: float
    values: Vector
    effects: Vector


@dataclass(frozen=True)
class Part:
    """The days forecast at one lead, and the past forecasts made at that lead. `lines`: in no order."""

    lead: int
    lines: tuple[Line, ...]
    calibration: Calibration


@dataclass(frozen=True)
class Forecast:
    """All lines in order, the same by lead, and `judged`: the ordinal from which past days are those of the verdict."""

    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    judged: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _MarginSettings:
    """Settings learned on past forecasts: the margin of each risk, and the factors of the interval."""

    margins: dict[float, float]
    factors: tuple[float, float]
    risk: float
    reference_margin: float | None

    @classmethod
    def of(cls, calibration: Calibration, risk: float) -> "_MarginSettings":
        risks = {risk, *(option / 100 for option in RISKS)}
        margins = {each: calibration.margin(each) for each in risks}
        return cls(margins, calibration.factors(), risk, calibration.reference_margin(risk))


@dataclass(frozen=True)
class _Context:
    """Inputs common to every group of days. `booked`, `sky`: the optional sources besides the attendance."""

    history: History
    describer: Describer
    options: Options
    seed: int
    booked: bookings.Bookings | None
    sky: weather.Weather


@dataclass(frozen=True)
class _Learned:
    """One model for the leads of a family, and its past forecasts by lead. `judged`: index of the verdict's first day."""

    model: Model
    rolled: dict[int, Rolled]
    judged: int


def forecast(history: History, tables: Tables, options: Options, seed: int) -> Forecast:
    """Forecast the next days. Raises `BadInput` where no day can be forecast."""
    groups = lead_times.group_by_lead(history, options)
    notes = lead_times.forecast_warnings(history, groups, options)
    booked, sky = bookings.read_bookings(history, tables, options.today), weather.read_weather(tables)
    notes += booked.notes if booked else ()
    if sky and groups[-1].lead > lead_times.WEATHER_LEAD:
        notes.append(
            f"La météo n’est pas utilisée à plus de {lead_times.WEATHER_LEAD} jours : une prévision du temps n’y vaut pas mieux que la saison."
        )
    context = _Context(history, Describer(history, tables), options, seed, booked, sky)
    parts: list[Part] = []
    refused: list[str] = []
    judged = len(history.days)
    for family in lead_times.group_families(groups):
        near, far = list(family), list[Group]()
        while near:
            try:
                learned = _learn_family(context, [group.lead for group in near])
            except BadInput as reason:  # longer leads need a longer history: the nearer ones stay
                refused.append(str(reason))
                far.insert(0, near.pop())
                continue
            judged = min(judged, learned.judged)
            made = [_forecast_group(context, learned, group, notes) for group in near]
            parts += [part for part in made if part.lines]
            break
        if far:
            span = f"du {short_day(far[0].days[0])} au {short_day(far[-1].days[-1])}"
            notes.append(f"Les jours {span} ne sont pas prévus. {refused[-1]}")
    lines = sorted(
        (line for part in parts for line in part.lines), key=lambda line: (line.day, history.sites[line.site])
    )
    if not lines:
        raise BadInput(refused[0] if refused else _too_short(options))
    since = history.days[judged].toordinal()
    return Forecast(tuple(lines), tuple(parts), since, tuple(dict.fromkeys(notes)))


def _learn_family(context: _Context, leads: list[int]) -> _Learned:
    """The model of these leads, and the forecasts of the last school year, made as they would have been.

    Raises `BadInput` where the history is too short.
    """
    history = context.history
    lessons = build_training_set(context.describer, leads)
    described = len(history.days) - lessons.earliest
    if described < _MIN_DAYS:
        raise BadInput(_too_short(context.options))
    count = len(history.days)
    judged = max(first_test_index(history, lessons.earliest), count - _MAX_SCHOOL_YEAR_DAYS)
    first = max(0, min(judged, count - rolling.CALIBRATION_DAYS))
    first = max(first, lessons.earliest + min(25, described // 2))
    refit = max(rolling.RUN_REFIT_DAYS, math.ceil((count - first) / 2))
    rolled = rolling.roll_forecasts(context.describer, lessons, leads, first, context.seed, refit)
    if any(len(forecasts.known) < _MIN_ROWS for forecasts in rolled.values()):
        raise BadInput(rolling.TOO_SHORT)
    taught = lessons.until(history.days[-1].toordinal())
    model = Model(lessons.features, lessons.meals, taught, context.seed)
    return _Learned(model, rolled, max(judged, first))


def _forecast_group(context: _Context, learned: _Learned, group: Group, notes: list[str]) -> Part:
    history, booked, sky, model = context.history, context.booked, context.sky, learned.model
    rolled = learned.rolled[group.lead]
    past, known = rolled.features, rolled.known
    to_come = context.describer.describe(group.lead, group.days)
    rows = _served(history, to_come, notes)
    if not len(rows):
        return Part(group.lead, (), rolling.calibration(history, rolled, rolled.predictions, known))
    predictions = model.predict(to_come, rows)
    days = [group.days[place] for place in to_come.day[rows]]
    moved = np.ones(len(rows))
    effect = _weather_effect(sky, rolled, known, group, notes)
    if effect is not None:
        then = effect.factor(sky, [history.days[place] for place in past.day])
        rolled = replace(rolled, predictions=rolled.predictions.times(then))
        moved = effect.factor(sky, days)
        predictions = predictions.times(moved)
    calibration = rolling.calibration(history, rolled, rolled.predictions, known)
    settled = [_MarginSettings.of(calibration, context.options.risk)] * len(rows)
    booked_meals = np.full(len(rows), np.nan)
    if booked is not None:
        before = bookings.announced_meals(
            history, booked, past.site, [history.days[place] for place in past.day], group.lead
        )
        before = bookings.drop_implausible_bookings(rolled.predictions, before)
        found = bookings.learn_link(rolled.meals, rolled.predictions, before, known)
        if found is None:
            notes.append(bookings.UNKNOWN_RATIO)
        else:
            mornings = known[np.isfinite(before[known])]
            joined = bookings.combine(rolled.predictions, before, found)
            with_them = _MarginSettings.of(
                rolling.calibration(history, rolled, joined, mornings), context.options.risk
            )
            booked_meals = bookings.announced_meals(history, booked, to_come.site[rows], days, 1)
            booked_meals = bookings.drop_implausible_bookings(predictions, booked_meals)
            predictions = bookings.combine(predictions, booked_meals, found)
            settled = [
                with_them if known_here else plain
                for known_here, plain in zip(np.isfinite(booked_meals), settled, strict=True)
            ]
    effects = model.effects(to_come, rows)
    lines = tuple(
        _build_line(
            history,
            to_come,
            int(row),
            predictions.take(np.array([place])),
            settled[place],
            lead=group.lead,
            announced=float(booked_meals[place]),
            weather=float(moved[place]) - 1,
            effects=effects[place],
        )
        for place, row in enumerate(rows)
    )
    return Part(group.lead, lines, calibration)


def _build_line(
    history: History, to_come: Features, row: int, one: Predictions, settled: _MarginSettings, **known: Any
) -> Line:
    """`known`: the fields of the line that are those of its group, or known beside its prediction."""
    middle, above, below = float(one.middle[0]), float(one.above[0]), float(one.below[0])
    room = float(one.room[0])
    low = max(middle - settled.factors[0] * below, 0.0)
    high = max(middle + settled.factors[1] * above, low)
    day = to_come.days[to_come.day[row]]
    baseline, reference = float(to_come.baseline[row]), settled.reference_margin
    usual_order = None
    if reference is not None and math.isfinite(baseline):
        usual_order = max(math.ceil(baseline + reference * math.sqrt(float(to_come.base[row])) - 1e-9), 0)
    return Line(
        site=int(to_come.site[row]),
        day=day,
        forecast=round(middle, 1),
        low=math.floor(min(low, middle)),
        high=math.ceil(max(high, middle)),
        orders={
            risk: max(math.ceil(middle + margin * room - 1e-9), 0) for risk, margin in settled.margins.items()
        },
        baseline=round(baseline, 1),
        reference_order=usual_order,
        strike=day in history.calendar.strikes,
        margin=settled.margins[settled.risk],
        values=to_come.values[row],
        **known,
    )


def _weather_effect(
    sky: weather.Weather, rolled: Rolled, known: Rows, group: Group, notes: list[str]
) -> weather.Effect | None:
    """The effect of the weather, where it may be known that far ahead and is worth it."""
    if not sky or group.lead > lead_times.WEATHER_LEAD:
        return None
    if not any(day in sky for day in group.days):
        notes.append("La météo des jours à prévoir n’est pas connue : elle n’a pas servi.")
        return None
    effect = weather.learn_weather_effect(sky, rolled, known)
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
        sites = plural(len(closed), "site n’est pas prévu", "sites ne sont pas prévus")
        notes.append(f"{sites}, sans repas depuis {_RECENT_DAYS} jours servis : {listed(closed, 3)}.")
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
