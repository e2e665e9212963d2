"""Judgement of plans on past days played again: what each way cost for what it did, intervals from whole weeks, guards, the verdict.

In come costs and amounts by day, for the system and for ways without AI; out goes a `Score`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beffroi.systems.bootstrap import Blocks, bootstrap_intervals
from beffroi.systems.contract import BadInput, GuardResult, Score
from beffroi.systems.kit import judging
from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.kit.plans import route_checker, route_sheet
from beffroi.systems.kit.plans.routes import RouteProblem, greedy


@dataclass(frozen=True)
class Done:
    """What one way did on each day that was played again: `cost` for `amount` (kilometres for cubic metres)."""

    cost: Vector
    amount: Vector

    @property
    def ratio(self) -> float:
        return float(self.cost.sum() / self.amount.sum()) if self.amount.sum() > 0 else float("nan")


@dataclass(frozen=True)
class Covered:
    """Whether each truth fell in its interval, and the day of each, from 0."""

    inside: Mask
    day: Rows


def by_hand(problem: RouteProblem, *, nearest: bool) -> tuple[float, tuple[int, ...]]:
    """Kilometres of all that the vehicles can take, leaving again as long as something is left; and the stops that none can.

    The nearest next, or in the order of the stops: what people do, and a way without AI to be judged beside.
    """
    metres, waiting = 0.0, tuple(range(len(problem.stops)))
    while waiting:
        part = route_sheet.only(problem, waiting)
        plan = greedy(part, None if nearest else range(len(waiting)))
        if not plan.routes:
            break
        metres += route_checker.metres(part, plan)
        waiting = tuple(waiting[stop] for stop in plan.left_out)
    return metres / 1000, waiting


def score(
    package: str,
    system: Done,
    baseline: Done,
    covered: Covered | None,
    *,
    stated: float | None,
    test_period: str,
    rows: int,
    seed: int,
    training_rows: int,
    without_ai: Mapping[str, Done],
    ablations: Mapping[str, Done],
    bounds: Mapping[str, float],
    guards: Mapping[str, GuardResult],
) -> Score:
    """The score of plans whose measure is a cost for an amount, lower being better; a guard that is broken advises against it.

    `covered`: None for a plan without intervals. Raises `BadInput` where nothing was done.
    """
    if not (system.amount.sum() > 0 and baseline.amount.sum() > 0):
        raise BadInput("Rien n’a été fait pendant les jours rejoués : l’épreuve n’a rien à juger.")
    value_interval, gain_interval, *coverage_interval = _intervals(system, baseline, covered, seed)
    figures, less = (
        {name: round(done.ratio, 3) for name, done in ways.items() if np.isfinite(done.ratio)}
        for ways in (without_ai, ablations)
    )
    broken = judging.broken_guards(package, guards)
    best = min([baseline.ratio, *figures.values()])
    coverage = None if covered is None else float(covered.inside.mean())
    verdict = judging.verdict(package, system.ratio, baseline.ratio, best, gain_interval[0], coverage, stated)
    if broken:
        verdict = (
            f"Ne pas utiliser ici sans essai : moins bien que sans IA, {', '.join(broken).lower()}. {verdict}"
        )
    return Score(
        value=round(system.ratio, 3),
        baseline=round(baseline.ratio, 3),
        interval_coverage=None if coverage is None else round(coverage, 4),
        interval_stated=stated,
        recommended=bool(system.ratio < best and gain_interval[0] > 0 and not broken),
        verdict=verdict,
        held_out=test_period,
        rows=rows,
        without_ai=figures,
        ablations=less,
        bounds=dict(bounds),
        guards=dict(guards),
        value_interval=value_interval,
        gain_interval=gain_interval,
        coverage_interval=coverage_interval[0] if coverage_interval else None,
        truths=None if covered is None else len(covered.inside),
        training_rows=training_rows,
    )


def _intervals(
    system: Done, baseline: Done, covered: Covered | None, seed: int
) -> tuple[tuple[float, float], ...]:
    """Of the figure, of its gain on the baseline, of the coverage where it is measured: whole weeks drawn again."""
    count = (len(system.cost) + 6) // 7
    week = np.arange(len(system.cost)) // 7
    columns = (system.cost, system.amount, baseline.cost, baseline.amount)
    sums = [np.bincount(week, column, count) for column in columns]
    if covered is not None:
        ones = np.ones(len(covered.day))
        sums += [np.bincount(covered.day // 7, column, count) for column in (covered.inside * ones, ones)]

    def figures(drawn: Blocks) -> list[Vector]:
        cost, amount, plain_cost, plain_amount, *truths = (column[drawn].sum(axis=1) for column in sums)
        ratio, plain = cost / np.maximum(amount, 1e-9), plain_cost / np.maximum(plain_amount, 1e-9)
        return [ratio, plain - ratio, *([truths[0] / np.maximum(truths[1], 1)] if truths else [])]

    return bootstrap_intervals(figures, count, np.random.default_rng(seed), digits=4)
