"""Minimisation of the longest walk, with proof; the mean comes after.

In come a `Problem` and the walks of each pair; out goes the same problem with the longer pairs barred, and a walk below
which no map goes. The bound comes by bisection: a walk is too short where the relaxed model, or the whole one, is proven
to have no solution (the bottleneck transport of Garfinkel and Rao 1971, here with sectors in one piece).
"""

from dataclasses import dataclass, replace

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.plans.sectors import bound, connectivity, search
from beffroi.systems.kit.plans.sectors.model import SectorModel
from beffroi.systems.kit.plans.sectors.problem import Problem

_LOOSE = 0.05  # the gap at which a map that only has to hold may stop
_STEPS = 12_000  # simplex iterations to find one


@dataclass(frozen=True)
class ShortenedWalks:
    """`problem`: with no pair longer than a map found holds (`drawn`, in one piece by sector); `least`: the bound, metres."""

    problem: Problem
    drawn: Rows
    least: float


def shorten_longest_walk(problem: Problem, walks: Matrix) -> ShortenedWalks | None:
    """`walks`: (B, S) metres of the block's farthest person. None where no map was found at any length."""
    lengths = np.unique(walks[connectivity.reachable_pairs(problem)])
    low, high = 0, len(lengths)
    while low < high:  # the shortest that the relaxed model does not refuse
        middle = (low + high) // 2
        low, high = (
            (low, middle)
            if _may_hold(bar_longer_pairs(problem, walks, lengths[middle]))
            else (middle + 1, high)
        )
    return _first(problem, walks, lengths, low)


def bar_longer_pairs(problem: Problem, walks: Matrix, most: float) -> Problem:
    """The same problem without the pairs that are longer."""
    return replace(problem, allowed=problem.allowed & (walks <= most))


def _may_hold(problem: Problem) -> bool:
    """False where it is proven that there is no map, even with blocks split."""
    able = connectivity.reachable_pairs(problem)
    if not able.any(axis=1).all():
        return False
    block, site = np.nonzero(able)
    return not SectorModel(problem, block, site, spill=None, integer=False).solve().impossible


def _first(problem: Problem, walks: Matrix, lengths: Vector, least: int) -> ShortenedWalks | None:
    """From any map that holds, by halves, down to the shortest length at which one was found."""
    drawn = _whole(problem, bound.prove(problem, -np.inf, gap=_LOOSE, steps=_STEPS))
    if drawn is None:
        return None
    every = np.arange(problem.blocks)
    failed, top = least - 1, int(np.searchsorted(lengths, walks[every, drawn].max()))
    while failed < top - 1:
        place = (failed + top) // 2
        able = bar_longer_pairs(problem, walks, lengths[place])
        proof = bound.prove(able, -np.inf, gap=_LOOSE, steps=_STEPS)
        found = _whole(able, proof)
        if found is not None:
            drawn, top = found, int(np.searchsorted(lengths, walks[every, found].max()))
        else:
            failed = place
            least = place + 1 if proof.impossible else least
    return ShortenedWalks(bar_longer_pairs(problem, walks, lengths[top]), drawn, float(lengths[least]))


def _whole(problem: Problem, proof: bound.Proof) -> Rows | None:
    """The map of the proof once its pieces are given away; None where it does not hold."""
    if proof.drawn is None:
        return None
    site = search.reconnect(problem, proof.drawn)
    barred = not connectivity.reachable_pairs(problem)[np.arange(problem.blocks), site].all()
    apart = any(connectivity.cuts_of_pieces(problem, problem.allowed, site, range(problem.sites)))
    return None if barred or apart or problem.overflow(site) else site
