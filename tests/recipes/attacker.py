"""Independent attacker: from released counts, scipy solves the bounds of the hidden ones.

Shares no code with the library. In: the population (public: which combinations exist), and releases as a reader sees
them. Out: the feasible interval of each suppressed group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

type Row = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """Release as a reader sees it: its keys, and the count of each visible group. `where`: the rows that entered it, when not all."""

    by: tuple[str, ...]
    counts: Mapping[tuple[Any, ...], int]
    where: Mapping[str, Any] | None = None

    def contains(self, row: Row) -> bool:
        return all(row[name] == value for name, value in (self.where or {}).items())

    def key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.by)


def attacked(
    population: Sequence[Row], releases: Sequence[Seen], *, totals: Mapping[int, int] | None = None
) -> dict[tuple[int, tuple[Any, ...]], tuple[float, float]]:
    """The bounds of every hidden group: (number of the release, key) → (lowest, highest count).

    `totals`: the number of rows of a whole release, when its figure says it.
    """
    names = sorted({name for row in population for name in row})
    atoms = sorted({tuple(row[name] for name in names) for row in population}, key=repr)
    rows = [dict(zip(names, atom, strict=True)) for atom in atoms]
    equations, sums = [], []
    hidden: dict[tuple[int, tuple[Any, ...]], list[float]] = {}
    visible = set()
    for number, release in enumerate(releases):
        inside = [release.contains(row) for row in rows]
        if totals and number in totals:
            equations.append([float(is_inside) for is_inside in inside])
            sums.append(totals[number])
        keys = {release.key(row) for row, is_inside in zip(rows, inside, strict=True) if is_inside}
        for key in keys:
            line = [
                float(is_inside and release.key(row) == key)
                for row, is_inside in zip(rows, inside, strict=True)
            ]
            if key in release.counts:
                equations.append(line)
                sums.append(release.counts[key])
                visible.add(tuple(line))
            elif release.counts:
                # A release that shows nothing does not even say which groups it has.
                hidden[number, key] = line
    found = {}
    for place, line in hidden.items():
        if tuple(line) in visible:
            continue  # the same rows are counted elsewhere, where nothing forbids it
        bounds = []
        for sign in (1.0, -1.0):
            if not equations:
                bounds.append(0.0 if sign > 0 else np.inf)
                continue
            solved = linprog(
                sign * np.array(line), A_eq=np.array(equations), b_eq=np.array(sums), bounds=(0, None)
            )
            assert solved.status in (0, 3), solved.message
            bounds.append(sign * solved.fun if solved.status == 0 else np.inf)
        found[place] = (bounds[0], bounds[1])
    return found
