"""Feasibility intervals: the bounds of each hidden sum for an attacker who solves the linear system of the known sums.

In: true values (none below `lower`), known sums, sums that must stay uncertain. Out: the feasible interval of each, and
which known sums bind it. Linear programming (HiGHS), one connected component at a time; where a single equation ties
everything, the bounds are in closed form.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from beffroi.quiet_highs import QuietHighs

MAX_UNKNOWNS = 3_000
"""Unknown values of one connected component; beyond, nothing is proved."""
MAX_WORK = 250_000_000
"""Unknowns times equations of all the programs solved for one decision: some fifteen seconds of one core."""
_POOLED = 6
_TOLERANCE = 1e-6
_SCALE = 1e4

type Numbers = npt.NDArray[np.float64]
type Tags = frozenset[int] | None
"""Tags of those who may withdraw a known sum; None: nobody may."""


class TooLarge(Exception):
    """System too large to be solved in a reasonable time: the caller must hide more, never less."""


@dataclass(frozen=True)
class KnownSum:
    """Known sum of some values (indexes). `tag` names it for whoever may withdraw it."""

    members: tuple[int, ...]
    tag: int | None = None


@dataclass(frozen=True)
class Target:
    """Sum that must stay uncertain: over an interval of `width` at least, reaching `high` at least."""

    members: tuple[int, ...]
    width: float
    high: float = -inf


@dataclass
class Interval:
    """Feasible interval of a target, explored only as far as required. `binding`: the tags that bind it."""

    low: float
    high: float
    binding: frozenset[int] = frozenset()

    def satisfies(self, target: Target) -> bool:
        slack = _TOLERANCE * max(1.0, abs(target.width))
        return self.high - self.low >= target.width - slack and self.high >= target.high - slack


class Budget:
    """Work left for solving: deterministic, the same decision always costs the same on any machine."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise TooLarge


def feasible_intervals(
    truth: Sequence[float],
    known: Sequence[KnownSum],
    targets: Sequence[Target],
    *,
    lower: float = 0.0,
    budget: Budget | None = None,
) -> list[Interval]:
    """Feasible interval of each target; `budget` is shared by several calls. Raises TooLarge."""
    budget = budget or Budget()
    values = np.asarray(truth, dtype=np.float64)
    fixed: dict[int, Tags] = {}
    for one in known:
        if len(one.members) == 1:
            fixed[one.members[0]] = _merge_tags(fixed.get(one.members[0], frozenset()), one.tag)
    rows: dict[tuple[int, ...], list[KnownSum]] = defaultdict(list)
    for one in known:
        if free := tuple(sorted(variable for variable in one.members if variable not in fixed)):
            rows[free].append(one)
    parts = _connected(rows)
    found: list[Interval] = []
    targets_by_part: dict[int, list[tuple[int, Target]]] = defaultdict(list)
    for number, target in enumerate(targets):
        known_sum = sum(values[variable] for variable in target.members if variable in fixed)
        interval = Interval(float(known_sum), float(known_sum))
        split: dict[int, list[int]] = defaultdict(list)
        for variable in target.members:
            if variable in fixed:
                interval.binding |= fixed[variable] or frozenset()
            elif variable in parts:
                split[parts[variable]].append(variable)
            else:
                # No known sum contains it.
                interval.low, interval.high = interval.low + lower, inf
        true = float(sum(values[variable] for variable in target.members))
        for part, variables in split.items():
            outside = true - float(sum(values[variable] for variable in variables))
            targets_by_part[part].append(
                (number, Target(tuple(sorted(variables)), target.width, target.high - outside))
            )
        found.append(interval)
    for part, pieces in targets_by_part.items():
        equations = {free: sums for free, sums in rows.items() if parts[free[0]] == part}
        solved = _solve_part(values, lower, equations, fixed, [piece for _, piece in pieces], budget)
        for (number, _), interval in zip(pieces, solved, strict=True):
            found[number].low += interval.low
            found[number].high += interval.high
            # Many may share one long set: it is not copied for each.
            found[number].binding = (
                found[number].binding | interval.binding if found[number].binding else interval.binding
            )
    return found


def _merge_tags(tags: Tags, tag: int | None) -> Tags:
    """Tags of a sum known twice: both must be withdrawn; None if one cannot."""
    return None if tags is None or tag is None else tags | {tag}


def _connected(rows: dict[tuple[int, ...], list[KnownSum]]) -> dict[int, int]:
    """Connected component of each unknown: those that share equations, directly or not."""
    parent: dict[int, int] = {}

    def root(variable: int) -> int:
        while parent[variable] != variable:
            parent[variable] = parent[parent[variable]]
            variable = parent[variable]
        return variable

    for free in rows:
        for variable in free:
            parent.setdefault(variable, variable)
        first = root(free[0])
        for variable in free[1:]:
            parent[root(variable)] = first
    return {variable: root(variable) for variable in parent}


def _solve_part(
    values: Numbers,
    lower: float,
    equations: dict[tuple[int, ...], list[KnownSum]],
    fixed: dict[int, Tags],
    targets: list[Target],
    budget: Budget,
) -> list[Interval]:
    if len(equations) == 1:
        ((free, sums),) = equations.items()
        total = float(values[list(free)].sum())
        tags = _tags_of([(sums, 1.0)], fixed)
        found = []
        for target in targets:
            inside, others = len(target.members), len(free) - len(target.members)
            low, high = (inside * lower, total - others * lower) if others else (total, total)
            found.append(Interval(low, high, tags))
        return found
    return _Program(values, lower, equations, fixed, budget).solve(targets)


