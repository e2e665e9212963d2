"""Candidates ranked by open weights and chosen under a budget: points by criterion, and what changes if a weight changes.

In come `Candidates` and `Criterion`s; out goes a `Ranking`. A value counts by the share of the other candidates that it beats, so that
neither its unit nor one wrong figure weighs more than the rest; a value that is not known counts as the middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector


@dataclass(frozen=True)
class Criterion:
    """`weight`: how much it counts beside the others, not below zero. `higher_first`: whether the largest value comes first."""

    label: str
    weight: float
    higher_first: bool = True


@dataclass(frozen=True)
class Candidates:
    """`values` (candidates, criteria), NaN where nothing is known; `costs` in the unit of the budget."""

    names: tuple[str, ...]
    costs: Vector
    values: Matrix


@dataclass(frozen=True)
class WeightChange:
    """What another weight would change: the candidates that would be chosen, and no longer chosen."""

    criterion: str
    weight: float
    entering: tuple[str, ...]
    leaving: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    candidates: Candidates
    criteria: tuple[Criterion, ...]
    budget: float

    @cached_property
    def points(self) -> Matrix:
        """(candidates, criteria): points of a total of 100."""
        weights = np.array([criterion.weight for criterion in self.criteria])
        total = float(weights.sum())
        signs = np.array([1.0 if criterion.higher_first else -1.0 for criterion in self.criteria])
        share = np.apply_along_axis(share_beaten, 0, self.candidates.values * signs)
        return 100 * share * (weights / total if total > 0 else weights)

    @cached_property
    def score(self) -> Vector:
        return np.round(self.points.sum(axis=1), 9)

    @cached_property
    def order(self) -> Rows:
        """The best first; with equal points the least costly, then by name."""
        names = np.argsort(np.argsort(self.candidates.names, kind="stable"))
        return np.lexsort((names, self.candidates.costs, -self.score))

    @cached_property
    def chosen(self) -> Mask:
        return choose(self.order, self.candidates.costs, self.budget)

    def with_weight(self, number: int, weight: float) -> "Ranking":
        """The ranking with another weight of one criterion."""
        criteria = list(self.criteria)
        criteria[number] = replace(criteria[number], weight=weight)
        return Ranking(self.candidates, tuple(criteria), self.budget)

    def weight_changes(self, factors: Sequence[float] = (0.0, 2.0)) -> list[WeightChange]:
        """What changes if each criterion counts so many times as much, one at a time."""
        found = []
        for number, criterion in enumerate(self.criteria):
            for weight in (criterion.weight * factor for factor in factors):
                other = self.with_weight(number, weight).chosen
                found.append(
                    WeightChange(
                        criterion.label, weight, self._named(other & ~self.chosen), self._named(self.chosen & ~other)
                    )
                )  # fmt: skip
        return found

    def _named(self, which: Mask) -> tuple[str, ...]:
        return tuple(self.candidates.names[row] for row in self.order if which[row])


def share_beaten(values: Vector) -> Vector:
    """By value, the share (0..1) of the other known ones that it is above, equals counted half; a half where nothing is known."""
    share, known = np.full(len(values), 0.5), np.isfinite(values)
    found, others = values[known], int(known.sum()) - 1
    if others > 0:
        ordered = np.sort(found)
        below, up_to = np.searchsorted(ordered, found, "left"), np.searchsorted(ordered, found, "right")
        share[known] = (below + (up_to - below - 1) / 2) / others
    return share


def choose(order: Rows, costs: Vector, budget: float) -> Mask:
    """Candidates in this order, each where its cost fits in what is left of the budget."""
    chosen, left = np.zeros(len(costs), dtype=bool), budget
    for row in order:
        if costs[row] <= left:
            chosen[row] = True
            left -= costs[row]
    return chosen


def passed_over(score: Vector, costs: Vector, chosen: Mask, budget: float) -> Mask:
    """Candidates left out for one with fewer points, whose place in the budget would have been enough for them."""
    left = budget - float(costs[chosen].sum())
    return np.array(
        [
            not is_chosen and bool(np.any(chosen & (score < own) & (cost <= costs + left)))
            for own, cost, is_chosen in zip(score, costs, chosen, strict=True)
        ],
        dtype=bool,
    )
