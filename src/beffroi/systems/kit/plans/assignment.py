"""Assignment of candidates to places, explained: what each wish met, at which rank, and the points of the last place given.

In come a `Market` and the place of each candidate; out go `Answer`s, from which one explains and counts again by hand.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beffroi.systems.kit.arrays import Mask, Rows
from beffroi.systems.kit.plans.matching import NONE, Market


@dataclass(frozen=True)
class Answer:
    """What one wish met. `rank`: among all who wished for that place, by points, then order. `last_points`: of the last place given,
    None where places are left. `better_served`: a wish before this one was received."""

    wish: int  # from 1
    place: int
    points: float
    rank: int
    candidates: int
    capacity: int
    last_points: float | None
    received: bool
    better_served: bool


@dataclass(frozen=True)
class Assignment:
    """`assigned`: the place of each candidate, -1 for none."""

    market: Market
    assigned: Rows

    @property
    def placed(self) -> Mask:
        return self.assigned != NONE

    @cached_property
    def received(self) -> Rows:
        """The rank of the wish that each candidate received, from 0; -1 for none."""
        return self.market.rank_of(self.assigned)

    @cached_property
    def taken(self) -> Rows:
        """By place, how many candidates received it."""
        return np.bincount(self.assigned[self.placed], minlength=len(self.market.capacities))

    @cached_property
    def candidates(self) -> Rows:
        """By place, how many candidates wish for it, at any rank."""
        wishes = self.market.wishes
        return np.bincount(wishes[wishes != NONE], minlength=len(self.market.capacities))

    @cached_property
    def last_points(self) -> list[float | None]:
        """By place, the points of the last one given; None where places are left."""
        last = np.full(len(self.market.capacities), np.inf)
        holders = np.flatnonzero(self.placed)
        np.minimum.at(last, self.assigned[holders], self.market.points[holders, self.received[holders]])
        full = (self.taken > 0) & (self.taken == self.market.capacities)
        return [float(points) if is_full else None for points, is_full in zip(last, full, strict=True)]

    @cached_property
    def ranks(self) -> Rows:
        """(candidates, wishes): the rank of each among all who wish for the same place, from 1."""
        wishes = self.market.wishes
        candidate, wish = np.nonzero(wishes != NONE)
        place = wishes[candidate, wish]
        best_first = np.lexsort((self.market.order[candidate], -self.market.points[candidate, wish], place))
        begins = np.cumsum(self.candidates) - self.candidates
        ranks = np.zeros(wishes.shape, dtype=np.int64)
        position = np.arange(len(best_first)) - begins[place[best_first]]
        ranks[candidate[best_first], wish[best_first]] = position + 1
        return ranks

    def answers(self, candidate: int) -> list[Answer]:
        """What each wish of a candidate met, in order."""
        received = int(self.received[candidate])
        return [
            Answer(
                wish=rank + 1,
                place=int(place),
                points=float(self.market.points[candidate, rank]),
                rank=int(self.ranks[candidate, rank]),
                candidates=int(self.candidates[place]),
                capacity=int(self.market.capacities[place]),
                last_points=self.last_points[place],
                received=rank == received,
                better_served=received != NONE and received < rank,
            )
            for rank, place in enumerate(self.market.wishes[candidate])
            if place != NONE
        ]