def _tags_of(weighing: list[tuple[list[KnownSum], float]], fixed: dict[int, Tags]) -> frozenset[int]:
    """Tags of the equations that bind an optimum (with their multiplier), and of the fixed values that they were reduced by.

    Those who lack every other sum still have the same bound. An equation known more than once counts once: by the copy
    that nobody may withdraw, which is then not lifted; otherwise by any, and all are named, to be lifted together.
    """
    tags: set[int] = set()
    reduced: dict[int, float] = defaultdict(float)
    for sums, weight in weighing:
        lasting = [one for one in sums if one.tag is None]
        copy = min(lasting or sums, key=lambda one: len(one.members))
        if not lasting:
            tags |= {one.tag for one in sums if one.tag is not None}
        for variable in copy.members:
            if variable in fixed:
                reduced[variable] += weight
    for variable, weight in reduced.items():
        if abs(weight) > _TOLERANCE:
            tags |= fixed[variable] or frozenset()
    return frozenset(tags)


class _Program:
    """Linear program of one connected component, solved repeatedly with other objectives."""

    def __init__(
        self,
        values: Numbers,
        lower: float,
        equations: dict[tuple[int, ...], list[KnownSum]],
        fixed: dict[int, Tags],
        budget: Budget,
    ) -> None:
        self._columns = {
            variable: n for n, variable in enumerate(sorted({p for free in equations for p in free}))
        }
        if len(self._columns) > MAX_UNKNOWNS:
            raise TooLarge
        self._truth = values[list(self._columns)]
        self._equations, self._fixed, self._budget = list(equations.values()), fixed, budget
        self._lower = lower
        # HiGHS works within absolute tolerances: sums of euros are scaled to the size of counts.
        self._scale = max(1.0, float(np.abs(self._truth).sum()) / _SCALE)
        self._highs = self._build_model(list(equations))

    def _build_model(self, equations: list[tuple[int, ...]]) -> highspy.Highs:
        highs = QuietHighs(threads=1, random_seed=0, solver="simplex")
        width = len(self._columns)
        lower_bounds = np.full(width, self._lower / self._scale)
        highs.addVars(width, lower_bounds, np.full(width, highspy.kHighsInf))
        for free in equations:
            variables = np.array([self._columns[variable] for variable in free], dtype=np.int32)
            known_sum = float(self._truth[variables].sum()) / self._scale
            highs.addRow(known_sum, known_sum, len(variables), variables, np.ones(len(variables)))
        return highs

    def solve(self, targets: list[Target]) -> list[Interval]:
        target_columns = [
            np.array([self._columns[variable] for variable in target.members]) for target in targets
        ]
        start = [float(self._truth[variables].sum()) for variables in target_columns]
        found = [Interval(true, true) for true in start]

        def seen(point: Numbers) -> None:
            for interval, variables in zip(found, target_columns, strict=True):
                value = float(point[variables].sum())
                interval.low, interval.high = min(interval.low, value), max(interval.high, value)

        # One solution serves many targets: a few random objectives are tried before each target's own.
        weights = np.random.default_rng(0)
        for _ in range(_POOLED if len(targets) > 2 else 0):
            pending = [n for n, target in enumerate(targets) if not found[n].satisfies(target)]
            if not pending:
                return found
            objective = np.zeros(len(self._columns))
            for number, sign in zip(pending, weights.uniform(-1, 1, len(pending)), strict=True):
                objective[target_columns[number]] += sign
            if (point := self._best(objective, maximize=True)) is not None:
                seen(point)
        for number, target in enumerate(targets):
            if found[number].satisfies(target):
                continue
            objective = np.zeros(len(self._columns))
            objective[target_columns[number]] = 1.0
            binding: frozenset[int] = frozenset()
            for maximize in (True, False):
                point = self._best(objective, maximize=maximize)
                if point is None:
                    found[number].high = inf
                    continue
                seen(point)
                binding |= self._binding_tags()
                if found[number].satisfies(target):
                    break
            found[number].binding = binding
        return found

    def _best(self, objective: Numbers, *, maximize: bool) -> Numbers | None:
        """Optimal point for the objective; None where it is unbounded."""
        self._budget.spend(len(objective) * len(self._equations))
        highs = self._highs
        width = len(objective)
        highs.changeColsCost(width, np.arange(width, dtype=np.int32), objective)
        highs.changeObjectiveSense(highspy.ObjSense.kMaximize if maximize else highspy.ObjSense.kMinimize)
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            solution: Any = highs.getSolution().col_value
            return np.asarray(solution, dtype=np.float64) * self._scale
        if status in (
            highspy.HighsModelStatus.kUnbounded,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            return None
        raise TooLarge

    def _binding_tags(self) -> frozenset[int]:
        """Tags of the sums with a non-zero multiplier at the last optimum."""
        duals = self._highs.getSolution().row_dual
        pairs = zip(self._equations, duals, strict=True)
        return _tags_of([(sums, dual) for sums, dual in pairs if abs(dual) > _TOLERANCE], self._fixed)


def feasible_interval(
    truth: Sequence[float], known: Sequence[KnownSum], members: Sequence[int]
) -> tuple[float, float]:
    """Exact feasible interval of one sum of counts."""
    (found,) = feasible_intervals(truth, known, [Target(tuple(members), inf, inf)])
    return found.low, found.high
