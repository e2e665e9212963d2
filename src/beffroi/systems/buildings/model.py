"""Regression model of a meter's daily consumption: piecewise linear in temperature, with ridge shrinkage.

In come consumption and weights (meters, days); out goes a `Fitted`, which predicts any day. Balance points come from
`changepoints`; around them days off, weekdays, season and holidays are ridge terms whose shrinkage is chosen, meter by
meter, by cross-validation on blocks of two weeks left out. Two rounds of Huber weights keep odd days from leading.
A meter that nothing explains falls back on the mean of its months (`fallback`).
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from beffroi.systems.buildings import changepoints, fallback
from beffroi.systems.buildings.bills import DAILY, mean_by_period, whole_periods
from beffroi.systems.buildings.changepoints import NONE, Picks
from beffroi.systems.buildings.days import Days, Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.design import (
    GROUPS,
    HEAT,
    HEAT_HOLIDAY,
    HEAT_OFF,
    SIZE,
    Shared,
    design_matrix,
    shared_columns,
    slice_days,
)

VERSION = "buildings-1 (points d’équilibre, crête par groupes)"
_NEVER = 1e7  # a shrinkage that removes the group
_BLOCK, _FOLDS = 14, 6  # days left out together, and how many turns
_ROUNDS = 3
_HUBER = 2.0  # robust standard deviations beyond which a day weighs less
_DIAGONAL = np.eye(SIZE)
_CHUNK = 200  # meters computed together: memory stays small


@dataclass(frozen=True)
class Fitted:
    """`coefficients` (meters, SIZE) are shares of `level` (kWh a day). `left` are residuals on blocks left out, in kWh."""

    picks: Picks
    coefficients: Matrix
    shrinkage: Matrix  # (meters, SIZE), what the diagonal was given
    level: Vector
    left: Matrix  # (meters, days of the whole axis), NaN where not taught
    weight: Matrix  # the same shape: final weights
    error: Vector  # CV(RMSE) on blocks left out, a share
    plain: Mask  # meters that fell back
    profile: fallback.Profile
    period: Ints  # the same shape: the bill of each day, where a meter has bills

    def predict(self, days: Days, shared: Shared | None = None) -> Matrix:
        """kWh a day, (meters, days), never negative, over bills the mean; NaN where the temperature is unknown."""
        shared = shared_columns(days) if shared is None else shared
        found = np.empty((len(self.level), len(days)))
        for begin in range(0, len(self.level), _CHUNK):
            rows = slice(begin, begin + _CHUNK)
            columns = design_matrix(shared, self.picks[rows])
            found[rows] = (columns @ self.coefficients[rows, :, None])[..., 0] * self.level[rows, None]
        found = np.maximum(found, 0.0)
        found[:, ~shared.known] = np.nan
        found[self.plain] = self.profile.predict(days)[self.plain]
        return mean_by_period(found, self.period)

    def heating(self, days: Days, shared: Shared | None = None) -> Matrix:
        """Heating part of the prediction, kWh a day (meters, days), never negative."""
        shared = shared_columns(days) if shared is None else shared
        found = np.zeros((len(self.level), len(days)))
        for begin in range(0, len(self.level), _CHUNK):
            rows = slice(begin, begin + _CHUNK)
            columns = design_matrix(shared, self.picks[rows])[:, :, (HEAT, HEAT_OFF, HEAT_HOLIDAY)]
            slopes = self.coefficients[rows][:, (HEAT, HEAT_OFF, HEAT_HOLIDAY)]
            found[rows] = (columns @ slopes[:, :, None])[..., 0] * self.level[rows, None]
        found[self.plain] = 0.0
        return np.asarray(np.maximum(np.nan_to_num(found), 0.0))

    @property
    def heats(self) -> Mask:
        return (self.picks[:, 1] != NONE) & ~self.plain


def fit(kwh: Matrix, weight: Matrix, days: Days, period: Ints | None = None) -> Fitted:
    """Fit each meter on the days of positive weight.

    `kwh` (meters, days): NaN where unknown; `weight`: 0 for days excluded from training (another period, an anomaly); `period`: the
    bill of each day, for meters whose days are means over bills: their model learns from bills.
    """
    period = np.full(kwh.shape, DAILY, dtype=np.int64) if period is None else period
    shared = shared_columns(days)
    teaches = np.isfinite(kwh) & (weight > 0) & shared.known
    weight = whole_periods(np.where(teaches, weight, 0.0), np.isfinite(kwh), period)
    teaches &= weight > 0
    used = np.flatnonzero(teaches.any(axis=0))
    begin, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, len(days))
    window = slice_days(shared, begin, end)
    total = weight.sum(axis=1)
    observed = np.where(teaches, kwh, 0.0)
    level = np.divide((weight * observed).sum(axis=1), total, out=np.zeros(len(kwh)), where=total > 0)
    level = np.where(level > 0, level, 1.0)
    values = observed / level[:, None]
    here = slice(begin, end)
    holidays = bool(days.holiday.any())
    found = [
        _fit_chunk(values[rows, here], weight[rows, here], replace(window, period=bills), holidays)
        for rows, bills in _alike(period[:, here])
    ]
    order = np.argsort(np.concatenate([rows for rows, _ in _alike(period[:, here])]), kind="stable")
    picks, coefficients, shrinkage, left, heavy, error = (
        np.concatenate(piece)[order] for piece in zip(*found, strict=True)
    )
    profile = fallback.learn_profile(kwh, weight, days)
    whole_left = np.full(kwh.shape, np.nan)
    whole_left[:, here] = np.where(teaches[:, here], left * level[:, None], np.nan)
    whole_weight = np.zeros(kwh.shape)
    whole_weight[:, here] = heavy
    spread = np.sqrt(np.divide((weight * (values - (values > 0)) ** 2).sum(axis=1), np.maximum(total, 1)))
    plain = (error >= spread) & (spread > 0)
    whole_left[plain] = np.where(teaches, kwh - profile.predict(days), np.nan)[plain]
    return Fitted(
        picks, coefficients, shrinkage, level, whole_left, whole_weight, error, plain, profile, period
    )


def _alike(period: Ints) -> list[tuple[Ints, Ints | None]]:
    """Meters fitted together: those read by the day, by so many; then those whose bills count the same days."""
    daily = np.flatnonzero((period == DAILY).all(axis=1))
    found: list[tuple[Ints, Ints | None]] = [
        (daily[at : at + _CHUNK], None) for at in range(0, len(daily), _CHUNK)
    ]
    together: dict[bytes, list[int]] = {}
    for row in np.flatnonzero((period != DAILY).any(axis=1)):
        together.setdefault(period[row].tobytes(), []).append(int(row))
    return found + [(np.array(rows), period[rows[0]]) for rows in together.values()]


def _fit_chunk(
    values: Matrix, weight: Matrix, shared: Shared, holidays: bool
) -> tuple[Picks, Matrix, Matrix, Matrix, Matrix, Vector]:
    """Values near 1. Out go balance points, coefficients, shrinkage, residuals left out, final weights, error left out."""
    fold = (np.arange(values.shape[1]) // _BLOCK if shared.period is None else shared.period) % _FOLDS
    shrinkages = _shrinkages(holidays and bool((shared.holiday > 0).any()))
    heavy = weight
    for turn in range(_ROUNDS):
        picks = changepoints.choose_balance_points(values, heavy, shared.felt, shared.off, shared.mean)
        columns = design_matrix(shared, picks)
        grams, products = _by_fold(columns, heavy, values, fold)
        chosen, coefficients = _shrink(grams, products, shrinkages)
        if turn < _ROUNDS - 1:
            residual = values - (columns @ coefficients[..., None])[..., 0]
            scale = 1.4826 * _median(np.abs(residual), weight > 0) + 1e-6
            heavy = weight * np.minimum(1.0, _HUBER * scale[:, None] / np.maximum(np.abs(residual), 1e-9))
    left = np.zeros_like(values)
    total_gram, total_products = grams.sum(axis=0), products.sum(axis=0)
    for turn in range(_FOLDS):
        inside = fold == turn
        solved = _solve(total_gram - grams[turn], total_products - products[turn], shrinkages[chosen])
        left[:, inside] = values[:, inside] - (columns[:, inside] @ solved[..., None])[..., 0]
    total = np.maximum(heavy.sum(axis=1), 1e-9)
    error = np.sqrt((heavy * left**2).sum(axis=1) / total)
    return picks, coefficients, shrinkages[chosen], left, heavy, error


def _shrinkages(holidays: bool) -> Matrix:
    """Each line is a shrinkage of the `SIZE` columns; a group is out, or shrunk little or much."""
    lines = []
    for off, heat_off, weekday, (year, half_year), holiday in product(
        (_NEVER, 5.0),
        (_NEVER, 20.0),
        (_NEVER, 20.0),
        ((_NEVER, _NEVER), (20.0, _NEVER), (20.0, 50.0)),
        (_NEVER, 10.0) if holidays else (_NEVER,),
    ):
        line = np.full(SIZE, 1e-3)
        for name, value in {
            "off": off,
            "heat_off": heat_off,
            "weekday": weekday,
            "year": year,
            "half_year": half_year,
            "holiday": holiday,
        }.items():
            line[list(GROUPS[name])] = value
        lines.append(line)
    return np.array(lines)


def _by_fold(
    columns: Matrix, weight: Matrix, values: Matrix, fold: npt.NDArray[np.int64]
) -> tuple[Matrix, Matrix]:
    """Gram matrices (folds, meters, SIZE, SIZE) and products with the values (folds, meters, SIZE)."""
    grams, products = [], []
    for turn in range(_FOLDS):
        inside = fold == turn
        here = columns[:, inside]
        heavy = here * weight[:, inside, None]
        grams.append(heavy.transpose(0, 2, 1) @ here)
        products.append((heavy.transpose(0, 2, 1) @ values[:, inside, None])[..., 0])
    return np.array(grams), np.array(products)


def _shrink(grams: Matrix, products: Matrix, shrinkages: Matrix) -> tuple[npt.NDArray[np.int64], Matrix]:
    """The shrinkage with the least error on what was left out, and the coefficients with all days.

    The squared error of a fold needs only its sums: b'Gb − 2b'v, but for a constant.
    """
    total_gram, total_products = grams.sum(axis=0), products.sum(axis=0)
    losses = np.zeros((len(shrinkages), len(total_gram)))
    others, with_others = total_gram - grams, total_products - products
    for number, line in enumerate(shrinkages):
        solved = _solve(others, with_others, line)
        bent = (grams @ solved[..., None])[..., 0]
        losses[number] = (solved * (bent - 2 * products)).sum(axis=2).sum(axis=0)
    chosen = np.asarray(losses.argmin(axis=0), dtype=np.int64)
    return chosen, _solve(total_gram, total_products, shrinkages[chosen])


def _solve(gram: Matrix, products: Matrix, shrinkage: Matrix) -> Matrix:
    """Ridge: `shrinkage` (SIZE) or (meters, SIZE) on the diagonal."""
    return np.asarray(
        np.linalg.solve(gram + shrinkage[..., :, None] * _DIAGONAL, products[..., None])[..., 0]
    )


def _median(values: Matrix, known: Mask) -> Vector:
    """The median of each line over its known days, 0 where there is none."""
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    middle = np.maximum(known.sum(axis=1) - 1, 0) // 2
    found = ordered[np.arange(len(values)), middle]
    return np.where(np.isfinite(found), found, 0.0)
