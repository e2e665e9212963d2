"""Sectoring problem in numbers: blocks to assign to sites (schools, halls, centres), cost of each pair, constraints.

In come demand, prices and neighbours; out go the objective and the parts of a sector. A map is a vector of site
indices by block. Prices are in metres × people, so that every wish (a move, a far site, social mix) is in metres.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector

EPSILON = 1e-6


@dataclass(frozen=True)
class Problem:
    """B blocks and S sites. `allowed` includes the locks; each site's sector contains its anchor block.

    demand: (B,) people; cost: (B, S) metres × people of all the block's people; capacity: (S,) seats; social: (B,)
    people × (index of the block − mean of all); mix: metres for one unit of a site's absolute deviation.
    """

    demand: Vector
    cost: Matrix
    capacity: Vector
    allowed: Mask
    neighbours: tuple[Rows, ...]
    anchor: Rows  # (S,), -1 where a site has none: its sector may then be empty
    social: Vector
    mix: float = 0.0

    @property
    def blocks(self) -> int:
        return len(self.demand)

    @property
    def sites(self) -> int:
        return len(self.capacity)

    def loads(self, site: Rows) -> Vector:
        """(S,) people of each sector."""
        return np.bincount(site, weights=self.demand, minlength=self.sites).astype(np.float64)

    def overflow(self, site: Rows) -> float:
        """People beyond the seats, over all sites."""
        return float(np.clip(self.loads(site) - self.capacity, 0, None).sum())

    def value(self, site: Rows) -> float:
        """The objective of a map: prices of the pairs, and the price of what separates the sites socially."""
        paid = float(self.cost[np.arange(self.blocks), site].sum())
        if self.mix:
            apart = np.bincount(site, weights=self.social, minlength=self.sites)
            paid += self.mix * float(np.abs(apart).sum())
        return paid


def parts(blocks: Sequence[int] | Rows, neighbours: tuple[Rows, ...]) -> list[list[int]]:
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
