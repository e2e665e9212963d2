"""Percentile bootstrap: 95 % intervals of figures computed again on blocks drawn with replacement.

Rows of one block (a week, a month, a place) move together, so whole blocks are drawn. In come the figures as a function of
the drawn blocks and a generator; out goes one interval a figure (Efron and Tibshirani 1993, chapter 13).
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

type Vector = npt.NDArray[np.float64]
type Blocks = npt.NDArray[np.int64]
type Interval = tuple[float, float]

DRAWS = 1000
_ENDS = (0.025, 0.975)


def bootstrap_intervals(
    figures: Callable[[Blocks], Iterable[Vector | Sequence[float]]],
    blocks: int,
    rng: np.random.Generator,
    *,
    digits: int,
    draws: int = DRAWS,
) -> tuple[Interval, ...]:
    """The interval of each figure, rounded to `digits`.

    `figures`: from numbers of blocks (draws, blocks), one row a draw, to the values of each figure, one a draw.
    """
    drawn = rng.integers(0, blocks, (draws, blocks))
    return tuple(_interval(values, digits) for values in figures(drawn))


def _interval(values: Vector | Sequence[float], digits: int) -> Interval:
    low, high = np.quantile(values, _ENDS)
    return round(float(low), digits), round(float(high), digits)
