"""Large neighbourhood search over connected maps: a few sites at a time, redrawn by exact small models.

In come a `Problem` and a first map; out goes one where no group of neighbouring sites can be redrawn any better.
Every small model is solved by HiGHS; parts found apart are cut off and the model solved again (Shaw 1998 for the search).
"""

import numpy as np

from beffroi.systems.kit.arrays import Mask, Rows
from beffroi.systems.kit.plans.sectors import connectivity
from beffroi.systems.kit.plans.sectors.model import SectorModel
from beffroi.systems.kit.plans.sectors.problem import EPSILON, Problem, parts

_ROUNDS = 12  # of cuts, in one small model
_WIDEST = 500  # pairs in one small model
_SITES = 5
_PASSES = 3
_GAP, _NODES = 1e-3, 40


def overflow_price(problem: Problem) -> float:
    """Price of a person beyond the seats, high enough to avoid it where possible: ten times the dearest pair."""
    least = np.where(problem.allowed, problem.cost, 0.0) / np.maximum(problem.demand, 1.0)[:, None]
    return 10.0 * float(least.max(initial=1.0)) + 10_000.0


def reconnect(problem: Problem, site: Rows) -> Rows:
    """The same map with every part cut off from its anchor assigned to the cheapest adjacent sector."""
    fixed = site.copy()
    owned = problem.anchor >= 0
    fixed[problem.anchor[owned]] = np.flatnonzero(owned)
    for _ in range(problem.blocks):
        loose = _loose(problem, fixed)
        if not loose:
            return fixed
        moved = False
        for part in sorted(loose, key=len):
            adjacent = {int(fixed[n]) for block in part for n in problem.neighbours[block]} - {
                int(fixed[part[0]])
            }
            able = [s for s in sorted(adjacent) if problem.allowed[part, s].all() and problem.anchor[s] >= 0]
            if able:
                fixed[part] = min(able, key=lambda s: float(problem.cost[part, s].sum()))
                moved = True
        if not moved:
            return fixed
    return fixed


def _loose(problem: Problem, site: Rows) -> list[list[int]]:
    found = []
    for s in range(problem.sites):
        pieces = parts(np.flatnonzero(site == s), problem.neighbours)
        if len(pieces) > 1 or (pieces and problem.anchor[s] < 0):
            anchor = int(problem.anchor[s])
            found += [piece for piece in pieces if anchor not in piece]
    return found


def improve(problem: Problem, site: Rows, passes: int = _PASSES) -> Rows:
    """Redraw groups of neighbouring sites until nothing gets better, or `passes` times around."""
    spill, allowed = overflow_price(problem), connectivity.reachable_pairs(problem)
    best = site.copy()
    settled: set[tuple[tuple[int, ...], bytes]] = set()
    for _ in range(passes):
        better = False
        for first in _order(problem, best):
            group = _group(problem, best, first)
            inside = np.flatnonzero(np.isin(best, group))
            mark = (group, best[inside].tobytes())
            if mark in settled:
                continue
            drawn = _redraw(problem, allowed, best, np.array(group), inside, spill)
            if (
                penalised_value(problem, drawn, spill)
                < penalised_value(problem, best, spill) - EPSILON * abs(problem.value(best)) - EPSILON
            ):
                best, better = drawn, True
            settled.add((group, best[inside].tobytes()))
        if not better:
            break
    return best


def penalised_value(problem: Problem, site: Rows, spill: float | None = None) -> float:
    """The objective, and the price of people beyond the seats."""
    over = problem.overflow(site)
    return problem.value(site) + (over and over * (overflow_price(problem) if spill is None else spill))


def _order(problem: Problem, site: Rows) -> list[int]:
    """Sites beyond their seats first, then those that cost most above the cheapest."""
    loads = problem.loads(site)
    paid = problem.cost[np.arange(problem.blocks), site]
    least = np.where(problem.allowed, problem.cost, np.inf).min(axis=1)
    regret = np.bincount(site, weights=paid - least, minlength=problem.sites)
    over = np.clip(loads - problem.capacity, 0, None)
    return [int(s) for s in np.lexsort((np.arange(problem.sites), -regret, -over))]


def _group(problem: Problem, site: Rows, first: int) -> tuple[int, ...]:
    """The site and those whose sectors touch its own most, until the small model is wide enough."""
    sizes = np.bincount(site, minlength=problem.sites)
    group, count = [first], int(sizes[first])
    touching: dict[int, int] = {}
    for block in np.flatnonzero(site == first):
        for other in problem.neighbours[block]:
            if site[other] != first:
                touching[int(site[other])] = touching.get(int(site[other]), 0) + 1
    for other in sorted(touching, key=lambda s: (-touching[s], s)):
        wide = (len(group) + 1) * (count + int(sizes[other]))
        if len(group) >= _SITES or (len(group) > 1 and wide > _WIDEST):
            break
        group.append(other)
        count += int(sizes[other])
    return tuple(sorted(group))


def _redraw(problem: Problem, allowed: Mask, site: Rows, group: Rows, inside: Rows, spill: float) -> Rows:
    """The blocks of these sectors given out anew among their sites; the map as it was where that fails."""
    row, column = np.nonzero(allowed[np.ix_(inside, group)])
    block, chosen = inside[row], group[column]
    if len(np.unique(block)) < len(inside):
        return site
    over = (problem.loads(site) > problem.capacity)[group].any()
    model = SectorModel(problem, block, chosen, spill=spill if over else None, integer=True)
    # Beyond the seats, the map is no start: HiGHS 1.16 leaves the price of what spills out of it, and calls it the best.
    start = None if over else site
    for _ in range(_ROUNDS):
        solved = model.solve(start=start, gap=_GAP, nodes=_NODES)
        if not solved.found:
            return site
        drawn = site.copy()
        taken = solved.x > 0.5
        drawn[model.block[taken]] = model.site[taken]
        if not model.cut(connectivity.cuts_of_pieces(problem, allowed, drawn, group.tolist())):
            return drawn
    return reconnect(problem, drawn)
