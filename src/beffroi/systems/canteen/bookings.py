"""Morning bookings: meals that they announce, learned from past mornings, and combined with the forecast.

In come the optional table `bookings` and a history; out go the meals that each booking announces (its number times the
share of booked meals that were served, by site, shrunk towards the town's), and predictions that weigh both sources by
their past errors: the least-squares combination of J. Bates and C. Granger (1969), on relative errors.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.lead_times import next_days
from beffroi.systems.canteen.model import Predictions
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.canteen.site_names import sites_by_key, unmatched_notes
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Matrix, Rows, Vector

_LAST_DAYS = 20  # booked days from which a site's ratio is learned
_SHRINK = 5.0  # days' worth of the town's ratio added to each site's
_ENOUGH_DAYS, _ENOUGH_ROWS = 10, 40  # past mornings without which the ratio is not known
_ODD = 4.0  # a booking announcing four times more, or less, than the forecast is a typing error
_MAX_ERROR = 0.5  # in logarithm: one absurd morning must not set the weights

UNKNOWN_RATIO = (
    "Les réservations n’ont pas servi : trop peu de jours passés ont à la fois une réservation et un repas servi. "
    "Combien de réservations font un repas n’est donc pas connu ici."
)


@dataclass(frozen=True)
class Bookings:
    """`booked[site, day]`: meals booked, NaN where not known on the morning of the day. Days past and to come."""

    days: tuple[date, ...]
    booked: Matrix
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """`weight` of the bookings (0..1) against the forecast; `spread`: the remaining share of the forecast's uncertainty."""

    weight: float
    spread: float


def read_bookings(history: History, tables: Tables, today: date | None = None) -> Bookings | None:
    """The last number known on the morning of each day; rejected rows are reported. None where there is no table."""
    table = tables.get("bookings")
    if table is None or not table.num_rows:
        return None
    place = sites_by_key(history)
    now = today or next(iter((*next_days(history, 1), date.max)))
    latest: dict[tuple[int, date], tuple[date, float]] = {}
    rejected = cells.Rejected.of(__package__, "bookings")
    for row in cells.rows(tables, "bookings"):
        key, on, count = site_key(row["site"]), cells.day(row["date"]), cells.number(row["booked"])
        if not key or on is None or count is None or count < 0:
            rejected.add("sans site, sans date ou sans nombre positif")
            continue
        known_on = cells.day(row.get("taken_on")) or min(on, now)
        if known_on > on or (today is not None and known_on > today):
            rejected.add("relevé trop tard pour servir au matin du jour")
            continue
        sites = place.get(key, ())
        if len(sites) > 1:
            rejected.add("nom que plusieurs sites partagent, à préciser", row["site"])
        if len(sites) == 1 and known_on >= latest.get((sites[0], on), (known_on, 0.0))[0]:
            latest[sites[0], on] = (known_on, count)
    for early in _too_early(latest, history.days[-1]):
        del latest[early]
        rejected.add("relevé plus tôt que d’habitude, il peut en venir d’autres")
    days = tuple(sorted({day for _, day in latest}))
    column = {day: index for index, day in enumerate(days)}
    booked = np.full((len(history.sites), len(days)), np.nan)
    for (index, day), (_, count) in latest.items():
        booked[index, column[day]] = count
    notes = (*unmatched_notes(history, tables, "bookings", "Réservations"), *rejected.notes())
    return Bookings(days, booked, notes)


def _too_early(latest: dict[tuple[int, date], tuple[date, float]], last: date) -> set[tuple[int, date]]:
    """Bookings of days to come, read longer before their day than the past ones usually were."""
    before = [(day - known_on).days for (_, day), (known_on, _) in latest.items() if day <= last]
    usual = float(np.median(before)) if before else 0.0
    return {
        (site, day)
        for (site, day), (known_on, _) in latest.items()
        if day > last and (day - known_on).days > usual
    }


