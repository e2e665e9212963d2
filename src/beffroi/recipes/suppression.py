"""Cell suppression. In: groups, their counts, what was released before. Out: the indexes to hide.

Primary suppression: groups that the floor or the dominance rule forbids. Complementary suppression: others, until each
hidden count has an interval as wide as the floor for whoever solves the linear system of all that is visible
(Hundepool et al., Statistical Disclosure Control, Wiley 2012, ch. 4). Totals over any set of keys, the others being
fixed, are taken as known wherever they could be shown.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import inf

from beffroi.recipes.intervals import Budget, KnownSum, Target, TooLarge, feasible_intervals

MAX_CROSSED_KEYS = 4
"""Beyond this number of keys, only totals over one key, by one key, and over all, are protected (there are 2^keys sets)."""
MAX_ROUNDS = 400


def primary_suppression(counts: Sequence[Sequence[int]], floors: Sequence[int]) -> set[int]:
    """Groups with fewer rows than the floor of one of the protected sources: `counts[group][source]`."""
    return {
        index
        for index, rows in enumerate(counts)
        if any(count < floor for count, floor in zip(rows, floors, strict=True))
    }


def complementary_suppression(
    keys: Sequence[Sequence[Hashable]], sizes: Sequence[int], hidden: set[int]
) -> set[int]:
    """Groups to hide besides `hidden`, so that no total contains exactly one hidden group among several.

    First, quick half of the work: `LayeredSuppression` then proves the rest by feasibility intervals.
    """
    totals = [members for layer in totals_of(keys) for members in layer if len(members) > 1]
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


def totals_of(keys: Sequence[Sequence[Hashable]]) -> list[list[list[int]]]:
    """Groups of each total, one layer a set of keys summed over: the smallest sets of keys first."""
    width = len(keys[0]) if keys else 0
    widths = range(1, width + 1) if width <= MAX_CROSSED_KEYS else (1, width - 1, width)
    layers: list[list[list[int]]] = []
    for summed in (chosen for size in widths for chosen in combinations(range(width), size)):
        slices: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
        for index, key in enumerate(keys):
            slices[tuple(value for position, value in enumerate(key) if position not in summed)].append(index)
        layers.append(list(slices.values()))
    return layers


@dataclass
class System:
    """Additive quantity: the true value of each of its parts, what is known of them, what must stay uncertain."""

    truth: Sequence[float]
    lower: float = 0.0
    known: list[KnownSum] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)


@dataclass(frozen=True)
class RequiredInterval:
    """Uncertainty that a hidden value needs: an interval of `width` at least, reaching `high` at least.

    `strict`: also against what was known before; otherwise only against what comes after.
    """

    width: float
    high: float = -inf
    strict: bool = True


@dataclass(frozen=True)
class Cell:
    """Group, or total of groups. `parts`: those of its value in each system; `needs`: the interval it needs once hidden."""

    size: float
    forbidden: bool
    parts: tuple[tuple[int, ...], ...]
    needs: tuple[RequiredInterval | None, ...]


class LayeredSuppression:
    """Suppression decided layer by layer: totals first, then the visible groups.

    What a layer shows is known to the next ones. Where nothing can be proved, or where what is known already reveals
    too much, the whole layer is hidden: it then adds nothing to what an attacker has.
    """

    def __init__(self, systems: Sequence[System], budget: Budget | None = None) -> None:
        self.systems = systems
        self._budget = budget or Budget()
        self.layers: list[Sequence[Cell]] = []
        self.hidden: list[set[int]] = []
        self._cells_by_tag: list[tuple[int, int]] = []  # the layer and the index of the cell that a tag names
        # Totals that turned out to reveal too much: taken as unknown.
        self._withheld: set[int] = set()
        # (system, tag) of hidden cells that earlier releases already reveal.
        self._disclosed: set[tuple[int, int]] = set()

    def add(self, cells: Sequence[Cell], more: set[int] | None = None, *, last: bool = False) -> set[int]:
        """Cells to hide of one more layer, those of `more` among them. `last`: it would be released."""
        number = len(self.layers)
        self.layers.append(cells)
        self.hidden.append({index for index, cell in enumerate(cells) if cell.forbidden} | (more or set()))
        self._cells_by_tag += [(number, index) for index in range(len(cells))]
        if not self._protect_layer(number, last=last):
            self.hidden[number] = set(range(len(cells)))
        return self.hidden[number]

    def visible_cells(self, number: int) -> set[int]:
        """Cells of a layer that an attacker has."""
        return {
            index
            for tag, (layer, index) in enumerate(self._cells_by_tag)
            if layer == number and self._is_visible(tag)
        }

    def required_intervals(self, number: int, system_index: int) -> dict[int, RequiredInterval]:
        """Intervals that one system must preserve from then on, by cell of a layer; none of a layer that shows nothing."""
        if len(self.hidden[number]) == len(self.layers[number]):
            return {}
        found = {}
        for tag, (layer, index) in enumerate(self._cells_by_tag):
            need = self.layers[layer][index].needs[system_index]
            if (
                layer == number
                and index in self.hidden[layer]
                and need
                and (system_index, tag) not in self._disclosed
            ):
                found[index] = need
        return found

    def _is_visible(self, tag: int) -> bool:
        layer, index = self._cells_by_tag[tag]
        return index not in self.hidden[layer] and tag not in self._withheld

    def _protect_layer(self, number: int, *, last: bool) -> bool:
        """Hide more of the layer until every hidden cell is uncertain enough; False when that is impossible."""
        try:
            for _ in range(MAX_ROUNDS):
                narrowed = self._find_narrowed()
                if not narrowed:
                    return True
                taken: set[int] = set()
                for system_index, tag, binding in narrowed:
                    if binding:
                        if not binding & taken:
                            taken.add(min(binding, key=lambda one: self._order(one, number)))
                    elif tag is None or (last and self._strict(system_index, tag)):
                        return False
                    else:
                        self._disclosed.add((system_index, tag))
                for tag in taken:
                    layer, index = self._cells_by_tag[tag]
                    if layer == number:
                        self.hidden[number].add(index)
                    else:
                        self._withheld.add(tag)
        except TooLarge:
            return False
        return False

    def _find_narrowed(self) -> list[tuple[int, int | None, frozenset[int]]]:
        """System and tag of each hidden cell that is too certain (None: of an earlier release), and the tags that bind it."""
        found: list[tuple[int, int | None, frozenset[int]]] = []
        for system_index, system in enumerate(self.systems):
            known, targets = list(system.known), list(system.targets)
            tags: list[int | None] = [None] * len(targets)
            for tag, (layer, index) in enumerate(self._cells_by_tag):
                cell = self.layers[layer][index]
                parts, need = cell.parts[system_index], cell.needs[system_index]
                if self._is_visible(tag):
                    known.append(KnownSum(parts, tag))
                elif (
                    need is not None
                    and tag not in self._withheld
                    and (system_index, tag) not in self._disclosed
                ):
                    targets.append(Target(parts, need.width, need.high))
                    tags.append(tag)
            left = feasible_intervals(system.truth, known, targets, lower=system.lower, budget=self._budget)
            for tag_or_none, target, interval in zip(tags, targets, left, strict=True):
                if not interval.satisfies(target):
                    found.append((system_index, tag_or_none, interval.binding))
        return found

    def _strict(self, system_index: int, tag: int) -> bool:
        layer, index = self._cells_by_tag[tag]
        need = self.layers[layer][index].needs[system_index]
        return need is not None and need.strict

    def _order(self, tag: int, number: int) -> tuple[int, float, int]:
        """Sort key of the cells to hide: the smallest group of this layer, otherwise the smallest of the finest totals."""
        layer, index = self._cells_by_tag[tag]
        return (number - layer, self.layers[layer][index].size, index)
