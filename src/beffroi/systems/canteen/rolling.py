"""Rolling-origin forecasts: fit on the past, predict the next weeks, move on; margins fixed beforehand.

In come a history and its features; out go out-of-sample predictions, safety margins that give a chosen shortage and
conformal interval factors, each computed only from days whose meals were known when the order was placed.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.canteen.features import Describer, Features
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.model import Model, Predictions
from beffroi.systems.canteen.training_set import TrainingSet
from beffroi.systems.contract import BadInput
from beffroi.systems.kit.arrays import Mask, Rows, Vector

REFIT_DAYS = 45  # served days between two fits
RUN_REFIT_DAYS = 65  # the same where only margins are set: a run refits twice over the last school year
CALIBRATION_DAYS = 130  # served days on which margins and intervals are set: one school year
CHUNK_DAYS = 10  # margins and intervals are set anew every two weeks
STATED = 0.90
SITE_DAYS = 20  # judged days without which nothing is said of one site
_MIN_TRAINING_ROWS = 100
TOO_SHORT = (
    "L’historique est trop court pour régler la marge de sécurité : il faut au moins trois mois d’école."
)


@dataclass(frozen=True)
class Rolled:
    """Out-of-sample predictions on the served days from `first` on; NaN before. Aligned with the features' rows."""

    features: Features
    meals: Vector
    usual: Mask  # training rows: served, no strike, no collapse
    scored: Mask  # rows that count in a score: served, no declared strike
    ordinal: Rows
    predictions: Predictions

    @property
    def known(self) -> Rows:
        """The rows on which margins may be set: predicted, and usual."""
        return np.flatnonzero(self.usual & np.isfinite(self.predictions.middle))


def build_rolled(history: History, features: Features) -> Rolled:
    """Meals served on the rows of features of the history's own days; predictions are unknown yet."""
    meals = history.meals[features.site, features.day]
    served = np.isfinite(meals)
    strikes = np.array([day in history.calendar.strikes for day in features.days])
    ordinals = np.array([day.toordinal() for day in features.days])
    return Rolled(
        features,
        meals,
        served & history.usual[features.day],
        served & ~strikes[features.day],
        ordinals[features.day],
        Predictions.unknown(len(meals)),
    )


def roll_forecasts(
    describer: Describer,
    lessons: TrainingSet,
    leads: list[int],
    first: int,
    seed: int,
    refit: int = REFIT_DAYS,
) -> dict[int, Rolled]:
    """Predict every served day from index `first`, refitting as the days pass: at each of the leads, by one model.

    What a model learned was known before its block at the longest lead. Raises `BadInput` where no block has enough to learn.
    """
    history = describer.history
    days = np.array([day.toordinal() for day in history.days])[first:]
    blocks = [days[start : start + refit] for start in range(0, len(days), refit)]
    taught = [(block, lessons.until(int(block[0]) - lessons.longest)) for block in blocks]
    taught = [(block, rows) for block, rows in taught if len(rows) >= _MIN_TRAINING_ROWS]
    if not taught:
        raise BadInput(TOO_SHORT)
    rolled = {lead: build_rolled(history, describer.describe(lead, history.days, first)) for lead in leads}
    for block, learned in taught:
        model = Model(lessons.features, lessons.meals, learned, seed)
        for forecasts in rolled.values():
            rows = np.flatnonzero((forecasts.ordinal >= block[0]) & (forecasts.ordinal <= block[-1]))
            if len(rows):
                forecasts.predictions.put(rows, model.predict(forecasts.features, rows))
    return rolled


def shortage(meals: Vector, order: Vector) -> float:
    """Meals missing, as a share of the meals served."""
    return float(np.clip(meals - order, 0, None).sum() / meals.sum())


def surplus(meals: Vector, order: Vector) -> float:
    """Meals too many, as a share of the meals served."""
    return float(np.clip(order - meals, 0, None).sum() / meals.sum())


