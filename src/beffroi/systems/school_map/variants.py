"""The maps compared: each wish weighed in metres, the best map found, and the bound that none can beat.

In come a `Town`, pupils by block and the options; out go `Variant`s. Where seats are too few, the least bad seating says
how many lack, and at which schools.
"""

from dataclasses import dataclass, replace

import numpy as np

from beffroi.systems.school_map import bound, checker, flow, joined, search
from beffroi.systems.school_map.options import TITLES, Options
from beffroi.systems.school_map.problem import Ints, Matrix, Problem, Vector
from beffroi.systems.school_map.swaps import descend
from beffroi.systems.school_map.town import Town

_WHOLE = 9000  # pairs up to which the whole model is tried at once
_NEAR = 1.003  # times the bound: a map in one piece by sector that costs no more is not redrawn

_EASED = (0.25, 0.0)  # of the price of social mix, where the whole of it is too hard


@dataclass(frozen=True)
class Variant:
    """`school`: (B,) the map, None where none holds. `value`, `bound`: metres × pupils, wishes included."""

    key: str
    title: str
    problem: Problem
    school: Ints | None
    value: float
    bound: float
    faults: tuple[str, ...]

    @property
    def gap(self) -> float:
        """How far from the bound at most, in %."""
        return (
            100 * (self.value - self.bound) / abs(self.bound)
            if self.school is not None and self.bound
            else np.nan
        )


def social_part(town: Town, pupils: Vector) -> Vector:
    """(B,) pupils × (index − mean of the town); zero where the index is unknown."""
    known = np.isfinite(town.social)
    total = float(pupils[known].sum())
    if not total:
        return np.zeros(len(pupils))
    index = np.where(known, town.social, 0.0)
    mean = float((index * pupils)[known].sum()) / total
    return np.where(known, pupils * (index - mean), 0.0)


def separation(town: Town, pupils: Vector, school: Ints) -> float:
    """How much of what separates blocks still separates schools, 0 (each school like the town) to 100.

    The sum over schools of the absolute deviation from the town's mean, over the same sum by block: Duncan and Duncan's
    index of dissimilarity (1955), for an index of any unit.
    """
    part = social_part(town, pupils)
    most = float(np.abs(part).sum())
    apart = float(np.abs(np.bincount(school, part, len(town.schools))).sum())
    return 100 * apart / most if most else np.nan


def reserved(town: Town, pupils: Vector, reserve: float) -> tuple[Vector, bool]:
    """(S,) seats that a map may fill, some kept free; all of them, and False, where that leaves too few."""
    seats = np.where(town.anchor >= 0, town.seats, 0).astype(np.float64)
    less = np.floor(seats * (1 - reserve))
    locked = np.bincount(town.lock[town.lock >= 0], pupils[town.lock >= 0], len(seats))
    less = np.maximum(less, np.minimum(seats, locked))
    less[town.anchor >= 0] = np.maximum(less, np.minimum(seats, pupils[town.anchor]))[town.anchor >= 0]
    held = float(less.sum()) >= float(pupils.sum()) and flow.assign(
        *pupil_prices(town, pupils), less.astype(np.int64)
    )
    return (less, True) if held else (seats, not reserve)


def problem_of(town: Town, pupils: Vector, options: Options, key: str) -> Problem:
    """The wishes of one variant as prices in metres × pupils."""
    weights, far_m = options.weights[key], options.far_m
    per_pupil = town.burden + weights.far * np.clip(town.distance - far_m, 0, None)
    known = town.today >= 0
    moved = np.ones(per_pupil.shape)
    moved[np.flatnonzero(known), town.today[known]] = 0
    moved[~known] = 0
    cost = pupils[:, None] * (per_pupil + weights.move * moved)
    share = np.where(town.pupils > 0, pupils / np.maximum(town.pupils, 1), 0.0)
    cost = cost + weights.sibling * share[:, None] * (town.siblings[:, None] - town.sibling)
    part = social_part(town, pupils)
    most = float(np.abs(part).sum())
    return Problem(
        demand=pupils,
        cost=cost,
        capacity=reserved(town, pupils, options.reserve)[0],
        allowed=town.allowed,
        neighbours=town.neighbours,
        anchor=town.anchor,
        social=part,
        mix=weights.mix * float(pupils.sum()) / most if most and weights.mix else 0.0,
    )


