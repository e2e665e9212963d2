"""Prediction uncertainty of a day, of a month and of a year.

In come a `Fitted` and what happened out of sample; out go daily scales, conformal factors, the standard deviation of a sum
of days that resemble each other, and the drift: how much buildings change from one period to the next for reasons other
than weather. Everything is relative to the meter, in kWh.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.buildings.days import Days, Ints, Matrix, Vector
from beffroi.systems.buildings.design import SIZE, Shared, design_matrix, shared_columns, slice_days
from beffroi.systems.buildings.model import Fitted

STATED = 0.90
Z90, T95 = 1.645, 2.06  # t with some 25 independent blocks of two weeks in a year
CALIBRATION_DAYS = 120
_LEVELS = (STATED, 0.92, 0.94, 0.96, 0.98, 0.99)
_MIN_TRIED = 20  # days, before a level is raised
_POWERS = (0.0, 0.5, 1.0)
_MIN_LEVEL = 0.05  # of the meter's mean: a day expected at nothing still has a width
_POOLED = 60.0  # days that the town's own factor counts for, beside those of the meter
_BLOCK = 14
MONTH_DRIFT, YEAR_DRIFT = (
    0.03,
    0.05,
)  # what a lone meter is taken to move, for reasons unknown: working assumptions
_PRIOR_COUNT = 2.0  # meters that this assumption weighs


@dataclass(frozen=True)
class Scale:
    """The width of a day's error grows with what is expected: `size` × (expected / level) ^ `power`, in kWh."""

    size: Vector
    power: Vector
    level: Vector

    def of(self, expected: Matrix) -> Matrix:
        share_of_level = np.maximum(expected / self.level[:, None], _MIN_LEVEL)
        return np.asarray(self.size[:, None] * share_of_level ** self.power[:, None])


def learn_scale(fitted: Fitted, days: Days) -> Scale:
    """Learned from residuals on blocks left out: the power under which they are most alike (Gaussian likelihood)."""
    expected = fitted.predict(days)
    share_of_level = np.maximum(expected / fitted.level[:, None], _MIN_LEVEL)
    known = np.isfinite(fitted.left) & np.isfinite(expected)
    count = np.maximum(known.sum(axis=1), 1)
    best = np.full(len(expected), np.inf)
    size, power = np.ones(len(expected)), np.zeros(len(expected))
    for candidate in _POWERS:
        form = np.where(known, share_of_level**candidate, 1.0)
        standard = np.where(known, fitted.left, 0.0) / form
        limit = 4 * np.sqrt((standard**2).sum(axis=1) / count)[:, None]
        width = np.sqrt((np.clip(standard, -limit, limit) ** 2).sum(axis=1) / count)
        width = np.maximum(width, 1e-3 * fitted.level)
        loss = np.log(width) + np.log(form).sum(axis=1) / count
        better = loss < best
        best[better], size[better], power[better] = loss[better], width[better], candidate
    return Scale(size, power, fitted.level)


def calibrate_factors(earlier: Matrix, late: Matrix, energies: Sequence[str]) -> Vector:
    """How many scales hold `STATED` of the days of each meter, learned on `late`.

    What `earlier` days taught is tried on `late` ones first, all meters of an energy together: where it held them less often than
    stated, days change faster than factors follow, and the level asked for is raised to the one that would have held them.
    """
    levels, tried = (
        np.full(len(late), STATED),
        {level: conformal_factors(earlier, level) for level in _LEVELS},
    )
    known, names = np.isfinite(late), np.array(energies)
    for energy in set(energies):
        rows = (names == energy) & np.isfinite(earlier).any(axis=1)
        days = known & rows[:, None]
        if days.sum() < _MIN_TRIED:
            continue
        covered = (float((late <= tried[level][:, None])[days].mean()) for level in _LEVELS)
        levels[rows] = next(
            (level for level, share in zip(_LEVELS, covered, strict=True) if share >= STATED), _LEVELS[-1]
        )
    return conformal_factors(late, levels)


