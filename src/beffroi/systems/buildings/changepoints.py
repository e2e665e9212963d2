"""Changepoint search: heating and cooling balance points of all meters at once.

In come consumption, weights and temperatures; out goes, for each meter, the thermal lag and the two balance points of
the piecewise linear model with the best Bayesian criterion. The model class is that of ASHRAE's inverse modelling
toolkit (Kissock, Haberl and Claridge 2003, RP-1050) and of CalTRACK 2.0: base + heating degrees + cooling degrees.
Sums over days are matrix products shared by all meters, so that a thousand meters cost seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beffroi.systems.buildings.days import Matrix, Vector

type Picks = npt.NDArray[np.int64]

LAGS = (0.0, 0.3, 0.6)  # share of yesterday's felt temperature in today's: the inertia of walls
HEATING = np.arange(6.0, 23.0)  # °C
COOLING = np.arange(12.0, 28.0)  # °C
NONE = -1
_RIDGE = 1e-6


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
    meters = len(kwh)
    best = np.full(meters, np.inf)
    picks = np.full((meters, 3), NONE, dtype=np.int64)
    picks[:, 0] = 0
    count = np.maximum((weight > 0).sum(axis=1), 2).astype(float)
    for lag, temperature in enumerate(temperatures):
        sums = _sums(kwh, weight, temperature, off, mean)
        for heating in range(NONE, len(HEATING)):
            for cooling in range(NONE, len(COOLING)):
                neither = heating == NONE and cooling == NONE
                crossed = NONE not in (heating, cooling) and COOLING[cooling] < HEATING[heating]
                if crossed or (neither and lag):
                    continue
                criterion = _criterion(sums, heating, cooling, lag, count)
                better = criterion < best
                best[better] = criterion[better]
                picks[better] = (lag, heating, cooling)
    return picks


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


def _criterion(sums: Sums, heating: int, cooling: int, lag: int, count: Vector) -> Vector:
    """Schwarz's criterion of one pair of balance points, infinite where a slope is not positive."""
    size = 2 + (heating != NONE) + (cooling != NONE)
    meters = len(sums.y)
    gram = np.zeros((meters, size, size))
    gram[:, :2, :2] = sums.gram
    products = np.zeros((meters, size))
    products[:, :2] = sums.y
    slopes: list[int] = []
    for point, one, off, square, with_y in (
        (heating, sums.one_h, sums.off_h, sums.h_h, sums.y_h),
        (cooling, sums.one_c, sums.off_c, sums.c_c, sums.y_c),
    ):
        if point == NONE:
            continue
        place = 2 + len(slopes)
        slopes.append(place)
        gram[:, 0, place] = gram[:, place, 0] = one[:, point]
        gram[:, 1, place] = gram[:, place, 1] = off[:, point]
        gram[:, place, place] = square[:, point]
        products[:, place] = with_y[:, point]
    gram += _RIDGE * np.eye(size)
    solved = np.linalg.solve(gram, products[..., None])[..., 0]
    left = np.maximum(sums.y_y - (solved * products).sum(axis=1), 1e-9)
    parameters = size + len(slopes) + (lag > 0)
    criterion = np.asarray(count * np.log(left / count) + np.log(count) * parameters, dtype=np.float64)
    if slopes:
        criterion[(solved[:, slopes] <= 0).any(axis=1)] = np.inf
    return criterion
