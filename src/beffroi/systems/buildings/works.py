"""Ranking and selection of works under a budget: kWh a year, euros, CO2, payback, with their uncertainty.

In come a judgement, the table `works_considered` and tariffs; out go one `Candidate` a work, ranked by kWh a euro, and
the choice that saves the most kWh within the budget. Works of one building share what is left to save, so that a choice is a
whole set by building: a multiple-choice knapsack, solved exactly as a mixed integer program (HiGHS).
"""

from dataclasses import dataclass
from itertools import combinations

import highspy
import numpy as np

from beffroi.quiet_highs import QuietHighs
from beffroi.systems.buildings.days import Vector
from beffroi.systems.buildings.energies import Tariff, normalize_energy
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.uncertainty import Z90
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells

_MAX_PER_BUILDING = 6  # works that are combined in one building: 63 sets
HEATING, OTHER, ALL = "chauffage", "hors chauffage", "tout"
_MAX_PAST_DAYS = 3 * 365

type Demand = dict[tuple[int, str], float]
"""kWh of an ordinary year by meter and part (`HEATING` or `OTHER`)."""

_OPTIONS = {"threads": 1, "random_seed": 0, "time_limit": 20.0, "mip_rel_gap": 0.0}


@dataclass(frozen=True)
class Candidate:
    """One work: `parts` are the (meter, part) that it touches; `low` and `high` the shares that it saves of them."""

    number: int  # its line in the table, from 1
    building: str
    kind: str
    cost: float
    low: float
    high: float
    parts: tuple[tuple[int, str], ...]
    target: str

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Ranked:
    """Yearly effect of one work by itself; `low` and `high` in kWh at about 90 %."""

    candidate: Candidate
    kwh: float
    low: float
    high: float
    euros: float
    carbon: float  # kgCO2e
    chosen: bool

    @property
    def payback(self) -> float | None:
        """Years until the bills have paid for it, at today's prices."""
        return self.candidate.cost / self.euros if self.euros > 0 else None


