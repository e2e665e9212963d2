"""Judgement of a plan by its faults, beside what people do without AI: the share of rows at fault, its interval, the verdict.

In comes, by way of doing, which rows are at fault; out goes a `Score` whose figures are in % of the rows. Nothing is learned.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from beffroi.systems.bootstrap import Blocks, bootstrap_intervals
from beffroi.systems.contract import GuardResult, Score
from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.kit.disparities import Group
from beffroi.systems.kit.judging import verdict


def percent(rows: Mask) -> float:
    return round(100 * float(rows.mean()), 3)


def score(
    package: str,
    faults: Mask,
    baseline: Mask,
    *,
    without_ai: Mapping[str, Mask],
    block: Rows,
    test_rows: str,
    seed: int,
    groups: Iterable[Group] = (),
    guards: Mapping[str, GuardResult] | None = None,
    others: Mapping[str, float] | None = None,
) -> Score:
    """`block`: rows of one block move together, and are drawn together. `test_rows`: in French, which rows are judged."""
    value, plain = percent(faults), percent(baseline)
    ways = {name: percent(rows) for name, rows in without_ai.items()}
    value_interval, gain_interval = _intervals(faults, baseline, block, seed)
    best = min([plain, *ways.values()])
    return Score(
        value=value,
        baseline=plain,
        interval_coverage=None,
        interval_stated=None,
        recommended=bool(value < best and gain_interval[0] > 0),
        verdict=verdict(package, value, plain, best, gain_interval[0], None, None),
        held_out=test_rows,
        rows=len(faults),
        without_ai=ways,
        guards=dict(guards or {}),
        groups={f"{group.family} : {group.name}": percent(faults[group.members]) for group in groups},
        others=dict(others or {}),
        value_interval=value_interval,
        gain_interval=gain_interval,
    )


def _intervals(faults: Mask, baseline: Mask, block: Rows, seed: int) -> tuple[tuple[float, float], ...]:
    _, block = np.unique(block, return_inverse=True)
    count = int(block.max()) + 1
    sums = [
        np.bincount(block, column, count) for column in (faults, baseline, np.ones(len(faults), dtype=bool))
    ]

    def figures(drawn: Blocks) -> list[Vector]:
        own, plain, rows = (column[drawn].sum(axis=1) for column in sums)
        return [100 * own / rows, 100 * (plain - own) / rows]

    return bootstrap_intervals(figures, count, np.random.default_rng(seed), digits=3)
