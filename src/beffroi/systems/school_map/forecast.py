"""Forecast of the pupils of a block next year: its last roll, and the spread of changes from one year to the next.

In come past rolls and the last; out go intervals at 90 %. The error is taken over the square root of the roll, since
counts of children spread like it; without past years, that of two draws of the same Poisson law.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Vector

STATED = 0.9
_ENOUGH = 100  # pairs of years, over all blocks
_TWO_DRAWS = 1.645 * np.sqrt(2.0)


@dataclass(frozen=True)
class Spread:
    """The bounds of (next roll − last roll) / √(last roll + 1)."""

    below: float
    above: float

    def of(self, pupils: Vector) -> tuple[Vector, Vector]:
        scale = np.sqrt(pupils + 1)
        return np.clip(pupils + self.below * scale, 0, None), pupils + self.above * scale


def learn(past: Matrix) -> Spread:
    """`past`: (years, B) rolls from the oldest to the last, NaN where unknown."""
    before, after = past[:-1], past[1:]
    known = np.isfinite(before) & np.isfinite(after)
    if int(known.sum()) < _ENOUGH:
        return Spread(-_TWO_DRAWS, _TWO_DRAWS)
    strayed = (after[known] - before[known]) / np.sqrt(before[known] + 1)
    low, high = np.quantile(strayed, [(1 - STATED) / 2, (1 + STATED) / 2])
    return Spread(float(min(low, 0.0)), float(max(high, 0.0)))
