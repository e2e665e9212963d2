"""The proposed allocation, wish by wish: who is where, at which rank, and how many points the last place asked for.

In come a `Commission` and the place of each request; out go `Answer`s, and the rows of the output tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Mask, Rows
from beffroi.systems.kit.plans.matching import NONE
from beffroi.systems.nursery_places import criteria as voted
from beffroi.systems.nursery_places.reading import Commission, Request

LEAST_MEMBERS = 5  # a smaller group is not shown
UNKNOWN = "non précisé"


@dataclass(frozen=True)
class Answer:
    """What one wish of a request met. `rank`: among all who wished for that place, by points, date and draw. `last_points`: of the
    last place given, None where places are left. `tied`: refused at the same points as the last place given."""

    wish: int  # from 1
    place: int
    points: float
    rank: int
    candidates: int
    last_points: float | None
    received: bool
    tied: bool


@dataclass(frozen=True)
class Allocation:
    """`assigned`: the number of the place of each request, -1 for none."""

    commission: Commission
    assigned: Rows

    @property
    def placed(self) -> Mask:
        return self.assigned != NONE

    @cached_property
    def received(self) -> Rows:
        """The rank of the wish that each request received, from 0; -1 for none."""
        return self.commission.market.rank_of(self.assigned)

    @cached_property
    def taken(self) -> Rows:
        return np.bincount(self.assigned[self.placed], minlength=len(self.commission.places))

    @cached_property
    def candidates(self) -> Rows:
        wishes = self.commission.market.wishes
        return np.bincount(wishes[wishes != NONE], minlength=len(self.commission.places))

    @cached_property
    def ranks(self) -> Rows:
        """(requests, wishes): the rank of each request among all who wished for the same place, from 1."""
        market = self.commission.market
        request, wish = np.nonzero(market.wishes != NONE)
        place = market.wishes[request, wish]
        best_first = np.lexsort((market.order[request], -market.points[request, wish], place))
        begins = np.cumsum(self.candidates) - self.candidates
        ranks = np.zeros(market.wishes.shape, dtype=np.int64)
        ranks[request[best_first], wish[best_first]] = (
            np.arange(len(best_first)) - begins[place[best_first]] + 1
        )
        return ranks

    @cached_property
    def last_points(self) -> list[float | None]:
        """The points of the last place given by each nursery and group; None where places are left."""
        last = np.full(len(self.commission.places), np.inf)
        held = np.flatnonzero(self.placed)
        np.minimum.at(last, self.assigned[held], self.commission.market.points[held, self.received[held]])
        return [
            float(points) if taken and taken == place.places else None
            for points, taken, place in zip(last, self.taken, self.commission.places, strict=True)
        ]

    def answers(self, number: int) -> list[Answer]:
        """What each wish of this request met, in order."""
        market, found = self.commission.market, []
        for rank, place in enumerate(self.commission.requests[number].wishes):
            last, points = self.last_points[place], float(market.points[number, rank])
            received = bool(self.received[number] == rank)
            found.append(
                Answer(
                    rank + 1, place, points, int(self.ranks[number, rank]), int(self.candidates[place]), last, received,
                    not received and last == points,
                )
            )  # fmt: skip
        return found

    def nursery_rows(self) -> Iterator[dict[str, Any]]:
        first = np.bincount(self.commission.market.wishes[:, 0], minlength=len(self.commission.places))
        for number, place in enumerate(self.commission.places):
            yield {
                "nursery": place.nursery,
                "group": place.group or "toutes les places",
                "proposed": int(self.taken[number]),
                "places": place.places,
                "first_wishes": int(first[number]),
                "wishes": int(self.candidates[number]),
                "last_points": self.last_points[number],
                "status": "complète" if self.taken[number] == place.places else "places libres",
            }

    def criterion_rows(self) -> Iterator[dict[str, Any]]:
        for number, criterion in enumerate(self.commission.criteria):
            yield {
                "criterion": criterion.label,
                "points": criterion.points,
                "read_in": voted.label_of(criterion.column),
                "requests": sum(number in request.points for request in self.commission.requests),
            }

    def disparity_rows(self) -> Iterator[dict[str, Any]]:
        overall = 100 * float(self.placed.mean())
        for family, name, members in groups(self.commission):
            yield {
                "members": name,
                "family": family,
                "placed": round(100 * float(self.placed[members].mean()), 1),
                "all_placed": round(overall, 1),
                "first_wish": round(100 * float((self.received[members] == 0).mean()), 1),
                "requests": int(members.sum()),
            }


def groups(commission: Commission) -> list[tuple[str, str, Mask]]:
    """Groups of requests to compare, each with its family (« Quartier ») and its members; those too small are left out."""
    names: dict[str, list[str]] = {}
    grouped = any(place.group for place in commission.places)
    columns = ("quarter", "single_parent", "disability", *(("group",) if grouped else ()))
    for column in columns:
        if any(cells.text(request.row.get(column)) for request in commission.requests):
            names[voted.label_of(column)] = [_name(request, column) for request in commission.requests]
    found = []
    for family, of_each in names.items():
        for name in sorted(set(of_each)):
            members = np.array([name == one for one in of_each])
            if members.sum() >= LEAST_MEMBERS:
                found.append((family, name, members))
    return found


def _name(request: Request, column: str) -> str:
    cell = request.row.get(column)
    answer = cells.boolean(cell) if column in ("single_parent", "disability") else None
    return cells.text(cell) or UNKNOWN if answer is None else "oui" if answer else "non"
