"""Histogram bins of equal width with round edges, and the table behind a histogram."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.recipes.french import humanize_number

MAX_BINS = 20


@dataclass(frozen=True)
class Bin:
    """Bin from `low` (included) to `high` (excluded, but for the last one), with its count."""

    low: float
    high: float
    count: int

    @property
    def text(self) -> str:
        return f"de {humanize_number(self.low)} à {humanize_number(self.high)}"


def histogram_bins(values: Sequence[float], wanted: int | None = None) -> list[Bin]:
    """Bins of 1, 2 or 5 times a power of ten; about as many as Sturges' rule gives, or as `wanted`.

    >>> [(c.low, c.high, c.count) for c in histogram_bins([1, 2, 2, 9])]
    [(0.0, 5.0, 3), (5.0, 10.0, 1)]
    """
    low, high = min(values), max(values)
    if low == high:
        return [Bin(float(low), float(high) + 1, len(values))]
    bin_count = wanted or min(MAX_BINS, math.ceil(math.log2(len(values))) + 1)
    step = _round((high - low) / bin_count)
    first, last = math.floor(low / step), math.ceil(high / step)
    last = max(last, first + 1)
    counts = [0] * (last - first)
    for value in values:
        counts[min(math.floor(value / step) - first, len(counts) - 1)] += 1
    # Edges are whole multiples of the step: rounded so that 3 × 0.1 reads 0.3.
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [
        Bin(round((first + n) * step, digits), round((first + n + 1) * step, digits), count)
        for n, count in enumerate(counts)
    ]


def _round(width: float) -> float:
    power = 10.0 ** math.floor(math.log10(width))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= width * (1 - 1e-9))