def conformal_factors(scores: Matrix, stated: Vector | float = STATED) -> Vector:
    """How many scales hold `stated` of the days of each meter (split conformal, Vovk and others 2005).

    `scores` (meters, days): |error| / scale on recent days out of sample, NaN where unknown. Each meter leans on the town's
    own factor the more, the fewer its days (or bills: one score each).
    """
    known = np.isfinite(scores)
    count = known.sum(axis=1)
    level = np.minimum(1.0, stated * (1 + 1 / np.maximum(count, 1)))
    own = np.array(
        [
            np.quantile(line[ok], share) if ok.any() else np.nan
            for line, ok, share in zip(scores, known, level, strict=True)
        ]
    )
    every = own[np.isfinite(own)]
    town = float(np.median(every)) if len(every) else Z90
    if (
        len(every) and np.median(count[count > 0]) < _MIN_TRIED
    ):  # bills: too few by meter, so those of all meters together
        town = float(np.quantile(scores[known], np.minimum(1.0, np.mean(stated))))
    own = np.maximum(np.where(np.isfinite(own), own, town), 0.05)
    weight = count / (count + _POOLED)
    return np.asarray(np.exp(weight * np.log(own) + (1 - weight) * np.log(max(town, 0.05))))


def variance_inflation(residuals: Matrix) -> Vector:
    """How much wider a sum of days is than if days were independent: the greater of two estimates, one at least.

    (1 + r) / (1 − r) with r the correlation from one day to the next (ASHRAE Guideline 14, annex B), and the variance of sums
    of two weeks over fourteen times that of a day.
    """
    found = np.ones(len(residuals))
    for row, line in enumerate(residuals):
        known = np.isfinite(line)
        if known.sum() < 4 * _BLOCK:
            continue
        values = np.where(known, line - np.mean(line[known]), 0.0)
        variance = float((values**2).sum() / known.sum())
        if variance <= 0:
            continue
        pairs = known[1:] & known[:-1]
        r = float((values[1:] * values[:-1])[pairs].mean() / variance) if pairs.any() else 0.0
        r = min(max(r, 0.0), 0.9)
        length = len(line) // _BLOCK * _BLOCK
        sums = values[:length].reshape(-1, _BLOCK).sum(axis=1)
        counts = known[:length].reshape(-1, _BLOCK).sum(axis=1)
        full = counts > _BLOCK // 2
        by_block = float((sums[full] ** 2).sum() / (counts[full].sum() * variance)) if full.any() else 1.0
        found[row] = max(1.0, (1 + r) / (1 - r), by_block)
    return found


def spread_of_meters(spreads: Vector) -> float:
    """The spread of a sum over meters: they share one weather, half of their errors are taken to move together."""
    return float(np.sqrt(0.5 * (spreads**2).sum() + 0.5 * spreads.sum() ** 2))


def estimate_drift(errors: Vector, noise: Vector, prior: float) -> float:
    """How much meters of this town move, for reasons unknown: a relative standard deviation.

    `errors`: relative errors of whole periods out of sample; `noise`: what daily noise alone would make of them. A robust spread,
    less the noise, shrunk towards `prior` as if two more meters had that drift.
    """
    known = np.isfinite(errors) & np.isfinite(noise)
    if not known.any():
        return prior
    found = errors[known]
    wide = (1.4826 * float(np.median(np.abs(found)))) ** 2
    excess = max(0.0, wide - float(np.median(noise[known] ** 2)))
    count = int(known.sum())
    return float(np.sqrt((count * excess + _PRIOR_COUNT * prior**2) / (count + _PRIOR_COUNT)))


def coefficient_covariance(fitted: Fitted, days: Days, rows: Ints, shared: Shared | None = None) -> Matrix:
    """Covariance of the coefficients of these meters in kWh a day, (rows, SIZE, SIZE), by blocks of two weeks.

    The sandwich of Liang and Zeger (1986) around a ridge, with residuals from blocks left out: days of one block may move
    together. Balance points are taken as known.
    """
    shared = shared_columns(days) if shared is None else shared
    found = np.zeros((len(rows), SIZE, SIZE))
    for place, row in enumerate(rows):
        weight = fitted.weight[row]
        used = np.flatnonzero(weight > 0)
        if not len(used) or fitted.plain[row]:
            continue
        begin, end = int(used[0]), int(used[-1]) + 1
        columns = design_matrix(slice_days(shared, begin, end), fitted.picks[row : row + 1])[0]
        heavy = columns * weight[begin:end, None]
        gram = heavy.T @ columns + np.diag(fitted.shrinkage[row])
        pulls = heavy * np.nan_to_num(fitted.left[row, begin:end])[:, None]
        blocks = np.add.reduceat(pulls, np.arange(0, len(pulls), _BLOCK), axis=0)
        half = np.linalg.solve(gram, blocks.T)
        found[place] = half @ half.T
    return found


def sum_standard_deviation(covariances: Matrix, totals: Matrix) -> Vector:
    """Standard deviation of linear sums: `totals` (rows, SIZE) are the summed columns of the days."""
    return np.asarray(np.sqrt(np.maximum(np.einsum("mp,mpq,mq->m", totals, covariances, totals), 0.0)))