def meter_demand(town: Town, judgement: Judgement) -> Demand:
    """Yearly demand by part: heating separate where the model fits; the other meters in one part."""
    end = len(town.days)
    years = max(1, min(_MAX_PAST_DAYS, end) // 365)
    span = slice(max(0, end - 365 * years), end)
    length = span.stop - span.start
    normal = np.nan_to_num(judgement.expected[:, span]).sum(axis=1) * 365 / length
    heat = judgement.fitted.heating(town.days, judgement.shared)[:, span].sum(axis=1) * 365 / length
    found: Demand = {}
    for row in np.flatnonzero(judgement.judged):
        warm = min(float(heat[row]), float(normal[row]))
        found[int(row), HEATING] = warm
        found[int(row), OTHER] = float(normal[row]) - warm
    return found


def read_works(town: Town, needs: Demand, tables: Tables, notes: list[str]) -> list[Candidate]:
    found: list[Candidate] = []
    rejected = cells.Rejected.of(__package__, "works_considered")
    for number, work in enumerate(cells.rows(tables, "works_considered"), start=1):
        building, energy = cells.text(work.get("building")), cells.text(work.get("energy"))
        cost, low, high = (cells.number(work.get(name)) for name in ("cost", "saving_low", "saving_high"))
        if not building or cost is None or cost <= 0:
            rejected.add("sans bâtiment ou sans coût", f"ligne {number}")
            continue
        if low is None or high is None or not 0 <= low <= high <= 100 or high <= 0:
            rejected.add("gain à donner en %, de 0 à 100, le plus bas puis le plus haut", f"ligne {number}")
            continue
        goal = _target(work.get("target"))
        kinds = (HEATING, OTHER) if goal == ALL else (goal,)
        rows = town.rows_of(building, normalize_energy(energy) if energy else None)
        parts = tuple((row, part) for row in rows for part in kinds if needs.get((row, part), 0) > 0)
        if not parts:
            rejected.add("consommation que rien ne mesure", building)
            continue
        kind = cells.text(work.get("kind")) or "travaux"
        found.append(Candidate(number, building, kind, cost, low / 100, high / 100, parts, goal))
    notes += rejected.notes()
    return found


def rank_works(
    candidates: list[Candidate],
    needs: Demand,
    town: Town,
    tariffs: dict[str, Tariff],
    drift: float,
    budget: float,
    notes: list[str],
) -> list[Ranked]:
    """Ranked by kWh a euro; `chosen` are those of the best set within the budget."""
    chosen = choose_works(candidates, needs, budget, notes)
    found = []
    for candidate in candidates:
        base = {part: needs[part] for part in candidate.parts}
        kwh = candidate.middle * sum(base.values())
        half = sum(base.values()) * (candidate.high - candidate.low) / 2
        half = float(np.hypot(half, Z90 * drift * kwh))
        prices = [
            (candidate.middle * value, tariffs[town.meters[row].energy]) for (row, _), value in base.items()
        ]
        found.append(
            Ranked(
                candidate,
                kwh,
                max(0.0, kwh - half),
                kwh + half,
                sum(part * tariff.price for part, tariff in prices),
                sum(part * (tariff.carbon or 0.0) for part, tariff in prices),
                candidate.number in chosen,
            )
        )
    return sorted(found, key=lambda ranked: (-ranked.kwh / ranked.candidate.cost, ranked.candidate.number))


def combined_saving(works: tuple[Candidate, ...] | list[Candidate], needs: Demand) -> float:
    """kWh a year of several works together: each saves its share of what the others leave."""
    left: dict[tuple[int, str], float] = {}
    for work in works:
        for part in work.parts:
            left[part] = left.get(part, 1.0) * (1 - work.middle)
    return sum(needs[part] * (1 - share) for part, share in left.items())


def choose_works(
    candidates: list[Candidate], needs: Demand, budget: float, notes: list[str]
) -> frozenset[int]:
    """The numbers of the works that save the most kWh together at a cost within the budget."""
    by_building: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_building.setdefault(cells.key(candidate.building), []).append(candidate)
    sets: list[tuple[Candidate, ...]] = []
    groups: list[int] = []
    for group, (_, works) in enumerate(sorted(by_building.items())):
        if len(works) > _MAX_PER_BUILDING:
            notes.append(
                f"{works[0].building} a {len(works)} projets de travaux : seuls les {_MAX_PER_BUILDING} meilleurs par euro sont combinés."
            )
            works = sorted(
                works, key=lambda work: (-combined_saving([work], needs) / work.cost, work.number)
            )[:_MAX_PER_BUILDING]
        for size in range(1, len(works) + 1):
            for combined in combinations(works, size):
                if sum(work.cost for work in combined) <= budget:
                    sets.append(combined)
                    groups.append(group)
    if not sets:
        return frozenset()
    kwh: Vector = np.array([combined_saving(works, needs) for works in sets])
    cost = np.array([sum(work.cost for work in works) for works in sets])
    highs = QuietHighs(**_OPTIONS)
    count, every, building = len(sets), np.arange(len(sets), dtype=np.int32), np.array(groups)
    highs.addVars(count, np.zeros(count), np.ones(count))
    highs.changeColsCost(count, every, -kwh / max(float(kwh.max()), 1e-9))
    highs.changeColsIntegrality(count, every, np.full(count, highspy.HighsVarType.kInteger))
    highs.addRow(-highspy.kHighsInf, 1.0, count, every, cost / max(budget, 1e-9))
    for number in range(max(groups) + 1):
        alike = every[building == number]
        highs.addRow(-highspy.kHighsInf, 1.0, len(alike), alike, np.ones(len(alike)))
    highs.run()
    solution = highs.getSolution()
    if not solution.value_valid:
        return frozenset()
    return frozenset(
        work.number
        for works, taken in zip(sets, solution.col_value, strict=True)
        if taken > 0.5
        for work in works
    )


def _target(text: str | None) -> str:
    """Target of a work from a town's own label.

    >>> [_target(text) for text in ("Chauffage", "éclairage", None)]
    ['chauffage', 'hors chauffage', 'tout']
    """
    words = cells.key(text)
    if any(
        word in words
        for word in ("hors", "eclair", "base", "electricite spec", "ventil", "eau chaude", "ecs")
    ):
        return OTHER
    if any(word in words for word in ("chauff", "therm", "isol")):
        return HEATING
    return ALL
