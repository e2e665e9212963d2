"""Calibration of a model for many places at once: the parameters of least cost, each within its bounds.

Sets are drawn over the whole space (Latin hypercube), then around the best ones (differential evolution, Storn and Price 1997).
"""

from collections.abc import Callable

import numpy as np

from beffroi.systems.kit.arrays import Array, Matrix, Vector

_FIRST, _NEXT = 128, 64  # sets tried at first, then in each round around the best
_ROUNDS, _BEST = 5, 12


def least_cost(cost: Callable[[Array], Matrix], low: Vector, high: Vector, places: int, seed: int) -> Matrix:
    """(parameters, places). `cost`: of sets (parameters, sets, places), what each costs at each place (sets, places)."""
    rng, count = np.random.default_rng(seed), len(low)
    least, width = low[:, None, None], (high - low)[:, None, None]
    ranks = np.argsort(rng.random((count, _FIRST)), axis=1) + rng.random((count, _FIRST))
    tried = np.repeat(least + width * ranks[..., None] / _FIRST, places, axis=2)
    best, costs = tried[:, :0], np.empty((0, places))
    for _ in range(_ROUNDS):
        best = np.concatenate([best, tried], axis=1)
        costs = np.concatenate([costs, cost(tried)])
        order = np.argsort(costs, axis=0, kind="stable")[:_BEST]
        best, costs = np.take_along_axis(best, order[None], axis=1), np.take_along_axis(costs, order, axis=0)
        drawn = rng.integers(0, len(costs), (3, 1, _NEXT, places))
        first, second, third = (np.take_along_axis(best, some, axis=1) for some in drawn)
        noise = 0.05 * width * rng.standard_normal(first.shape)
        tried = np.clip(first + 0.7 * (second - third) + noise, least, least + width)
    return best[:, 0]
