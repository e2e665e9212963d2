"""Changepoint search: heating and cooling balance points of all meters at once.

In come consumption, weights and temperatures; out goes, for each meter, the thermal lag and the two balance points of
the piecewise linear model with the best Bayesian criterion. The model class is that of ASHRAE's inverse modelling
toolkit (Kissock, Haberl and Claridge 2003, RP-1050) and of CalTRACK 2.0: base + heating degrees + cooling degrees.
Sums over days are matrix products shared by all meters, so that a thousand meters cost seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from beffroi.systems.buildings.days import Matrix, Vector

type Picks = npt.NDArray[np.int64]

LAGS = (0.0, 0.3, 0.6)  # share of yesterday's felt temperature in today's: the inertia of walls
HEATING = np.arange(6.0, 23.0)  # °C
COOLING = np.arange(12.0, 28.0)  # °C
NONE = -1
_RIDGE = 1e-6
_PAIRS: Picks = np.array(
    [
        (heating, cooling)
        for heating in range(NONE, len(HEATING))
        for cooling in range(NONE, len(COOLING))
        if NONE in (heating, cooling) or COOLING[cooling] >= HEATING[heating]
    ]
)
"""Heating and cooling points tried together, the pair of none first."""


@dataclass(frozen=True)
class Sums:
    """Weighted sums over days, one line a meter, for the normal equations."""

    gram: Matrix  # (meters, 2, 2) of one and day off
    one_h: Matrix
    off_h: Matrix
    h_h: Matrix
    one_c: Matrix
    off_c: Matrix
    c_c: Matrix
    y: Matrix  # (meters, 2)
    y_h: Matrix
    y_c: Matrix
    y_y: Vector


def felt_temperature(temperature: Vector, lag: float) -> Vector:
    """Temperature felt by walls: exponential smoothing of daily means, `lag` of yesterday's value."""
    smooth = np.array(temperature)
    for day in range(1, len(smooth)):
        smooth[day] = (1 - lag) * temperature[day] + lag * smooth[day - 1]
    return smooth


def choose_balance_points(
    kwh: Matrix,
    weight: Matrix,
    temperatures: Matrix,
    off: Vector,
    mean: Callable[[Matrix], Matrix] = lambda days: days,
) -> Picks:
    """For each meter (lag, heating point, cooling point) as places in `LAGS`, `HEATING`, `COOLING`; `NONE` for neither.

    `kwh` (meters, days) near 1, 0 where unknown; `weight` (meters, days), 0 where unknown; `temperatures` (lags, days);
    `mean` makes columns of days those of what was read.
    """
    found, criteria = [], []
    count = np.maximum((weight > 0).sum(axis=1), 2).astype(float)
    for lag, temperature in enumerate(temperatures):
        sums = _sums(kwh, weight, temperature, off, mean)
        pairs = _PAIRS[1:] if lag else _PAIRS
        criteria.append(_criteria(sums, pairs, lag, count))
        found.append(np.column_stack([np.full(len(pairs), lag), pairs]))
    best = np.concatenate(criteria).argmin(axis=0)
    return np.asarray(np.concatenate(found)[best], dtype=np.int64)


def _sums(
    kwh: Matrix, weight: Matrix, temperature: Vector, off: Vector, mean: Callable[[Matrix], Matrix]
) -> Sums:
    h = mean(np.maximum(HEATING[:, None] - temperature, 0.0))
    c = mean(np.maximum(temperature - COOLING[:, None], 0.0))
    off = mean(off)
    one, days_off = weight.sum(axis=1), weight @ off
    gram = np.empty((len(kwh), 2, 2))
    gram[:, 0, 0], gram[:, 0, 1], gram[:, 1, 0] = one, days_off, days_off
    gram[:, 1, 1] = weight @ (off * off)
    weighted = weight * kwh
    return Sums(
        gram=gram,
        one_h=weight @ h.T,
        off_h=weight @ (h * off).T,
        h_h=weight @ (h * h).T,
        one_c=weight @ c.T,
        off_c=weight @ (c * off).T,
        c_c=weight @ (c * c).T,
        y=np.stack([weighted.sum(axis=1), weighted @ off], axis=1),
        y_h=weighted @ h.T,
        y_c=weighted @ c.T,
        y_y=(weighted * kwh).sum(axis=1),
    )


def _criteria(sums: Sums, pairs: Picks, lag: int, count: Vector) -> Matrix:
    """Schwarz's criterion (pairs, meters) of each pair of balance points, infinite where a slope is not positive."""
    found = np.empty((len(pairs), len(sums.y)))
    for heats, cools in product((False, True), repeat=2):
        chosen = ((pairs[:, 0] != NONE) == heats) & ((pairs[:, 1] != NONE) == cools)
        points = []
        if heats:
            points.append((pairs[chosen, 0], sums.one_h, sums.off_h, sums.h_h, sums.y_h))
        if cools:
            points.append((pairs[chosen, 1], sums.one_c, sums.off_c, sums.c_c, sums.y_c))
        size = 2 + len(points)
        gram = np.zeros((int(chosen.sum()), len(sums.y), size, size))
        gram[:, :, :2, :2] = sums.gram
        products = np.zeros(gram.shape[:3])
        products[:, :, :2] = sums.y
        for place, (at, one, off, square, with_y) in enumerate(points, start=2):
            gram[:, :, 0, place] = gram[:, :, place, 0] = one.T[at]
            gram[:, :, 1, place] = gram[:, :, place, 1] = off.T[at]
            gram[:, :, place, place] = square.T[at]
            products[:, :, place] = with_y.T[at]
        solved = np.linalg.solve(gram + _RIDGE * np.eye(size), products[..., None])[..., 0]
        left = np.maximum(sums.y_y - (solved * products).sum(axis=2), 1e-9)
        parameters = size + len(points) + (lag > 0)
        criterion = count * np.log(left / count) + np.log(count) * parameters
        usable = (solved[:, :, 2:] > 0).all(axis=2) & np.isfinite(criterion)
        found[chosen] = np.where(usable, criterion, np.inf)
    return found
