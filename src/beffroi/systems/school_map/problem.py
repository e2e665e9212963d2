"""Sectoring problem in numbers: blocks to assign to schools, cost of each pair, constraints.

In come demand, prices and neighbours; out go the objective and the parts of a sector. A map is a vector of school
indices by block. Prices are in metres × pupils, so that every wish (a move, a far school, social mix) is in metres.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Vector = npt.NDArray[np.float64]
type Matrix = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Mask = npt.NDArray[np.bool_]

EPSILON = 1e-6


@dataclass(frozen=True)
class Problem:
    """B blocks and S schools. `allowed` includes the locks; each school's sector contains its anchor block.

    demand: (B,) pupils; cost: (B, S) metres × pupils of all the block's pupils; capacity: (S,) seats; social: (B,)
    pupils × (index of the block − mean of the town); mix: metres for one unit of a school's absolute deviation.
    """

    demand: Vector
    cost: Matrix
    capacity: Vector
    allowed: Mask
    neighbours: tuple[Ints, ...]
    anchor: Ints  # (S,), -1 where a school has none: its sector may then be empty
    social: Vector
    mix: float = 0.0

    @property
    def blocks(self) -> int:
        return len(self.demand)

    @property
    def schools(self) -> int:
        return len(self.capacity)

    def loads(self, school: Ints) -> Vector:
        """(S,) pupils of each sector."""
        return np.bincount(school, weights=self.demand, minlength=self.schools).astype(np.float64)

    def overflow(self, school: Ints) -> float:
        """Pupils beyond the seats, over all schools."""
        return float(np.clip(self.loads(school) - self.capacity, 0, None).sum())

    def value(self, school: Ints) -> float:
        """The objective of a map: prices of the pairs, and the price of what separates the schools socially."""
        paid = float(self.cost[np.arange(self.blocks), school].sum())
        if self.mix:
            apart = np.bincount(school, weights=self.social, minlength=self.schools)
            paid += self.mix * float(np.abs(apart).sum())
        return paid


def parts(blocks: Sequence[int] | Ints, neighbours: tuple[Ints, ...]) -> list[list[int]]:
    """The connected parts of a set of blocks, each sorted, in the order of their first block."""
    left = {int(block) for block in blocks}
    found: list[list[int]] = []
    for first in sorted(left):
        if first not in left:
            continue
        left.discard(first)
        part, ahead = [first], [first]
        while ahead:
            for other in neighbours[ahead.pop()]:
                if int(other) in left:
                    left.discard(int(other))
                    part.append(int(other))
                    ahead.append(int(other))
        found.append(sorted(part))
    return found
