"""Evaluation of the optional sources in a backtest: morning bookings and weather.

In come rolled forecasts and the chunks of the test, each with the past days that it may learn from; out go further figures
of the score. Bookings are learned on those past days alone; the weather is taken as known, which no forecast is: a bound.
"""

from datetime import date

import numpy as np

from beffroi.systems.canteen import bookings, weather
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.model import Predictions
from beffroi.systems.canteen.rolling import STATED, Rolled, interval_factors, margin, shortage, surplus
from beffroi.systems.contract import Tables
from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.kit.judging import wape

type Chunks = list[tuple[Rows, Rows]]


def evaluate_bookings(
    history: History, tables: Tables, rolled: Rolled, chunks: Chunks, risk: float
) -> dict[str, float]:
    """On the rows that have a booking: error and surplus with it and without, and the width of the interval."""
    booked = bookings.read_bookings(history, tables)
    if booked is None:
        return {}
    days = [history.days[place] for place in rolled.features.day]
    booked_meals = bookings.announced_meals(history, booked, rolled.features.site, days, 1)
    booked_meals = bookings.drop_implausible_bookings(rolled.predictions, booked_meals)
    meals, joined = rolled.meals, Predictions.unknown(len(rolled.meals))
    order, low, high = (np.full(len(meals), np.nan) for _ in range(3))
    plain = np.full(len(meals), np.nan)
    plain_width = np.full(len(meals), np.nan)
    for past, chunk in chunks:
        found = bookings.learn_link(meals, rolled.predictions, booked_meals, past)
        past, chunk = (rows[np.isfinite(booked_meals[rows])] for rows in (past, chunk))
        if found is None or not len(chunk):
            continue
        both = np.concatenate([past, chunk])
        joined.put(both, bookings.combine(rolled.predictions.take(both), booked_meals[both], found))
        order[chunk], low[chunk], high[chunk] = _ordered(meals, joined, past, chunk, risk)
        plain[chunk], below, above = _ordered(meals, rolled.predictions, past, chunk, risk)
        plain_width[chunk] = above - below
    rows = np.flatnonzero(np.isfinite(order))
    if not len(rows):
        return {}
    truth = meals[rows]
    inside = (truth >= low[rows]) & (truth <= high[rows])
    return {
        "Avec les réservations du matin : lignes jugées": float(len(rows)),
        "Avec les réservations du matin : erreur moyenne (WAPE, %)": wape(truth, joined.middle[rows]),
        "Sans elles, mêmes lignes : erreur moyenne (WAPE, %)": wape(truth, rolled.predictions.middle[rows]),
        "Avec les réservations du matin : repas en trop (%)": 100 * surplus(truth, order[rows]),
        "Avec les réservations du matin : manque (%)": 100 * shortage(truth, order[rows]),
        "Sans elles, mêmes lignes : repas en trop (%)": 100 * surplus(truth, plain[rows]),
        "Avec les réservations du matin : vérités dans l’intervalle (%)": 100 * float(inside.mean()),
        "Avec les réservations du matin : largeur de l’intervalle (% de celui sans elles)": 100
        * float((high - low)[rows].sum() / plain_width[rows].sum()),
    }


def _ordered(
    meals: Vector, predictions: Predictions, past: Rows, chunk: Rows, risk: float
) -> tuple[Vector, Vector, Vector]:
    """Quantity, low and high of the chunk, set on the past rows."""
    k = margin(meals[past], predictions.middle[past], predictions.room[past], risk)
    below, above = interval_factors(meals, predictions, past, (1 - STATED) / 2)
    middle = predictions.middle[chunk]
    return (
        middle + k * predictions.room[chunk],
        middle - below * predictions.below[chunk],
        middle + above * predictions.above[chunk],
    )


def evaluate_weather(tables: Tables, rolled: Rolled, rows: Rows) -> dict[str, float]:
    """The error if the weather of each day had been known: learned on the days before the test, used if it helps there."""
    sky = weather.read_weather(tables)
    known = rolled.usual & np.isfinite(rolled.predictions.middle)
    past = np.flatnonzero(known & (rolled.ordinal < rolled.ordinal[rows].min()))
    if not sky or not len(past):
        return {}
    effect = weather.learn_weather_effect(sky, rolled, past)
    if effect is None:
        return {"Si la météo du jour était connue : utile sur les semaines passées (1 : oui)": 0.0}
    days = [date.fromordinal(int(ordinal)) for ordinal in rolled.ordinal[rows]]
    moved = rolled.predictions.middle[rows] * effect.factor(sky, days)
    return {
        "Si la météo du jour était connue : utile sur les semaines passées (1 : oui)": 1.0,
        "Si la météo du jour était connue : erreur moyenne (WAPE, %)": wape(rolled.meals[rows], moved),
        "Si la météo du jour était connue : part de l’erreur du jour expliquée (%)": 100 * effect.gain,
    }
