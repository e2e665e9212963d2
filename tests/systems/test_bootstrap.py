"""Percentile bootstrap by blocks: its draws, its ends, its coverage."""

import numpy as np

from beffroi.systems.bootstrap import Blocks, Vector, bootstrap_intervals


def _mean_of(values: Vector):
    def figures(drawn: Blocks) -> tuple[Vector, Vector]:
        means = values[drawn].mean(axis=1)
        return means, -means

    return figures


def test_the_ends_are_the_percentiles_of_the_figure_over_the_draws() -> None:
    values = np.random.default_rng(3).gamma(2.0, size=23)
    rng = np.random.default_rng(7)
    one_by_one = [values[rng.integers(0, 23, 23)].mean() for _ in range(400)]
    low, high = (round(float(np.quantile(one_by_one, end)), 6) for end in (0.025, 0.975))

    intervals = bootstrap_intervals(_mean_of(values), 23, np.random.default_rng(7), digits=6, draws=400)

    assert intervals == ((low, high), (-high, -low))


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    figures = _mean_of(np.arange(50.0))

    def interval(seed: int) -> tuple[float, float]:
        return bootstrap_intervals(figures, 50, np.random.default_rng(seed), digits=4)[0]

    assert interval(1) == interval(1) != interval(2)


def test_nineteen_intervals_in_twenty_hold_the_true_mean() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(300):
        values = rng.normal(5.0, 2.0, 40)
        ((low, high), _) = bootstrap_intervals(_mean_of(values), 40, rng, digits=6, draws=300)
        covered += low <= 5.0 <= high

    assert 0.88 <= covered / 300 <= 0.98


def test_ends_are_rounded_to_the_digits_wanted() -> None:
    values = np.random.default_rng(5).normal(size=30)
    ((low, high), _) = bootstrap_intervals(_mean_of(values), 30, np.random.default_rng(0), digits=1)
    assert (low, high) == (round(low, 1), round(high, 1)) and low < high
