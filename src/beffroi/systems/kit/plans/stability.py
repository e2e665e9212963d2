"""Check of a matching by the definition of stability alone: it shares no code with what computes one.

In come a `Market` and the place of each candidate; out goes a `Verification`.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Mask, Rows
from beffroi.systems.kit.plans.matching import NONE, Market


@dataclass(frozen=True)
class Verification:
    """`blocking`: pairs of a candidate and a wish preferred to what they have, where a place is free or holders by one with less
    priority. `passed_over`: the candidates of these pairs. `not_wished`, `above_capacity`: candidates and places at fault."""

    blocking: int
    passed_over: Mask
    not_wished: int
    above_capacity: int

    @property
    def stable(self) -> bool:
        return not (self.blocking or self.not_wished or self.above_capacity)


def verify(market: Market, assigned: Rows) -> Verification:
    placed = np.flatnonzero(assigned != NONE)
    received = np.full(len(assigned), market.wishes.shape[1])  # the rank of the wish received
    for rank in reversed(range(market.wishes.shape[1])):
        received[(market.wishes[:, rank] == assigned) & (assigned != NONE)] = rank
    not_wished = received[placed] == market.wishes.shape[1]
    taken = np.bincount(assigned[placed], minlength=len(market.capacities))
    weakest = np.full(len(market.capacities), np.inf)
    latest = np.full(len(market.capacities), -1)
    holders = placed[~not_wished]
    points = market.points[holders, received[holders]]
    np.minimum.at(weakest, assigned[holders], points)
    at_the_end = points == weakest[assigned[holders]]
    np.maximum.at(latest, assigned[holders[at_the_end]], market.order[holders[at_the_end]])
    blocking, passed_over = 0, np.zeros(len(assigned), dtype=bool)
    for rank in range(market.wishes.shape[1]):
        wish = market.wishes[:, rank]
        one = np.flatnonzero((wish != NONE) & (rank < received))
        place, own = wish[one], market.points[one, rank]
        free = taken[place] < market.capacities[place]
        less = (own > weakest[place]) | ((own == weakest[place]) & (market.order[one] < latest[place]))
        found = free | ((taken[place] > 0) & less)
        blocking += int(found.sum())
        passed_over[one[found]] = True
    return Verification(blocking, passed_over, int(not_wished.sum()), int((taken > market.capacities).sum()))
