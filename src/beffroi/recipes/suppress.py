"""Which groups may not be shown. In: the groups' keys, the rows behind each, the floors; out: the indexes to hide.

Primary suppression: groups under the floor. Complementary suppression: where a total would give a hidden group back by
subtraction, the next smallest of the same total is hidden too (Hundepool et al., Statistical Disclosure Control,
Wiley 2012, ch. 4). Totals are those over any set of keys, the others being fixed.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import combinations

MOST_CROSSED = 4
"""Beyond this number of keys, only totals over one key, and over all, are protected (there are 2^keys sets)."""


def primary(counts: Sequence[Sequence[int]], floors: Sequence[int]) -> set[int]:
    """The groups with fewer rows than the floor of one of the protected sources: `counts[group][source]`."""
    return {
        index
        for index, rows in enumerate(counts)
        if any(count < floor for count, floor in zip(rows, floors, strict=True))
    }


def complementary(keys: Sequence[Sequence[Hashable]], sizes: Sequence[int], hidden: set[int]) -> set[int]:
    """What to hide besides `hidden`, so that no total holds exactly one hidden group among several."""
    totals = _totals(keys)
    concealed = set(hidden)
    changed = True
    while changed:
        changed = False
        for members in totals:
            unseen = [index for index in members if index in concealed]
            if len(unseen) == 1 and len(members) > 1:
                seen = [index for index in members if index not in concealed]
                concealed.add(min(seen, key=lambda index: (sizes[index], index)))
                changed = True
    return concealed - hidden


def _totals(keys: Sequence[Sequence[Hashable]]) -> list[list[int]]:
    """The groups of each total, smallest sets of keys first."""
    width = len(keys[0]) if keys else 0
    widths = range(1, width + 1) if width <= MOST_CROSSED else (1, width)
    totals: list[list[int]] = []
    for summed in (chosen for size in widths for chosen in combinations(range(width), size)):
        slices: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
        for index, key in enumerate(keys):
            slices[tuple(value for place, value in enumerate(key) if place not in summed)].append(index)
        totals.extend(members for members in slices.values() if len(members) > 1)
    return totals
