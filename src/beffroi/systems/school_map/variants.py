"""Variants of the map: wishes weighed in metres, the best map found and its lower bound.

In come a `Town`, pupils by block and the options; out go `Variant`s. Where seats are too few, the least bad seating gives
the missing seats by school.
"""

from dataclasses import dataclass, replace

import numpy as np

from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.plans import flow
from beffroi.systems.kit.plans.sectors import bound, connectivity, longest_walk, search
from beffroi.systems.kit.plans.sectors.problem import Problem
from beffroi.systems.kit.plans.sectors.swaps import anneal, descend
from beffroi.systems.school_map import checker
from beffroi.systems.school_map.options import TITLES, WORST_FIRST, Options
from beffroi.systems.school_map.town import Town

_WHOLE = 9000  # pairs up to which the whole model is tried at once
_RESERVES = (0.05, 0.10)  # shares of the seats, shown beside the one chosen and none
_PARTS = (1.0, 0.5, 0.0)  # of the reserve chosen, tried in turn until a map holds
_NEAR = 1.003  # times the bound: a map in one piece by sector that costs no more is not redrawn


@dataclass(frozen=True)
class Variant:
    """`school`: (B,) the map, None where none holds. `value`, `bound`: metres × pupils, wishes included.

    `longest`, `least`: metres of the longest walk and what no map can beat, where that comes first; NaN elsewhere. The value
    then compares with the bound of the maps whose longest walk is no longer. `reserve`: the share of the seats that it leaves free.
    """

    key: str
    title: str
    problem: Problem
    school: Rows | None
    value: float
    bound: float
    faults: tuple[str, ...]
    longest: float = np.nan
    least: float = np.nan
    reserve: float = 0.0

    @property
    def gap(self) -> float:
        """How far from the bound at most, in %; of both bounds the farther, where there are two."""
        if self.school is None or not self.bound:
            return np.nan
        gap = 100 * (self.value - self.bound) / abs(self.bound)
        return max(gap, 100 * (self.longest / self.least - 1)) if self.least > 0 else gap


def social_part(town: Town, pupils: Vector) -> Vector:
    """(B,) pupils × (index − mean of the town); zero where the index is unknown."""
    known = np.isfinite(town.social)
    total = float(pupils[known].sum())
    if not total:
        return np.zeros(len(pupils))
    index = np.where(known, town.social, 0.0)
    mean = float((index * pupils)[known].sum()) / total
    return np.where(known, pupils * (index - mean), 0.0)


def separation(town: Town, pupils: Vector, school: Rows) -> float:
    """How much of what separates blocks still separates schools, 0 (each school like the town) to 100.

    The sum over schools of the absolute deviation from the town's mean, over the same sum by block: Duncan and Duncan's
    index of dissimilarity (1955), for an index of any unit.
    """
    part = social_part(town, pupils)
    most = float(np.abs(part).sum())
    apart = float(np.abs(np.bincount(school, part, len(town.schools))).sum())
    return 100 * apart / most if most else np.nan


def reserve_seats(town: Town, pupils: Vector, reserve: float) -> tuple[Vector, bool]:
    """(S,) seats that a map may fill, with a reserve left free; all of them, and False, where that leaves too few."""
    seats = np.where(town.anchor >= 0, town.seats, 0).astype(np.float64)
    less = np.floor(seats * (1 - reserve))
    locked = np.bincount(town.lock[town.lock >= 0], pupils[town.lock >= 0], len(seats))
    less = np.maximum(less, np.minimum(seats, locked))
    less[town.anchor >= 0] = np.maximum(less, np.minimum(seats, pupils[town.anchor]))[town.anchor >= 0]
    seated = float(less.sum()) >= float(pupils.sum()) and flow.assign(
        *pupil_prices(town, pupils), less.astype(np.int64)
    )
    return (less, True) if seated else (seats, not reserve)


def build_problem(town: Town, pupils: Vector, options: Options, key: str, reserve: float) -> Problem:
    """The wishes of one variant as prices in metres × pupils, with this share of the seats left free."""
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
        capacity=reserve_seats(town, pupils, reserve)[0],
        allowed=town.allowed,
        neighbours=town.neighbours,
        anchor=town.anchor,
        social=part,
        mix=weights.mix * float(pupils.sum()) / most if most and weights.mix else 0.0,
    )


def draw_variant(town: Town, pupils: Vector, options: Options, key: str) -> Variant:
    """The best map found for one variant, with its bound: with the reserve chosen, or the largest part of it that a map can keep."""
    for part in _PARTS:
        drawn = draw_with_reserve(town, pupils, options, key, part * options.reserve)
        if drawn.school is not None or not options.reserve:
            break
    return drawn


def draw_with_reserve(town: Town, pupils: Vector, options: Options, key: str, reserve: float) -> Variant:
    """The best map found that leaves this share of the seats free, verified by the checker."""
    _, able = reserve_seats(town, pupils, reserve)
    if not able and reserve:
        return Variant(key, TITLES[key], build_problem(town, pupils, options, key, 0.0), None, np.nan, np.nan,
                       ("places insuffisantes",), reserve=reserve)  # fmt: skip
    drawn = _draw(town, build_problem(town, pupils, options, key, reserve), key, farthest(town, pupils))
    return replace(drawn, reserve=reserve, bound=np.nan if drawn.bound == np.inf else drawn.bound)


