"""Matching of candidates to places with capacities: the stable one, and those that people make by hand.

In comes a `Market`; out goes the place of each candidate, -1 for none. `kit.plans.stability` checks what comes out.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector

NONE = -1
_LOOK_AHEAD = 16  # wishes looked at together, for those who are refused again and again


@dataclass(frozen=True)
class Market:
    """`wishes` (candidates, ranks): numbers of places in order, -1 for no further wish. `scores`: points of the candidate for each
    wish, or one number a candidate. `order`: the rank (from 0, all different) that parts candidates with equal points, the
    lowest first. `capacities`: how many candidates each place takes, none below zero.
    """

    wishes: Rows
    scores: Matrix | Vector
    order: Rows
    capacities: Rows

    @property
    def points(self) -> Matrix:
        """(candidates, ranks): the points of each candidate for each wish."""
        scores = self.scores if self.scores.ndim == 2 else self.scores[:, None]
        return np.broadcast_to(scores, self.wishes.shape)

    def rank_of(self, assigned: Rows) -> Rows:
        """The rank of the wish that each candidate received, from 0; -1 for none."""
        found = self.wishes == np.where(assigned == NONE, NONE - 1, assigned)[:, None]
        if not self.wishes.shape[1]:
            return np.full(len(assigned), NONE)
        return np.where(found.any(axis=1), found.argmax(axis=1), NONE)


def deferred_acceptance(market: Market) -> Rows:
    """The stable matching that candidates prefer (Gale and Shapley 1962): no candidate is better off in any other stable one.

    Each free candidate asks for the next wish where they would still be kept; each place then keeps the best, up to its capacity.
    """
    count, ranks = market.wishes.shape
    by_order, rank = np.argsort(market.order), np.zeros(count, dtype=np.int64)
    tentative = _TentativeMatches(market, by_order)
    free = np.arange(count if ranks else 0)
    while len(free):
        free = tentative.keep_the_best(tentative.propose(free, rank))
        rank[free] += 1
        free = free[rank[free] < ranks]
    return np.where(tentative.place == tentative.nowhere, NONE, tentative.place).astype(np.int64)


class _TentativeMatches:
    """Candidates that each place keeps for now, and the least that one more needs: points, then order."""

    def __init__(self, market: Market, by_order: Rows) -> None:
        self.market, self.by_order = market, by_order
        self.nowhere = len(market.capacities)
        small = np.int16 if self.nowhere < np.iinfo(np.int16).max else np.int64  # sorted by digits
        self.place = np.full(len(by_order), self.nowhere, dtype=small)
        self.points = np.zeros(len(by_order))  # of each candidate, where they are kept
        self.capacities = np.append(market.capacities, 0)
        # The last is « no wish »: nothing is enough for it.
        self.least_points = np.where(self.capacities > 0, -np.inf, np.inf)
        self.last_order = np.zeros(self.nowhere + 1, dtype=np.int64)

    def keep_the_best(self, proposed: Mask) -> Rows:
        """Candidates sent away from the places that were asked."""
        candidates = self.by_order[proposed[self.place[self.by_order]]]
        candidates = candidates[np.argsort(-self.points[candidates], kind="stable")]
        candidates = candidates[np.argsort(self.place[candidates], kind="stable")]
        place = self.place[candidates]
        counts = np.bincount(place, minlength=self.nowhere + 1)
        position = np.arange(len(candidates)) - (np.cumsum(counts) - counts)[place]
        last = position == self.capacities[place] - 1
        self.least_points[place[last]] = self.points[candidates[last]]
        self.last_order[place[last]] = self.market.order[candidates[last]]
        away = candidates[position >= self.capacities[place]]
        self.place[away] = self.nowhere
        return away

    def propose(self, free: Rows, rank: Rows) -> Mask:
        """Move each free candidate to the next wish where they would be kept, if there is one; which places were asked."""
        wishes, points, order = self.market.wishes, self.market.points, self.market.order
        proposed, ranks = np.zeros(self.nowhere + 1, dtype=bool), wishes.shape[1]
        while len(free):
            near = np.minimum(rank[free, None] + np.arange(_LOOK_AHEAD), ranks - 1)
            wish, own = wishes[free[:, None], near], points[free[:, None], near]
            least = self.least_points[wish]
            accepted = (own > least) | ((own == least) & (order[free, None] < self.last_order[wish]))
            row, step = np.flatnonzero(accepted.any(axis=1)), accepted.argmax(axis=1)
            found, step_found = free[row], step[row]
            self.place[found] = wish[row, step_found]
            self.points[found] = own[row, step_found]
            proposed[self.place[found]] = True
            rank[found] += step_found
            free = np.delete(free, row)
            rank[free] += _LOOK_AHEAD
            free = free[rank[free] < ranks]
        return proposed


def wish_by_wish(market: Market) -> Rows:
    """First wishes served for good by points, then second wishes with what is left, and so on: the habit of many commissions."""
    left, assigned = market.capacities.copy(), np.full(len(market.wishes), NONE)
    for rank in range(market.wishes.shape[1]):
        waiting = np.flatnonzero((assigned == NONE) & (market.wishes[:, rank] != NONE))
        best_first = np.lexsort((market.order[waiting], -market.points[waiting, rank]))
        for candidate in waiting[best_first]:
            if left[place := market.wishes[candidate, rank]] > 0:
                left[place] -= 1
                assigned[candidate] = place
    return assigned


def one_by_one(market: Market, turns: Rows) -> Rows:
    """Candidates in the order of `turns`, each to the first wish that still has a place: first come, first served."""
    left, assigned = market.capacities.copy(), np.full(len(market.wishes), NONE)
    for candidate in turns:
        for place in market.wishes[candidate]:
            if place != NONE and left[place] > 0:
                left[place] -= 1
                assigned[candidate] = place
                break
    return assigned
