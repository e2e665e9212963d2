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
    """A map in one piece by sector, and what its steps cost. Lists of Python: a step reads a few values, a million times."""

    def __init__(self, problem: Problem, site: Rows, spill: float) -> None:
        self.problem, self.spill = problem, spill
        self.site: list[int] = site.tolist()
        self.blocks: list[set[int]] = [set() for _ in range(problem.sites)]
        for block, here in enumerate(self.site):
            self.blocks[here].add(block)
        self.loads: list[float] = problem.loads(site).tolist()
        self.apart: list[float] = np.bincount(site, problem.social, problem.sites).tolist()
        self.neighbours: list[list[int]] = [near.tolist() for near in problem.neighbours]
        self.cost: list[list[float]] = problem.cost.tolist()
        self.demand: list[float] = problem.demand.tolist()
        self.social: list[float] = problem.social.tolist()
        self.capacity: list[float] = problem.capacity.tolist()

    def change(self, moves: list[tuple[int, int]]) -> float:
        """What these moves (block, site) add to the price."""
        total = 0.0
        load: dict[int, float] = {}
        social: dict[int, float] = {}
        for block, to in moves:
            here = self.site[block]
            total += self.cost[block][to] - self.cost[block][here]
            for site, sign in ((here, -1.0), (to, 1.0)):
                load[site] = load.get(site, 0.0) + sign * self.demand[block]
                social[site] = social.get(site, 0.0) + sign * self.social[block]
        for site, more in load.items():
            total += self._change_of(site, more, social[site])
        return total

    def change_of_move(self, block: int, to: int) -> float:
        """`change`, of one move."""
        here, cost = self.site[block], self.cost[block]
        demand, social = self.demand[block], self.social[block]
        total = cost[to] - cost[here]
        total += self._change_of(here, -demand, -social)
        return total + self._change_of(to, demand, social)

    def _change_of(self, site: int, more: float, social: float) -> float:
        """What people more and a social deviation more add to the price of a sector."""
        over, deviation = self.loads[site] - self.capacity[site], self.apart[site]
        priced = self.problem.mix * (abs(deviation + social) - abs(deviation))
        if over <= 0 and over + more <= 0:
            return priced
        return self.spill * (max(0.0, over + more) - max(0.0, over)) + priced

    def apply(self, moves: list[tuple[int, int]]) -> bool:
        """Do them if every sector touched stays in one piece: each block moves to a sector that it touches."""
        before = [self.site[block] for block, _ in moves]
        if len(moves) == 1:
            if not self._stays_whole_without(moves[0][0]):
                return False
            self._move(*moves[0])
            return True
        for block, to in moves:
            self._move(block, to)
        touched = {*before, *(to for _, to in moves)}
        if any(len(parts(sorted(self.blocks[site]), self.problem.neighbours)) > 1 for site in touched):
            for (block, _), here in zip(moves, before, strict=True):
                self._move(block, here)
            return False
        return True

    def _move(self, block: int, to: int) -> None:
        here = self.site[block]
        self.site[block] = to
        self.blocks[here].discard(block)
        self.blocks[to].add(block)
        for site, sign in ((here, -1.0), (to, 1.0)):
            self.loads[site] += sign * self.demand[block]
            self.apart[site] += sign * self.social[block]

    def _stays_whole_without(self, block: int) -> bool:
        """Whether the neighbours that this block has in its sector still reach each other without it."""
        sector = self.blocks[self.site[block]]
        to_reach = {other for other in self.neighbours[block] if other in sector}
        if len(to_reach) < 2:
            return True
        ahead = [to_reach.pop()]
        seen = {block, *ahead}
        while ahead:
            for other in self.neighbours[ahead.pop()]:
                if other in sector and other not in seen:
                    seen.add(other)
                    ahead.append(other)
                    to_reach.discard(other)
                    if not to_reach:
                        return True
        return False

    def border(self) -> list[tuple[int, int]]:
        """Blocks that may move, with their adjacent sector; anchors stay."""
        problem, found = self.problem, set()
        anchors = set(problem.anchor.tolist())
        for block in range(problem.blocks):
            if block in anchors:
                continue
            for other in self.neighbours[block]:
                to = self.site[other]
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
    return np.array(state.site, dtype=np.int64)


def _steps(state: _MapState) -> Iterator[tuple[float, list[tuple[int, int]]]]:
    border = state.border()
    single = sorted((state.change_of_move(*step), [step]) for step in border)
    if single and single[0][0] < 0:
        yield from single
    by_pair: dict[tuple[int, int], list[int]] = {}
    for block, to in border:
        by_pair.setdefault((state.site[block], to), []).append(block)
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
    now, best, best_map = 0.0, 0.0, site
    steps = int(share * max(_DRAWS * problem.blocks, min(_MANY_DRAWS * problem.blocks, _MOST_DRAWS)))
    hottest = hot * abs(problem.value(site)) / problem.blocks
    blocks, draws = rng.integers(0, len(free), steps), rng.random((steps, 2))
    open_to = (problem.allowed & (problem.anchor >= 0)).tolist()
    limits = -hottest * _COLD ** (np.arange(steps) / steps) * np.log(draws[:, 1] + 1e-12)
    for place, towards, limit in zip(blocks.tolist(), draws[:, 0].tolist(), limits.tolist(), strict=True):
        block = free[place]
        adjacent = state.neighbours[block]
        to = state.site[adjacent[int(towards * len(adjacent))]]
        if to == state.site[block] or not open_to[block][to]:
            continue
        more = state.change_of_move(block, to)
        if more > limit or not state.apply([(block, to)]):
            continue
        now += more
        if now < best - 1e-6:
            best, best_map = now, np.array(state.site, dtype=np.int64)
    return best_map