def draw(town: Town, pupils: Vector, options: Options, key: str) -> Variant:
    """The best map found for one variant, checked by the checker, beside its bound."""
    problem = problem_of(town, pupils, options, key)
    relaxed, proof = _proven(problem)
    seats = np.where(town.anchor >= 0, town.seats, 0).astype(np.float64)
    if (relaxed is None or proof.impossible) and (problem.capacity < seats).any():
        problem = replace(problem, capacity=seats)
        relaxed, proof = _proven(problem)
    if relaxed is None or proof.impossible:
        alone = not joined.pairs(problem).any(axis=1).all()
        why = "un îlot n’est relié à aucune école possible" if alone else "places insuffisantes"
        return Variant(key, TITLES[key], problem, None, np.nan, np.nan, (why,))
    candidates = [relaxed.share.argmax(axis=1) if proof.drawn is None else proof.drawn]
    if not (proof.whole and problem.value(candidates[0]) <= proof.lower * _NEAR):
        candidates += _eased(problem, proof)
        candidates = [search.settle(problem, school) for school in candidates]
    spill = search.price_of_spill(problem)
    best = min(
        (descend(problem, school, spill) for school in candidates),
        key=lambda school: search.paid(problem, school, spill),
    )
    faults = checker.faults(
        best, problem.demand, problem.capacity, problem.neighbours, town.lock, problem.anchor
    )
    if faults:
        return Variant(key, TITLES[key], problem, None, np.nan, proof.lower, faults)
    return Variant(
        key, TITLES[key], problem, best, problem.value(best), min(proof.lower, problem.value(best)), ()
    )


def _proven(problem: Problem) -> tuple[bound.Relaxed | None, bound.Proof]:
    """The relaxed optimum, and what the whole model proves where it is small enough."""
    relaxed = bound.relax(problem)
    if relaxed is None:
        return None, bound.Proof(np.inf)
    if int(problem.allowed.sum()) > _WHOLE:
        return relaxed, bound.Proof(relaxed.value)
    return relaxed, bound.prove(problem, relaxed.value)


def _eased(problem: Problem, proof: bound.Proof) -> list[Ints]:
    """The map of a lesser price of mix, where the dear one is too hard to end in a map in one piece by sector."""
    if not problem.mix or proof.whole:
        return []
    for less in _EASED:
        eased = bound.prove(replace(problem, mix=problem.mix * less), -np.inf)
        if eased.whole and eased.drawn is not None:
            return [eased.drawn]
    return []


def best_possible(town: Town, pupils: Vector) -> flow.Assignment | None:
    """The least walk of all, pupil by pupil and without sectors: decimetres. None where seats are too few."""
    cost, supply = pupil_prices(town, pupils)
    return flow.assign(cost, supply, np.where(town.anchor >= 0, town.seats, 0))


def pupil_prices(town: Town, pupils: Vector) -> tuple[Ints, Ints]:
    """Walks in decimetres and pupils, by home where pupils are listed, else by block; locked blocks have one school."""
    if town.listed and np.array_equal(pupils, town.pupils):
        walks, place = town.home_distance, town.home_block
        homes = np.bincount(place, minlength=len(pupils))
        single = homes[place] == pupils[place]
        rest = np.flatnonzero(homes != pupils)
        walks = np.concatenate([walks[single], town.distance[rest]])
        place = np.concatenate([place[single], rest])
        supply = np.concatenate([np.ones(int(single.sum())), pupils[rest]])
    else:
        walks, place, supply = town.distance, np.arange(len(pupils)), pupils
    kept = supply > 0
    walks, place, supply = walks[kept], place[kept], supply[kept]
    cost = np.rint(10 * walks).astype(np.int64)
    locked = town.lock[place]
    rows = np.flatnonzero(locked >= 0)
    dear = np.int64(10 * (int(cost.max(initial=1)) + 1))
    own = cost[rows, locked[rows]]
    cost[rows] += dear
    cost[rows, locked[rows]] = own
    return cost, np.rint(supply).astype(np.int64)


def lacking(town: Town, pupils: Vector) -> tuple[int, Matrix]:
    """How many seats lack, and (S,) at which schools: the pupils left out when all others sit as near as they can."""
    seats = np.where(town.anchor >= 0, town.seats, 0)
    cost, supply = pupil_prices(town, pupils)
    short = int(supply.sum() - seats.sum())
    where = np.zeros(len(seats))
    if short <= 0:
        return 0, where
    wide = np.concatenate([cost, np.full((len(cost), 1), 20 * int(cost.max()) + 1)], axis=1)
    found = flow.assign(wide, supply, np.append(seats, short), nearest=wide.shape[1])
    if found is not None:
        left = found.school == len(seats)
        near = cost[found.row[left]].argmin(axis=1)
        where = np.bincount(near, found.count[left], len(seats)).astype(np.float64)
    return short, where
