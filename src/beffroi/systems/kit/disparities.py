"""Groups of rows compared: who is served, and how often, beside all the others. Groups too small to be shown are left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Mask

LEAST_MEMBERS = 5  # a smaller group would tell of each of its members


@dataclass(frozen=True)
class Group:
    """`family`: what the rows are grouped by (« Quartier »); `members`: which rows."""

    family: str
    name: str
    members: Mask

    def percent(self, served: Mask) -> float:
        """Members served, in % of the group, with one decimal."""
        return round(100 * float(served[self.members].mean()), 1)


def groups_of(families: Mapping[str, Sequence[str]], least: int = LEAST_MEMBERS) -> list[Group]:
    """Groups by family, from the name of the group of each row, in alphabetical order."""
    found = []
    for family, names in families.items():
        for name in sorted(set(names)):
            members = np.array([name == one for one in names])
            if members.sum() >= least:
                found.append(Group(family, name, members))
    return found
