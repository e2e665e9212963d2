"""Expected against actual consumption over the last days, with its uncertainty.

In comes a `Town`; out goes a `Judgement`. The model learns on days before the window only; a second one, stopped four
months earlier, measures how well such a model forecasts.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.buildings import uncertainty
from beffroi.systems.buildings.bills import one_a_bill
from beffroi.systems.buildings.days import Mask, Matrix, Vector
from beffroi.systems.buildings.design import Shared, shared_columns
from beffroi.systems.buildings.levels import FittedAtLevel, Levels, fit_at_level
from beffroi.systems.buildings.model import Fitted
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.town import MIN_DAYS, Town, recency_weights, weights_since_works
from beffroi.systems.buildings.uncertainty import CALIBRATION_DAYS, Z90
from beffroi.systems.contract import BadInput, Tables


@dataclass(frozen=True)
class Judgement:
    """Arrays are (meters, days of the whole axis) or (meters). `begin`: the first day of the window."""

    begin: int
    fitted: Fitted
    shared: Shared
    judged: Mask  # meters with enough history
    expected: Matrix
    reach: Matrix  # half the 90 % interval of a day
    past: Matrix  # what the earlier model expected of the months before the window
    month_low: Vector  # of the window, its days without a reading counted as the others
    month_high: Vector
    month_expected: Vector
    month_actual: Vector
    drift: float
    levels: Levels
    billed: Mask  # meters read by bills

    @property
    def window(self) -> slice:
        return slice(self.begin, self.expected.shape[1])

    @property
    def gap(self) -> Vector:
        """kWh above (or under) what was expected over the window."""
        return self.month_actual - self.month_expected


def judge_meters(town: Town, tables: Tables, options: Options) -> Judgement:
    """Raises `BadInput` where no meter has enough history."""
    end = len(town.days)
    begin = max(0, end - options.window)
    enough = town.history(begin) >= MIN_DAYS
    if not enough.any():
        raise BadInput(
            f"Aucun compteur n’a {MIN_DAYS} jours de relevés avant les {options.window} derniers jours : il faut avoir vu un hiver et un "
            "été. Ajoutez les relevés des mois précédents."
        )
    shared = shared_columns(town.days)
    now = _fit_before(town, tables, begin)
    fitted = now.fitted
    earlier = max(1, begin - CALIBRATION_DAYS)
    before = _fit_before(town, tables, earlier).fitted
    expected = fitted.predict(town.days, shared)
    past = before.predict(town.days, shared)
    scales = uncertainty.learn_scale(fitted, town.days).of(expected)
    # Days at another level than today's say nothing of the errors to come.
    usable = town.teaches & now.levels.current
    error = np.where(usable, town.kwh - past, np.nan)[:, earlier:begin]
    scores = np.abs(error) / uncertainty.learn_scale(before, town.days).of(past)[:, earlier:begin]
    long_enough = town.history(earlier) >= MIN_DAYS * 2 / 3
    factors = uncertainty.calibrate_factors(
        _scores_before(town, tables, usable, earlier),
        one_a_bill(np.where(long_enough[:, None], scores, np.nan), town.period[:, earlier:begin]),
        [meter.energy for meter in town.meters],
    )
    reach = factors[:, None] * scales
    wide = uncertainty.variance_inflation(fitted.left)
    moved = _period_drift(
        error[long_enough],
        past[long_enough, earlier:begin],
        scales[long_enough, earlier:begin],
        wide[long_enough],
    )
    window = slice(begin, end)
    known = (np.isfinite(town.kwh) & np.isfinite(expected) & ~town.stuck)[:, window]
    over_known = np.where(known, expected[:, window], 0).sum(axis=1)
    noise = np.sqrt(wide * np.nansum(np.where(known, scales[:, window], 0) ** 2, axis=1))
    # What the town's own factors say beyond a Gaussian day widens the month alike.
    noise *= np.maximum(factors / Z90, 1.0)
    half = Z90 * np.hypot(noise, moved * over_known)
    # Days without a reading count as the others: a month keeps its size, and one day left out shows little.
    whole = np.nan_to_num(expected[:, window]).sum(axis=1)
    times = np.divide(whole, over_known, out=np.ones(len(whole)), where=over_known > 0)
    half, month_expected = half * times, over_known * times
    return Judgement(
        begin=begin,
        fitted=fitted,
        shared=shared,
        judged=enough & known.any(axis=1),
        expected=expected,
        reach=reach,
        past=past,
        month_low=np.maximum(month_expected - half, 0),
        month_high=month_expected + half,
        month_expected=month_expected,
        month_actual=np.where(known, town.kwh[:, window], 0).sum(axis=1) * times,
        drift=moved,
        levels=now.levels,
        billed=town.spread,
    )


def _fit_before(town: Town, tables: Tables, end: int) -> FittedAtLevel:
    """The models of the days before `end`."""
    weight = town.teaches * recency_weights(town.days, end) * weights_since_works(town, tables, end)
    return fit_at_level(town.kwh, weight, town.days, town.period)


def _scores_before(town: Town, tables: Tables, usable: Mask, end: int) -> Matrix:
    """Errors over scales of the four months before `end`, by models that stop there; empty where the history is too short."""
    begin = end - CALIBRATION_DAYS
    if begin < MIN_DAYS:
        return np.full((len(town.meters), 0), np.nan)
    fitted = _fit_before(town, tables, begin).fitted
    expected = fitted.predict(town.days)
    error = np.abs(np.where(usable, town.kwh - expected, np.nan))
    scores = error / uncertainty.learn_scale(fitted, town.days).of(expected)
    return one_a_bill(scores, town.period)[:, begin:end]


def _period_drift(error: Matrix, past: Matrix, scales: Matrix, wide: Vector) -> float:
    """The relative drift of whole periods out of sample, beyond daily noise."""
    if not len(error):
        return uncertainty.MONTH_DRIFT
    known = np.isfinite(error)
    total = np.where(known, past, 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(known, error, 0).sum(axis=1) / total
        noise = np.sqrt(wide * np.where(known, scales**2, 0).sum(axis=1)) / total
    usable = (known.sum(axis=1) > 20) & (total > 0)
    return uncertainty.estimate_drift(np.where(usable, errors, np.nan), noise, uncertainty.MONTH_DRIFT)
