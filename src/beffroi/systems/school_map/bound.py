"""What no map can beat, proven: the relaxed model over every pair allowed, then the whole one where it is small enough.

In comes a `Problem`; out goes a lower bound on any map in one piece by sector. The relaxed model begins with the
cheapest pairs; those left out are priced with the duals and brought in where they could help, so that nothing is lost.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.school_map.model import SectorModel, apart
from beffroi.systems.school_map.problem import Ints, Matrix, Problem

_NEAREST = 8
_STOP = 2e-3  # the gap at which the whole model may stop
_NODES = 8
_STEPS = 12_000  # simplex iterations spent on rounds of cuts; one round at least


@dataclass(frozen=True)
class Relaxed:
    """The relaxed optimum: `share` (B, S) of each block; `reduced` (B, S) prices; `value` the bound."""

    value: float
    share: Matrix
    reduced: Matrix


def relax(problem: Problem, *, spill: float | None = None) -> Relaxed | None:
    """The linear relaxation over all pairs, by column generation from the cheapest ones. None: not enough seats."""
    allowed = _anchored(problem)
    held = np.zeros_like(allowed)
    price = np.where(allowed, problem.cost, np.inf)
    nearest = np.argsort(price, axis=1, kind="stable")[:, :_NEAREST]
    held[np.arange(problem.blocks)[:, None], nearest] = True
    held &= allowed
    while True:
        block, school = np.nonzero(held)
        model = SectorModel(problem, block, school, spill=spill, integer=False)
        solved = model.solve()
        if not solved.found or not np.isfinite(solved.bound):
            if held.sum() == allowed.sum():
                return None
            wider = np.argsort(price, axis=1, kind="stable")[:, : 2 * int(held.sum(axis=1).max())]
            held[np.arange(problem.blocks)[:, None], wider] = True
            held &= allowed
            continue
        reduced = model.reduced(solved.duals)
        missing = allowed & ~held & (reduced < -1e-6 * max(1.0, float(problem.cost.max())))
        if not missing.any():
            share = np.zeros(problem.cost.shape)
            share[block, school] = solved.x
            return Relaxed(solved.bound, share, reduced)
        held |= missing


def prove(problem: Problem, least: float) -> tuple[float, Ints | None]:
    """A bound at least as good as `least`, and the map of the whole model where it found one (maybe in pieces)."""
    block, school = np.nonzero(_anchored(problem))
    model = SectorModel(problem, block, school, spill=None, integer=True)
    lower, drawn, spent = least, None, 0
    while spent < _STEPS:
        solved = model.solve(gap=_STOP, nodes=_NODES)
        spent += max(1, solved.steps)
        if np.isfinite(solved.bound):
            lower = max(lower, solved.bound)
        if not solved.found:
            break
        drawn = model.drawn(solved)
        if not model.cut(apart(problem, drawn, model, np.arange(problem.schools))):
            break
    return lower, drawn


def _anchored(problem: Problem) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    """The pairs allowed once each anchor goes to its school."""
    allowed = problem.allowed.copy()
    for school, block in enumerate(problem.anchor):
        if block >= 0:
            allowed[block] = False
            allowed[block, school] = True
    return allowed
