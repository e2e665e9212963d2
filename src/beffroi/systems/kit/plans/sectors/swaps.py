"""Local search block by block: a move to an adjacent sector, or a swap between two sectors.

In come a `Problem` and a map in one piece by sector; out goes one that no such step improves. It serves where the price of
social mix makes small whole models hard; steps are tried in a fixed order, so that answers do not vary.
"""

from collections.abc import Iterator

import numpy as np

from beffroi.systems.kit.arrays import Rows
from beffroi.systems.kit.plans.sectors.problem import Problem, parts

_STEPS = 4000
_DRAWS, _MANY_DRAWS = 3000, 9000  # steps drawn, a block; in a small town, until there are
_MOST_DRAWS = 800_000  # in all
_HEATS = (
    (1.0, 1.0),
    (0.3, 0.5),
)  # each time: how dear a step may be, of the mean price of a block; its share of the draws
_COLD = 1e-3  # at the end, of what it was at the start


class _MapState:
    def __init__(self, problem: Problem, site: Rows, spill: float) -> None:
        self.problem, self.site, self.spill = problem, site.copy(), spill
        self.loads = problem.loads(site)
        self.apart = np.bincount(site, problem.social, problem.sites)

    def change(self, moves: list[tuple[int, int]]) -> float:
        """What these moves (block, site) add to the price."""
        problem, total = self.problem, 0.0
        load: dict[int, float] = {}
        social: dict[int, float] = {}
        for block, to in moves:
            here = int(self.site[block])
            total += float(problem.cost[block, to] - problem.cost[block, here])
            for site, sign in ((here, -1.0), (to, 1.0)):
                load[site] = load.get(site, 0.0) + sign * float(problem.demand[block])
                social[site] = social.get(site, 0.0) + sign * float(problem.social[block])
        for site, more in load.items():
            room = problem.capacity[site]
            total += self.spill * float(
                max(0.0, self.loads[site] + more - room) - max(0.0, self.loads[site] - room)
            )
            deviation = float(self.apart[site])
            total += problem.mix * (abs(deviation + social[site]) - abs(deviation))
        return total

    def apply(self, moves: list[tuple[int, int]]) -> bool:
        """Do them if every sector touched stays in one piece."""
        touched = {int(self.site[block]) for block, _ in moves} | {to for _, to in moves}
        before = {block: int(self.site[block]) for block, _ in moves}
        for block, to in moves:
            self.site[block] = to
        if any(len(parts(np.flatnonzero(self.site == s), self.problem.neighbours)) > 1 for s in touched):
            for block, here in before.items():
                self.site[block] = here
            return False
        for block, to in moves:
            for site, sign in ((before[block], -1.0), (to, 1.0)):
                self.loads[site] += sign * self.problem.demand[block]
                self.apart[site] += sign * self.problem.social[block]
        return True

    def border(self) -> list[tuple[int, int]]:
        """Blocks that may move, with their adjacent sector; anchors stay."""
        problem, found = self.problem, set()
        anchors = set(problem.anchor.tolist())
        for block in range(problem.blocks):
            if block in anchors:
                continue
            for other in problem.neighbours[block]:
                to = int(self.site[other])
                if to != self.site[block] and problem.allowed[block, to] and problem.anchor[to] >= 0:
                    found.add((block, to))
        return sorted(found)


def descend(problem: Problem, site: Rows, spill: float) -> Rows:
    """The best step first, then the next, until none helps."""
    state = _MapState(problem, site, spill)
    least = 1e-7 * max(1.0, abs(problem.value(site)))
    for _ in range(_STEPS):
        if not any(state.apply(moves) for gain, moves in _steps(state) if gain < -least):
            break
    return state.site


def _steps(state: _MapState) -> Iterator[tuple[float, list[tuple[int, int]]]]:
    border = state.border()
    single = sorted((state.change([step]), [step]) for step in border)
    if single and single[0][0] < 0:
        yield from single
    by_pair: dict[tuple[int, int], list[int]] = {}
    for block, to in border:
        by_pair.setdefault((int(state.site[block]), to), []).append(block)
    trades = []
    for (here, to), blocks in sorted(by_pair.items()):
        if here < to:
            for block in blocks:
                for other in by_pair.get((to, here), ()):
                    moves = [(block, to), (other, here)]
                    gain = state.change(moves)
                    if gain < 0:
                        trades.append((gain, moves))
    yield from sorted(trades)


def anneal(problem: Problem, site: Rows, spill: float) -> Rows:
    """Simulated annealing: the best map met by random steps, of which fewer and fewer raise the price (Kirkpatrick et al. 1983).

    Then again from that map, less hot. Always the same draws: the same map for the same problem.
    """
    for rank, (hot, share) in enumerate(_HEATS):
        rng = np.random.default_rng(rank)
        site = descend(problem, _cooled(problem, site, spill, rng, hot, share), spill)
    return site


def _cooled(
    problem: Problem, site: Rows, spill: float, rng: np.random.Generator, hot: float, share: float
) -> Rows:
    """The best map met while it cools down, maybe the first."""
    state = _MapState(problem, site, spill)
    anchors = set(problem.anchor.tolist())
    free = [
        block for block in range(problem.blocks) if block not in anchors and len(problem.neighbours[block])
    ]
    if not free:
        return site
    now, best, best_map = 0.0, 0.0, site.copy()
    steps = int(share * max(_DRAWS * problem.blocks, min(_MANY_DRAWS * problem.blocks, _MOST_DRAWS)))
    hottest = hot * abs(problem.value(site)) / problem.blocks
    blocks, draws = rng.integers(0, len(free), steps), rng.random((steps, 2))
    for step in range(steps):
        block = free[blocks[step]]
        adjacent = problem.neighbours[block]
        to = int(state.site[adjacent[int(draws[step, 0] * len(adjacent))]])
        if to == state.site[block] or not problem.allowed[block, to] or problem.anchor[to] < 0:
            continue
        more = state.change([(block, to)])
        heat = hottest * (_COLD ** (step / steps))
        if more > -heat * np.log(draws[step, 1] + 1e-12) or not state.apply([(block, to)]):
            continue
        now += more
        if now < best - 1e-6:
            best, best_map = now, state.site.copy()
    return best_map
