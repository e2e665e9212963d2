"""Uncertainty of the backtest figures, by resampling whole weeks: the sites of one week move together.

In come, row by row, meals served, orders of each method and whether the interval covered; out go the
95 % intervals of the surplus, of the gain over the baseline and of the coverage (percentile bootstrap by blocks).
"""

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.kit.arrays import Mask, Rows, Vector


def intervals_by_week(
    ordinal: Rows, meals: Vector, system: Vector, baseline: Vector, inside: Mask, seed: int
) -> tuple[Interval | None, ...]:
    """Of the surplus and of the gain, in % of the meals served, and of the coverage, a share.

    None where the test has fewer than five weeks: too few to resample.
    """
    # An ordinal of 1 is a Monday: weeks begin there.
    weeks, place = np.unique((ordinal - 1) // 7, return_inverse=True)
    if len(weeks) < 5:
        return None, None, None

    def by_week(values: Vector) -> Vector:
        return np.asarray(np.bincount(place, weights=values, minlength=len(weeks)), dtype=np.float64)

    served = by_week(meals)
    system_surplus = by_week(np.clip(system - meals, 0, None))
    baseline_surplus = by_week(np.clip(baseline - meals, 0, None))
    covered, rows = by_week(inside.astype(np.float64)), by_week(np.ones(len(meals)))

    def figures(drawn: Blocks) -> tuple[Vector, Vector, Vector]:
        total = served[drawn].sum(axis=1)
        surplus = 100 * system_surplus[drawn].sum(axis=1) / total
        gain = 100 * baseline_surplus[drawn].sum(axis=1) / total - surplus
        return surplus, gain, covered[drawn].sum(axis=1) / rows[drawn].sum(axis=1)

    return bootstrap_intervals(figures, len(weeks), np.random.default_rng(seed), digits=4)
