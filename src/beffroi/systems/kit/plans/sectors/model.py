"""Sectors as a linear programme in HiGHS: integer or relaxed, over all sites or a few.

Variables: x[b, s] = 1 where block b goes to site s. Rows: each block once; seats; deviation of each site for the
social mix; and what any sector in one piece obeys: a block other than the site's anchor has a neighbour in the same
sector. Further cuts of this kind (`joined`) are added as blocks are found cut off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from beffroi.quiet_highs import QuietHighs
from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.plans.sectors.connectivity import Cut
from beffroi.systems.kit.plans.sectors.problem import Problem

_LIMIT_S = 400.0  # a safety net only: gaps and nodes stop a solve well before, so that answers do not depend on the clock
_SCALE = 1000.0  # HiGHS works in kilometres × people


@dataclass(frozen=True)
class Solved:
    """`x`: the value of each pair; `bound`: the lower bound of this model; `found`: whether `x` is a solution."""

    x: Vector
    bound: float
    found: bool
    duals: Vector
    steps: int  # simplex iterations: what it cost, whatever the machine
    impossible: bool = False  # proven: no solution at all
    halted: bool = False  # by the limit of checks


class _Halt:
    """Stops HiGHS at its nth halt."""

    def __init__(self, most: int) -> None:
        self.most, self.seen = most, 0

    def __call__(self, event: Any) -> None:
        self.seen += 1
        if self.seen >= self.most:
            event.interrupt()


class SectorModel:
    """A model over the given pairs (block, site). `spill`: price of a person beyond the seats; None forbids it."""

    def __init__(
        self, problem: Problem, block: Rows, site: Rows, *, spill: float | None, integer: bool
    ) -> None:
        self.problem, self.block, self.site = problem, block, site
        self.blocks, self.block_row = np.unique(block, return_inverse=True)
        self.sites, self.site_row = np.unique(site, return_inverse=True)
        self.pair = -np.ones((problem.blocks, problem.sites), dtype=np.int64)
        self.pair[block, site] = np.arange(len(block))
        self.spilled = spill is not None
        self.integer = integer
        self.near = self._near_pairs()
        self.highs = self._made(spill)

    @property
    def width(self) -> int:
        return len(self.block)

    def _near_pairs(self) -> Rows:
        """The pairs that need a neighbour: all but the anchors."""
        anchored = self.problem.anchor[self.site] == self.block
        loose = self.problem.anchor[self.site] < 0
        return np.flatnonzero(~anchored & ~loose)

    def _made(self, spill: float | None) -> highspy.Highs:
        highs = QuietHighs(threads=1, random_seed=0, time_limit=_LIMIT_S)
        problem, width, sites = self.problem, self.width, len(self.sites)
        extra = sites if problem.mix else 0
        spills = sites if self.spilled else 0
        upper = np.concatenate([np.ones(width), np.full(extra + spills, highspy.kHighsInf)])
        highs.addVars(len(upper), np.zeros(len(upper)), upper)
        prices = np.concatenate(
            [
                problem.cost[self.block, self.site],
                np.full(extra, problem.mix),
                np.full(spills, spill or 0.0),
            ]
        )
        highs.changeColsCost(len(upper), np.arange(len(upper), dtype=np.int32), prices / _SCALE)
        if self.integer:
            kinds = np.full(width, highspy.HighsVarType.kInteger)
            highs.changeColsIntegrality(width, np.arange(width, dtype=np.int32), kinds)
        rows, lower, most = self._rows(extra, spills)
        begin, place = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        highs.addRows(rows.shape[0], lower, most, rows.nnz, begin, place, rows.data.astype(np.float64))
        return highs

    def _rows(self, extra: int, spills: int) -> tuple[Any, Vector, Vector]:
        problem, width, sites = self.problem, self.width, len(self.sites)
        total = width + extra + spills
        every = np.arange(width)
        demand = problem.demand[self.block]
        once = sparse.csr_array((np.ones(width), (self.block_row, every)), (len(self.blocks), total))
        seats = sparse.csr_array((demand, (self.site_row, every)), (sites, total))
        if spills:
            seats = seats - sparse.csr_array(
                (np.ones(sites), (np.arange(sites), width + extra + np.arange(sites))), (sites, total)
            )
        stacked = [once, seats]
        lower = [np.ones(len(self.blocks)), np.full(sites, -highspy.kHighsInf)]
        most = [np.ones(len(self.blocks)), problem.capacity[self.sites]]
        if extra:
            apart = sparse.csr_array((problem.social[self.block], (self.site_row, every)), (sites, total))
            size = sparse.csr_array(
                (np.ones(sites), (np.arange(sites), width + np.arange(sites))), (sites, total)
            )
            stacked += [apart - size, -apart - size]
            lower += [np.full(2 * sites, -highspy.kHighsInf)]
            most += [np.zeros(2 * sites)]
        stacked.append(self._neighbour_rows(total))
        lower.append(np.zeros(len(self.near)))
        most.append(np.full(len(self.near), highspy.kHighsInf))
        return sparse.vstack(stacked, format="csr"), np.concatenate(lower), np.concatenate(most)

    def _neighbour_rows(self, total: int) -> Any:
        row, column, value = [], [], []
        for rank, pair in enumerate(self.near):
            block, site = self.block[pair], self.site[pair]
            adjacent = self.pair[self.problem.neighbours[block], site]
            adjacent = adjacent[adjacent >= 0]
            row.append(np.full(len(adjacent) + 1, rank))
            column.append(np.append(adjacent, pair))
            value.append(np.append(np.ones(len(adjacent)), -1.0))
        if not row:
            return sparse.csr_array((0, total))
        cells = (np.concatenate(row), np.concatenate(column))
        return sparse.csr_array((np.concatenate(value), cells), (len(self.near), total))

    def cut(self, cuts: Iterable[Cut]) -> int:
        """Add these cuts, of pairs that the model has; returns how many rows were added."""
        added = 0
        for cut in cuts:
            pair, separator = self.pair[cut.block, cut.site], self.pair[cut.separator, cut.site]
            if pair < 0:
                continue
            places = np.append(separator[separator >= 0], pair).astype(np.int32)
            values = np.append(np.ones(len(places) - 1), -1.0)
            self.highs.addRow(0.0, highspy.kHighsInf, len(places), places, values)
            added += 1
        return added

    def solve(
        self, *, start: Rows | None = None, gap: float = 0.0, nodes: int = 0, checks: int = 0
    ) -> Solved:
        """Solve. `start`: a map (site by block, of all blocks) to begin from; `gap`: relative, where to stop.

        `checks`: after how many of its own halts HiGHS stops, 0 for none: a limit of work that owes nothing to the clock,
        and that holds at the first node too, where a dear social mix may keep it for minutes.
        """
        highs = self.highs
        if self.integer:
            highs.setOptionValue("mip_rel_gap", gap)
            if nodes:
                highs.setOptionValue("mip_max_nodes", nodes)
            if start is not None:
                self._begin(start)
        halt = _Halt(checks)
        if self.integer and checks:
            highs.cbMipInterrupt += halt
        highs.run()
        if self.integer and checks:
            highs.cbMipInterrupt -= halt
        info, solution = highs.getInfo(), highs.getSolution()
        found = info.primal_solution_status == highspy.kSolutionStatusFeasible
        if self.integer:
            bound = info.mip_dual_bound * _SCALE
        else:
            done = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
            bound = info.objective_function_value * _SCALE if done else -np.inf
        x = np.asarray(solution.col_value, dtype=np.float64)[: self.width] if found else np.zeros(self.width)
        duals = np.asarray(solution.row_dual, dtype=np.float64) * _SCALE
        return Solved(
            x,
            bound,
            bool(found),
            duals,
            int(info.simplex_iteration_count),
            highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible,
            highs.getModelStatus() == highspy.HighsModelStatus.kInterrupt,
        )

    def _begin(self, start: Rows) -> None:
        pairs = self.pair[self.blocks, start[self.blocks]]
        if (pairs < 0).any():
            return
        self.highs.setSolution(len(pairs), pairs.astype(np.int32), np.ones(len(pairs)))

    def drawn(self, solved: Solved) -> Rows:
        """The map of a whole solution over every block."""
        site = np.zeros(self.problem.blocks, dtype=np.int64)
        taken = solved.x > 0.5
        site[self.block[taken]] = self.site[taken]
        return site

    def reduced(self, duals: Vector) -> Matrix:
        """(B, S) what each pair of the problem would cost more than it brings, at these duals of the relaxed model."""
        problem, sites, count = self.problem, len(self.sites), len(self.blocks)
        ends = np.cumsum([count, sites, *([sites, sites] if problem.mix else []), len(self.near)])
        split = np.split(duals[: ends[-1]], ends[:-1])
        neighbour_duals = np.zeros((problem.blocks, problem.sites))
        neighbour_duals[self.block[self.near], self.site[self.near]] = split[-1]
        once = np.zeros(problem.blocks)
        once[self.blocks] = split[0]
        seats = np.zeros(problem.sites)
        seats[self.sites] = split[1]
        found = problem.cost - once[:, None] - problem.demand[:, None] * seats[None, :] + neighbour_duals
        for block, adjacent in enumerate(problem.neighbours):
            found[block] -= neighbour_duals[adjacent].sum(axis=0)
        if problem.mix:
            apart = np.zeros(problem.sites)
            apart[self.sites] = split[2] - split[3]
            found -= problem.social[:, None] * apart[None, :]
        return found