def margin(meals: Vector, middle: Vector, scale: Vector, risk: float) -> float:
    """The smallest k for which ordering `middle + k × scale` lacks at most `risk` (a share) of the meals."""
    low, high, served = -5.0, 20.0, meals.sum()
    for _ in range(45):
        half = (low + high) / 2
        if np.maximum(meals - (middle + half * scale), 0).sum() / served > risk:
            low = half
        else:
            high = half
    return high


@dataclass(frozen=True)
class Calibration:
    """Out-of-sample predictions whose meals are known, row by row: what margins and intervals are set on."""

    meals: Vector
    predictions: Predictions
    ordinal: Rows
    ordered: Vector  # the town's own order, NaN where not known
    site: Rows
    baseline: Vector  # the declared forecast without AI, NaN where none
    base: Vector  # usual meals, whose square root scales the margin of the forecast without AI

    def reference_margin(self, risk: float) -> float | None:
        """The margin of the forecast without AI for this shortage; None where it is not known on enough days."""
        known = np.isfinite(self.baseline)
        if known.sum() < SITE_DAYS:
            return None
        return margin(self.meals[known], self.baseline[known], np.sqrt(self.base[known]), risk)

    def site_errors(self, since: int) -> dict[int, tuple[float, float]]:
        """By site with enough days from this ordinal on: the mean absolute error of the forecast, and of the one without AI."""
        judged = (self.ordinal >= since) & np.isfinite(self.baseline) & np.isfinite(self.predictions.middle)
        errors = np.abs(self.meals - self.predictions.middle), np.abs(self.meals - self.baseline)
        found: dict[int, tuple[float, float]] = {}
        for site in np.unique(self.site[judged]):
            rows = judged & (self.site == site)
            if rows.sum() >= SITE_DAYS:
                own, plain = (round(float(error[rows].mean()), 2) for error in errors)
                found[int(site)] = own, plain
        return found

    def margin(self, risk: float) -> float:
        return margin(self.meals, self.predictions.middle, self.predictions.room, risk)

    def factors(self) -> tuple[float, float]:
        every = np.arange(len(self.meals))
        return interval_factors(self.meals, self.predictions, every, (1 - STATED) / 2)

    def total_factors(self, days: int) -> tuple[float, float]:
        """How many times the sum forecast the sum served was, over `days` days in a row: low and high at `STATED`."""
        _, place = np.unique(self.ordinal, return_inverse=True)
        served = np.bincount(place, weights=self.meals)
        expected = np.bincount(place, weights=self.predictions.middle)
        window = np.ones(min(days, max(1, len(served) // 3)))
        ratio = np.convolve(served, window, "valid") / np.convolve(expected, window, "valid")
        level = min(1.0, (1 + STATED) / 2 * (1 + 1 / len(ratio)))
        return float(np.quantile(ratio, 1 - level)), float(np.quantile(ratio, level))

    def since(self, ordinal: int) -> Mask:
        """The rows from this day on; all of them where none is."""
        selected = self.ordinal >= ordinal
        return selected if selected.any() else np.ones(len(selected), dtype=bool)


def calibration(history: History, rolled: Rolled, predictions: Predictions, rows: Rows) -> Calibration:
    """These rows of the rolled forecasts, with the town's own order where it is known."""
    features = rolled.features
    ordered = np.full(len(rows), np.nan)
    if history.ordered is not None:
        ordered = history.ordered[features.site[rows], features.day[rows]]
    return Calibration(
        rolled.meals[rows],
        predictions.take(rows),
        rolled.ordinal[rows],
        ordered,
        features.site[rows],
        features.baseline[rows],
        features.base[rows],
    )


def interval_factors(meals: Vector, predictions: Predictions, rows: Rows, miss: float) -> tuple[float, float]:
    """Split-conformal factors (Romano et al. 2019): how many `below` and `above` to go for `miss` on each side."""
    under = (predictions.middle[rows] - meals[rows]) / predictions.below[rows]
    over = (meals[rows] - predictions.middle[rows]) / predictions.above[rows]
    level = min(1.0, (1 - miss) * (1 + 1 / len(rows)))
    return float(np.quantile(under, level)), float(np.quantile(over, level))