def compare_reserves(town: Town, options: Options, chosen: Variant) -> list[Variant]:
    """The chosen variant with other reserves beside its own, from none up: what each costs.

    A map that leaves more seats free also holds where fewer are asked for: it serves where it is the cheaper.
    """
    levels = sorted({0.0, *_RESERVES, options.reserve}, reverse=True)
    found: list[Variant] = []
    for reserve in levels:
        same = chosen.school is not None and reserve == chosen.reserve
        drawn = chosen if same else draw_with_reserve(town, town.pupils, options, chosen.key, reserve)
        above = next((one for one in reversed(found) if one.school is not None), None)
        if not same and above is not None and not drawn.value <= above.value:
            drawn = replace(
                above, reserve=reserve, bound=min(above.value, drawn.bound), problem=drawn.problem
            )
        found.append(drawn)
    return found[::-1]


def farthest(town: Town, pupils: Vector) -> Matrix:
    """(B, S) metres from the block's home that is farthest from the school; none where nobody is."""
    walks = np.zeros(town.distance.shape)
    np.maximum.at(walks, town.home_block, town.home_distance)
    return np.where(pupils[:, None] > 0, walks, 0.0)


def _draw(town: Town, problem: Problem, key: str, walks: Matrix) -> Variant:
    """Draw the variant; the bound is infinite where no map is feasible."""
    first, least = None, np.nan
    if key == WORST_FIRST:
        shortened = longest_walk.shorten_longest_walk(problem, walks)
        if shortened is not None:
            problem, first, least = shortened.problem, shortened.drawn, shortened.least
    relaxed, proof = _proven(problem, first)
    if relaxed is None or proof.impossible:
        isolated = not connectivity.reachable_pairs(problem).any(axis=1).all()
        reason = "un îlot n’est relié à aucune école possible" if isolated else "places insuffisantes"
        return Variant(key, TITLES[key], problem, None, np.nan, np.inf, (reason,))
    school = relaxed.share.argmax(axis=1) if proof.drawn is None else proof.drawn
    spill = search.overflow_price(problem)
    if proof.whole and problem.value(school) <= proof.lower * _NEAR:
        school = descend(problem, school, spill)
    elif problem.mix:
        school = _improve_with_mix(problem, school, spill)
    else:
        school = _cheapest(
            problem,
            [
                search.improve(problem, search.reconnect(problem, one))
                for one in (school, first)
                if one is not None
            ],
            spill,
        )
    faults = checker.faults(
        school, problem.demand, problem.capacity, problem.neighbours, town.lock, problem.anchor
    )
    if key == WORST_FIRST and not np.isfinite(least):
        faults = (*faults, "aucun trajet le plus long n’a pu être tenu")
    if faults:
        return Variant(key, TITLES[key], problem, None, np.nan, proof.lower, faults)
    value = problem.value(school)
    drawn = Variant(key, TITLES[key], problem, school, value, min(proof.lower, value), ())
    if key != WORST_FIRST:
        return drawn
    return replace(drawn, longest=float(walks[np.arange(len(school)), school].max()), least=least)


def _proven(problem: Problem, start: Rows | None) -> tuple[bound.Relaxed | None, bound.Proof]:
    """The relaxed optimum, and what the whole model proves where it is small enough."""
    relaxed = bound.relax(problem)
    if relaxed is None:
        return None, bound.Proof(np.inf)
    if int(problem.allowed.sum()) > _WHOLE:
        return relaxed, bound.Proof(relaxed.value)
    return relaxed, bound.prove(problem, relaxed.value, start=start)


def _cheapest(problem: Problem, maps: list[Rows], spill: float) -> Rows:
    return min(maps, key=lambda school: search.penalised_value(problem, school, spill))


def _improve_with_mix(problem: Problem, school: Rows, spill: float) -> Rows:
    """Where the price of mix makes whole models too hard: this map made connected, or one drawn without the price, then annealed."""
    plain = bound.prove(replace(problem, mix=0.0), -np.inf).drawn
    starts = [search.reconnect(problem, one) for one in (school, plain) if one is not None]
    best = _cheapest(problem, [descend(problem, one, spill) for one in starts], spill)
    return _cheapest(problem, [best, anneal(problem, best, spill)], spill)


def best_possible(town: Town, pupils: Vector) -> flow.Assignment | None:
    """The least walk of all, pupil by pupil and without sectors: decimetres. None where seats are too few."""
    cost, supply = pupil_prices(town, pupils)
    return flow.assign(cost, supply, np.where(town.anchor >= 0, town.seats, 0))


def shortest_longest(town: Town, pupils: Vector) -> float:
    """Metres under which the longest walk cannot be, pupil by pupil and without sectors; NaN where seats are too few."""
    cost, supply = pupil_prices(town, pupils)
    most = flow.shortest_longest(cost, supply, np.where(town.anchor >= 0, town.seats, 0))
    return np.nan if most is None else (most - 0.5) / 10


def pupil_prices(town: Town, pupils: Vector) -> tuple[Rows, Rows]:
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
    occupied = supply > 0
    walks, place, supply = walks[occupied], place[occupied], supply[occupied]
    cost = np.rint(10 * walks).astype(np.int64)
    locked = town.lock[place]
    rows = np.flatnonzero(locked >= 0)
    dear = np.int64(10 * (int(cost.max(initial=1)) + 1))
    own = cost[rows, locked[rows]]
    cost[rows] += dear
    cost[rows, locked[rows]] = own
    return cost, np.rint(supply).astype(np.int64)


def missing_seats(town: Town, pupils: Vector) -> tuple[int, Matrix]:
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
        left = found.site == len(seats)
        near = cost[found.row[left]].argmin(axis=1)
        where = np.bincount(near, found.count[left], len(seats)).astype(np.float64)
    return short, where
