"""Lower bound on any map: the relaxed model over every allowed pair, then the integer model where it is small enough.

In comes a `Problem`; out goes a lower bound on any map in one piece by sector. The relaxed model begins with the
cheapest pairs; those left out are priced with the duals and added where they could help (column generation), so that the bound holds.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.plans.sectors import connectivity
from beffroi.systems.kit.plans.sectors.model import SectorModel
from beffroi.systems.kit.plans.sectors.problem import Problem

_NEAREST = 8
_STOP = 2e-3  # the gap at which the whole model may stop
_NODES = 8
_STEPS = 12_000  # simplex iterations spent on maps found in pieces; one round at least
_CHECKS = 50  # pairs for each halt of HiGHS in one round, where a dear social mix could keep it for long
_DEAR = 0.5  # whole separation over the price: past it, whole blocks add next to nothing to the bound, in minutes of work
_MAPS = 20  # found in pieces, at most: easy models take hardly a step each
_ROUNDS = 20  # of cuts on shares
_FEW = 4  # cuts on shares that are not worth another round


@dataclass(frozen=True)
class Relaxed:
    """The relaxed optimum: `share` (B, S) of each block; `reduced` (B, S) prices; `value` the bound."""

    value: float
    share: Matrix
    reduced: Matrix


def relax(problem: Problem, *, spill: float | None = None) -> Relaxed | None:
    """The linear relaxation over all pairs, by column generation from the cheapest ones. None: not enough seats, or no way."""
    allowed = connectivity.reachable_pairs(problem)
    if not allowed.any(axis=1).all():
        return None
    included = np.zeros_like(allowed)
    price = np.where(allowed, problem.cost, np.inf)
    nearest = np.argsort(price, axis=1, kind="stable")[:, :_NEAREST]
    included[np.arange(problem.blocks)[:, None], nearest] = True
    included &= allowed
    while True:
        block, site = np.nonzero(included)
        model = SectorModel(problem, block, site, spill=spill, integer=False)
        solved = model.solve()
        if not solved.found or not np.isfinite(solved.bound):
            if included.sum() == allowed.sum():
                return None
            wider = np.argsort(price, axis=1, kind="stable")[:, : 2 * int(included.sum(axis=1).max())]
            included[np.arange(problem.blocks)[:, None], wider] = True
            included &= allowed
            continue
        reduced = model.reduced(solved.duals)
        missing = allowed & ~included & (reduced < -1e-6 * max(1.0, float(problem.cost.max())))
        if not missing.any():
            share = np.zeros(problem.cost.shape)
            share[block, site] = solved.x
            return Relaxed(solved.bound, share, reduced)
        included |= missing


@dataclass(frozen=True)
class Proof:
    """`lower`: the bound, infinite where no map is feasible; `drawn`: the best map met, maybe in pieces (`whole`: not)."""

    lower: float
    drawn: Rows | None = None
    whole: bool = False

    @property
    def impossible(self) -> bool:
        return self.lower == np.inf


def prove(
    problem: Problem, least: float, *, start: Rows | None = None, gap: float = _STOP, steps: int = _STEPS
) -> Proof:
    """A bound at least as good as `least`, by the whole model: cuts on shares first, then on maps found in pieces."""
    allowed = connectivity.reachable_pairs(problem)
    if not allowed.any(axis=1).all():
        return Proof(np.inf)
    block, site = np.nonzero(allowed)
    relaxed = SectorModel(problem, block, site, spill=None, integer=False)
    model = SectorModel(problem, block, site, spill=None, integer=True)
    lower = least
    for _ in range(_ROUNDS):
        solved = relaxed.solve()
        if solved.impossible:
            return Proof(np.inf)
        lower = max(lower, solved.bound)
        share = np.zeros(problem.cost.shape)
        share[block, site] = solved.x
        cuts = list(connectivity.cuts_of_shares(problem, allowed, share))
        relaxed.cut(cuts)
        if model.cut(cuts) < _FEW:
            break
    if problem.mix * float(np.abs(problem.social).sum()) > _DEAR * lower:
        return Proof(lower)
    drawn, spent = None, 0
    checks = max(20, model.width // _CHECKS) if problem.mix else 0
    while spent < steps:
        solved = model.solve(start=start, gap=gap, nodes=_NODES, checks=checks)
        spent += max(steps // _MAPS, solved.steps)
        if solved.impossible:
            return Proof(np.inf)
        if np.isfinite(solved.bound):
            lower = max(lower, solved.bound)
        if not solved.found:
            break
        drawn = model.drawn(solved)
        if not model.cut(connectivity.cuts_of_pieces(problem, allowed, drawn, range(problem.sites))):
            return Proof(lower, drawn, whole=True)
        if solved.halted:
            break
    return Proof(lower, drawn)