def announced_meals(history: History, bookings: Bookings, sites: Rows, days: list[date], lead: int) -> Vector:
    """Meals that the booking of each row announces, NaN where none. The ratio is read at least `lead` days before."""
    served = {day: index for index, day in enumerate(history.days) if history.usual[index]}
    pairs = [(index, served[day]) for index, day in enumerate(bookings.days) if day in served]
    found = np.full(len(sites), np.nan)
    if not pairs:
        return found
    booked = bookings.booked[:, [index for index, _ in pairs]]
    meals = history.meals[:, [index for _, index in pairs]]
    both = np.isfinite(booked) & np.isfinite(meals) & (booked > 0)
    booked, meals = np.where(both, booked, 0.0), np.where(both, meals, 0.0)
    ordinals = np.array([history.days[index].toordinal() for _, index in pairs])
    column = {day: index for index, day in enumerate(bookings.days)}
    rows_of: dict[date, list[int]] = {}
    for row, day in enumerate(days):
        if day in column:
            rows_of.setdefault(day, []).append(row)
    for day, rows in rows_of.items():
        known = slice(0, int(np.searchsorted(ordinals, day.toordinal() - lead, side="right")))
        if ordinals[known].size < _ENOUGH_DAYS or both[:, known].sum() < _ENOUGH_ROWS:
            continue
        ratio = _ratios(booked[:, known], meals[:, known])
        here = sites[rows]
        found[rows] = bookings.booked[here, column[day]] * ratio[here]
    return found


def _ratios(booked: Matrix, meals: Matrix) -> Vector:
    """Meals served a meal booked, by site: its last days and `_SHRINK` days of the town's ratio."""
    town = meals[:, -3 * _LAST_DAYS :].sum() / max(booked[:, -3 * _LAST_DAYS :].sum(), 1.0)
    recent, served = booked[:, -_LAST_DAYS:], meals[:, -_LAST_DAYS:]
    days = (recent > 0).sum(axis=1)
    prior = _SHRINK * recent.sum(axis=1) / np.maximum(days, 1)
    total = recent.sum(axis=1) + prior
    learned = (served.sum(axis=1) + town * prior) / np.where(total > 0, total, 1.0)
    return np.asarray(np.where(days > 0, learned, town), dtype=np.float64)


def drop_implausible_bookings(predictions: Predictions, booked_meals: Vector) -> Vector:
    """Without the bookings that announce far more, or far less, than the forecast."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = booked_meals / predictions.middle
        return np.where((ratio > 1 / _ODD) & (ratio < _ODD), booked_meals, np.nan)


def learn_link(meals: Vector, predictions: Predictions, booked_meals: Vector, rows: Rows) -> Link | None:
    """Weight of the bookings, learned on these rows (known meals); None where too few of them have a booking."""
    rows = rows[np.isfinite(booked_meals[rows]) & (meals[rows] > 0)]
    if len(rows) < _ENOUGH_ROWS:
        return None
    forecast = _error(meals[rows], predictions.middle[rows])
    gap = _error(meals[rows], booked_meals[rows]) - forecast
    size = meals[rows]
    square = float((size * gap**2).sum())
    weight = float(np.clip(-(size * forecast * gap).sum() / square, 0, 1)) if square > 0 else 0.0
    left, whole = np.abs(forecast + weight * gap) * size, np.abs(forecast) * size
    return Link(weight, float(np.clip(left.sum() / max(whole.sum(), 1e-9), 0.05, 1.0)))


def combine(predictions: Predictions, booked_meals: Vector, found: Link) -> Predictions:
    """Predictions combined with the bookings; rows without a booking are unchanged."""
    known = np.isfinite(booked_meals)
    middle, above, below = (
        np.array(values) for values in (predictions.middle, predictions.above, predictions.below)
    )
    share = np.log(np.maximum(booked_meals[known], 0.5) / middle[known])
    moved = np.exp(found.weight * share)
    middle[known] *= moved
    above[known] *= moved * found.spread
    below[known] *= moved * found.spread
    return Predictions(middle, above, below)


def _error(meals: Vector, forecast: Vector) -> Vector:
    error = np.log(np.maximum(meals, 1) / np.maximum(forecast, 0.5))
    return np.asarray(np.clip(error, -_MAX_ERROR, _MAX_ERROR), dtype=np.float64)
