"""Weather effect of the day, as one factor for the whole town: warmer or colder than the season, and rain.

In come the optional table `weather` and out-of-sample forecasts; out goes a ridge regression of the town's error of the day
on both, used only where it forecasts unseen weeks better than no weather at all.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.canteen.rolling import Rolled
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Rows, Vector

_ENOUGH_DAYS = 60  # served days with weather and forecasts
_RIDGE = 10.0  # days' worth of no effect
_WORTH = 0.98  # of the squared error without weather, on unseen weeks: below, the effect is used
_YEAR = 330  # days from which a table shows the seasons
_MAX_EFFECT = 0.10  # no weather moves a whole town further

type Weather = dict[date, tuple[float, float]]


@dataclass(frozen=True)
class Effect:
    """`factor` by day: what the meals of the town are multiplied by. `gain`: the share of squared error spared (0..1)."""

    coefficients: Vector
    centre: Vector
    scale: Vector
    normal: Vector  # mean temperature by day of the year
    gain: float

    def factor(self, weather: Weather, days: list[date]) -> Vector:
        """1 where the weather of the day is not known."""
        values = np.array([_described(weather.get(day), day, self.normal) for day in days]).reshape(-1, 2)
        moved = ((values - self.centre) / self.scale) @ self.coefficients
        return np.asarray(
            np.where(np.isfinite(moved), np.exp(np.clip(moved, -_MAX_EFFECT, _MAX_EFFECT)), 1.0),
            dtype=np.float64,
        )


def read_weather(tables: Tables) -> Weather:
    """Mean temperature (°C) and rain (mm) by day; days with only one of them have the other NaN."""
    found: Weather = {}
    for row in cells.rows(tables, "weather"):
        on, degrees = cells.day(row["date"]), cells.number(row.get("temperature"))
        fallen = cells.number(row.get("rain"))
        if on is not None and (degrees is not None or fallen is not None):
            plausible = degrees if degrees is not None and -40 <= degrees <= 50 else np.nan
            found[on] = (plausible, fallen if fallen is not None and 0 <= fallen <= 500 else np.nan)
    return found


def learn_weather_effect(weather: Weather, rolled: Rolled, rows: Rows) -> Effect | None:
    """The effect on these rows (known meals), or None where it is not known or does not help on weeks not seen."""
    ordinals = np.unique(rolled.ordinal[rows])
    days = [date.fromordinal(int(ordinal)) for ordinal in ordinals]
    place = np.searchsorted(ordinals, rolled.ordinal[rows])
    served = np.bincount(place, weights=rolled.meals[rows])
    expected = np.bincount(place, weights=rolled.predictions.middle[rows])
    normal = _normal(weather)
    values = np.array([_described(weather.get(day), day, normal) for day in days]).reshape(-1, 2)
    known = np.isfinite(values).all(axis=1)
    if known.sum() < _ENOUGH_DAYS:
        return None
    values, error = values[known], np.log(served[known] / expected[known])
    error = np.clip(error - np.median(error), -2 * _MAX_EFFECT, 2 * _MAX_EFFECT)
    centre, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    described = (values - centre) / scale
    weeks = (ordinals[known] - 1) // 7
    blamed = np.zeros(len(error))
    for week in np.unique(weeks):
        in_week = weeks == week
        blamed[in_week] = described[in_week] @ _ridge(described[~in_week], error[~in_week])
    gain = 1 - float(((error - blamed) ** 2).sum() / max((error**2).sum(), 1e-12))
    if gain < 1 - _WORTH:
        return None
    return Effect(_ridge(described, error), centre, scale, normal, gain)


def _ridge(values: Vector, error: Vector) -> Vector:
    square = values.T @ values + _RIDGE * np.eye(values.shape[1])
    return np.asarray(np.linalg.solve(square, values.T @ error), dtype=np.float64)


def _normal(weather: Weather) -> Vector:
    """Mean temperature by day of the year (1..366): one yearly wave, or the plain mean of a table shorter than a year."""
    observed = [(day.timetuple().tm_yday, warmth) for day, (warmth, _) in weather.items() if warmth == warmth]
    every = np.arange(367)
    if not observed:
        return np.zeros(367)
    days, warmths = (np.array(column, dtype=np.float64) for column in zip(*observed, strict=True))
    if (max(weather) - min(weather)).days < _YEAR:
        return np.full(367, warmths.mean())
    wave, *_ = np.linalg.lstsq(_wave(days), warmths, rcond=None)
    return np.asarray(_wave(every) @ wave, dtype=np.float64)


def _wave(days: Vector | Rows) -> Vector:
    turn = 2 * np.pi * days / 365.25
    return np.column_stack([np.ones(len(days)), np.cos(turn), np.sin(turn)])


def _described(observed: tuple[float, float] | None, day: date, normal: Vector) -> tuple[float, float]:
    """Degrees above the season's mean, and the square root of the rain; a column absent from the table counts for nothing."""
    if observed is None:
        return (np.nan, np.nan)
    warmth, rain = observed
    return (
        warmth - float(normal[day.timetuple().tm_yday]) if warmth == warmth else 0.0,
        float(np.sqrt(rain)) if rain == rain else 0.0,
    )
