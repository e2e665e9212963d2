"""Disclosure control across linked releases: a later release hides more, so that no subtraction between them reveals a group.

In: recipes in the order of their first release, each with its grants and tables. Out: what each hides (`decide_suppression`),
and an independent check of that choice (`audit_disclosure`). Rows are followed through every recipe by the lake's own
number, so that other filters and groupings are compared as they are; only counts of rows are stored.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from beffroi.lake.grants import Grant
from beffroi.recipes import model
from beffroi.recipes.compile import apply_steps, compile, disclosure_step
from beffroi.recipes.context import ROW
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.group_counts import DisclosureRule, ProtectedGroups, disclosure_rules_of, rules_by_step
from beffroi.recipes.groups import pivot_grouping
from beffroi.recipes.intervals import Budget, KnownSum, Target, feasible_intervals
from beffroi.recipes.suppression import LayeredSuppression, System, complementary_suppression

MAX_GROUPS = 200_000
MAX_PARTS = 20_000
"""Combinations of the groups of all releases; beyond, the later one shows nothing."""
MAX_EARLIER = 24
"""Releases before one; beyond, it shows nothing."""

OUTSIDE = -1

type Run = Callable[[ir.Table], pa.Table]


class NotComparable(Exception):
    """Two releases count the same rows in ways that cannot be overlaid: the later one shows nothing."""


@dataclass(frozen=True)
class ProtectedRelease:
    """Recipe on protected data, up to its groups. `numbers`: the steps that open protected sources, in order."""

    recipe: model.Recipe
    grants: Mapping[str, Grant]
    tables: Mapping[str, ir.Table]
    today: date
    grouping_index: int
    rules: Mapping[str, DisclosureRule]
    groups: ProtectedGroups

    @property
    def numbers(self) -> list[int]:
        return list(rules_by_step(self.recipe, self.rules, self.grouping_index))

    def source(self, source_index: int) -> tuple[str, str, int]:
        """Identity of a protected source, independent of its alias: lake, table, version."""
        grant = self.grants[self.recipe.steps[self.numbers[source_index] - 1].source]  # type: ignore[union-attr]
        return grant.lake, grant.table, grant.version

    def spread(self, source_index: int, names: Sequence[str]) -> ir.Table:
        """Rows of one protected source and the group of each: the row, then the keys, under these names."""
        guarded = {alias: rule.dominance is not None for alias, rule in self.rules.items()}
        before = range(self.grouping_index)
        table = apply_steps(self.recipe, None, self.tables, before, today=self.today, guarded=guarded)
        row = table[f"{ROW}{self.numbers[source_index]}"]
        by = grouping_of(self.recipe, self.grouping_index).by
        named = zip(names, [row, *(table[key] for key in by)], strict=True)
        return table.filter(row.notnull()).select(**dict(named)).distinct()


def grouping_of(recipe: model.Recipe, grouping_index: int) -> model.Group:
    step = recipe.steps[grouping_index]
    grouping = pivot_grouping(step) if isinstance(step, model.Pivot) else step
    if not isinstance(grouping, model.Group):
        raise TypeError("a deciding step groups")
    return grouping


def count_groups(
    recipe: model.Recipe,
    grants: Mapping[str, Grant],
    tables: Mapping[str, ir.Table],
    *,
    today: date,
    expr: ir.Table | None = None,
) -> ProtectedRelease | None:
    """Counted groups of a recipe; None when it reads nothing protected, or shows its rows to readers who may see them.

    `expr`: its compiled query, if any. Raises RecipeError, QueryRefused when there are too many groups.
    """
    read = model.sources_of(recipe)
    rules = disclosure_rules_of({alias: grant for alias, grant in grants.items() if alias in read}, today)
    floors = {alias: rule.floor for alias, rule in rules.items()}
    grouping_index = disclosure_step(recipe, floors)
    if grouping_index is None:
        return None
    if expr is None:
        dominance_limited = {alias for alias, rule in rules.items() if rule.dominance is not None}
        expr = compile(recipe, tables, today=today, floors=floors, dominance_limited=dominance_limited)
    by = grouping_of(recipe, grouping_index).by
    # In the order of their keys: what is hidden must not depend on the order in which the engine met the rows.
    ordered = expr.order_by([expr[name] for name in by]) if by else expr
    counted = ordered.limit(MAX_GROUPS + 1).to_pyarrow()
    if counted.num_rows > MAX_GROUPS:
        raise QueryRefused(
            f"Cette analyse donne plus de {MAX_GROUPS} groupes : c'est trop pour protéger les personnes. "
            "Regroupez sur moins de colonnes."
        )
    groups = ProtectedGroups(counted, by, rules_by_step(recipe, rules, grouping_index))
    return ProtectedRelease(recipe, grants, tables, today, grouping_index, rules, groups)


type EarlierRead = tuple[model.Recipe, Mapping[str, Grant], Mapping[str, ir.Table]]
"""Recipe, and the grant and the table of each of its aliases."""


def count_earlier_groups(read: Sequence[EarlierRead], today: date) -> list[ProtectedRelease]:
    """Those of these recipes that show groups of protected data; one that fails today shows nothing."""
    found = []
    for recipe, grants, tables in read:
        try:
            one = count_groups(recipe, grants, tables, today=today)
        except (RecipeError, QueryRefused):
            continue
        if one is not None:
            found.append(one)
    return found


@dataclass(frozen=True)
class Suppression:
    """Suppression of a release: `hidden` groups; `whole`: whether its total number of rows is known; `vague`: by protected
    source, the groups whose count must stay uncertain, over how wide an interval.
    """

    hidden: frozenset[int]
    whole: bool
    vague: tuple[Mapping[int, float], ...]


def decide_suppression(
    releases: Sequence[ProtectedRelease], run: Run = ir.Table.to_pyarrow
) -> list[Suppression]:
    """Suppression of each release, in order: each takes the previous ones into account, and none changes for later ones."""
    board, budget = _ReleaseBoard(releases, run), Budget()
    found: list[Suppression] = []
    for number, one in enumerate(releases):
        found.append(_decide_one(board, number, one, found, budget))
    return found


def _decide_one(
    board: "_ReleaseBoard", number: int, one: ProtectedRelease, before: Sequence[Suppression], budget: Budget
) -> Suppression:
    groups = one.groups
    everything = frozenset(range(len(groups.keys)))
    source_indexes = range(len(one.numbers))
    nothing_vague: tuple[Mapping[int, float], ...] = tuple({} for _ in source_indexes)
    if number > MAX_EARLIER:
        return Suppression(everything, False, nothing_vague)
    try:
        overlays = {
            source_index: found
            for source_index in source_indexes
            if (found := board.overlay(number, source_index, before)) is not None
        }
    except NotComparable:
        return Suppression(everything, False, nothing_vague)
    if not everything or not (groups.forbidden or overlays):
        return Suppression(frozenset(), bool(everything), nothing_vague)
    counts, parts = groups.counts(), groups.parts()
    forbidden = set(groups.forbidden)
    for source_index, found in overlays.items():
        counts[source_index], parts[source_index] = found.system, found.parts
        forbidden |= found.slivers(groups, source_index)
    suppression = LayeredSuppression([*counts, *groups.sums()], budget)
    totals = groups.totals(parts)
    for layer in totals:
        suppression.add(layer)
    more = forbidden | complementary_suppression(groups.keys, groups.sizes(), forbidden)
    hidden = frozenset(suppression.add(groups.cells(parts), more, last=True))
    whole = bool(totals) and len(totals[0]) == 1 and suppression.visible_cells(0) == {0}
    needs = [suppression.required_intervals(len(totals), source_index) for source_index in source_indexes]
    vague = tuple({index: need.width for index, need in by_group.items()} for by_group in needs)
    return Suppression(hidden, whole, vague)


@dataclass(frozen=True)
class _Overlay:
    """One protected source split by a release and the previous ones: its smallest parts, and those of each group."""

    system: System
    parts: list[tuple[int, ...]]
    visible_before: list[tuple[int, ...]]

    def slivers(self, groups: ProtectedGroups, source_index: int) -> set[int]:
        """Groups that differ from a visible one by fewer rows than the floor: the difference is a small group."""
        near: set[int] = set()
        of_part: dict[int, list[int]] = defaultdict(list)
        for index, parts in enumerate(self.parts):
            for part in parts:
                of_part[part].append(index)
        sizes = [self._rows(parts) for parts in self.parts]
        for visible in self.visible_before:
            whole, common = self._rows(visible), defaultdict[int, float](float)
            for part in visible:
                for index in of_part[part]:
                    common[index] += self.system.truth[part]
            for index, rows in common.items():
                width = groups.width(index, source_index)
                apart = {whole - rows, sizes[index] - rows}
                if 0 in apart and 0 < max(apart) < width:
                    near.add(index)
        return near

    def _rows(self, parts: Sequence[int]) -> float:
        return sum(self.system.truth[part] for part in parts)


class _ReleaseBoard:
    """Rows of each protected source overlaid over all the releases that read it, queried once."""

    def __init__(self, releases: Sequence[ProtectedRelease], run: Run) -> None:
        self._releases, self._run = releases, run
        self._reads_by_source: dict[tuple[str, str, int], list[tuple[int, int]]] = defaultdict(list)
        for number, one in enumerate(releases):
            for source_index in range(len(one.numbers)):
                self._reads_by_source[one.source(source_index)].append((number, source_index))
        self._rows: dict[tuple[str, str, int], list[tuple[list[int], int]]] = {}

    def overlay(self, number: int, source_index: int, before: Sequence[Suppression]) -> _Overlay | None:
        """One source of a release, split by the previous releases that read it; None when there are none.

        Raises NotComparable.
        """
        source = self._releases[number].source(source_index)
        reads = [one for one in self._reads_by_source[source] if one[0] <= number]
        if len(reads) == 1:
            return None
        truth, parts = self._cut(source, reads)
        system, visible_before = System(truth), list[tuple[int, ...]]()
        for (earlier, at), of_groups in zip(reads[:-1], parts[:-1], strict=True):
            decided = before[earlier]
            visible = [members for index, members in enumerate(of_groups) if index not in decided.hidden]
            if decided.whole:
                visible.append(tuple(part for members in of_groups for part in members))
            visible_before += [members for members in visible if members]
            system.targets += [Target(of_groups[index], width) for index, width in decided.vague[at].items()]
        system.known += [KnownSum(members) for members in visible_before]
        return _Overlay(system, parts[-1], visible_before)

    def whole(
        self, source: tuple[str, str, int]
    ) -> tuple[list[tuple[int, int]], list[float], list[list[tuple[int, ...]]]]:
        """Every release that reads a source, the rows of its smallest parts, and the parts of the groups of each."""
        reads = self._reads_by_source[source]
        return reads, *self._cut(source, reads)

    def _cut(
        self, source: tuple[str, str, int], reads: list[tuple[int, int]]
    ) -> tuple[list[float], list[list[tuple[int, ...]]]]:
        """Rows of the smallest parts that these releases define, and the parts of each group of each release."""
        if len({number for number, _ in self._reads_by_source[source]}) < len(self._reads_by_source[source]):
            raise NotComparable  # a recipe that reads it twice
        if source not in self._rows:
            self._rows[source] = self._overlay_rows(self._reads_by_source[source])
        cut: dict[tuple[int, ...], int] = defaultdict(int)
        for groups, rows in self._rows[source]:
            among = tuple(groups[: len(reads)])
            if any(group != OUTSIDE for group in among):
                cut[among] += rows
        ordered = sorted(cut)
        parts: list[list[tuple[int, ...]]] = []
        for position, (number, _) in enumerate(reads):
            of_groups: list[list[int]] = [[] for _ in self._releases[number].groups.keys]
            for part, among in enumerate(ordered):
                if among[position] != OUTSIDE:
                    of_groups[among[position]].append(part)
            parts.append([tuple(members) for members in of_groups])
        return [float(cut[among]) for among in ordered], parts

    def _overlay_rows(self, reads: list[tuple[int, int]]) -> list[tuple[list[int], int]]:
        """Number of rows that fall together in the same group of every release."""
        spreads, columns = [], []
        for n, (number, source_index) in enumerate(reads):
            by = grouping_of(self._releases[number].recipe, self._releases[number].grouping_index).by
            columns.append([f"row_{n}", *(f"key_{n}_{k}" for k in range(len(by)))])
            spreads.append(self._releases[number].spread(source_index, columns[-1]))
        rows = ibis.union(
            *[one.select(row=one[names[0]]) for one, names in zip(spreads, columns, strict=True)],
            distinct=True,
        )
        table = rows
        for one, names in zip(spreads, columns, strict=True):
            table = table.left_join(one, rows["row"] == one[names[0]])
        table = table.select(
            "row",
            **{names[0]: table[names[0]].notnull() for names in columns},
            **{name: table[name] for names in columns for name in names[1:]},
        )
        keys = [table[name] for names in columns for name in names]
        found = self._run(table.aggregate(by=keys, rows=table.count()).limit(MAX_PARTS + 1))
        different = self._run(table.aggregate(rows=table["row"].nunique()))["rows"][0].as_py()
        if found.num_rows > MAX_PARTS or sum(found["rows"].to_pylist()) != different:
            raise NotComparable  # too many combinations, or a join that puts one row in several groups
        return [self._locate_row(reads, columns, row) for row in found.to_pylist()]

    def _locate_row(
        self, reads: list[tuple[int, int]], columns: list[list[str]], row: Mapping[str, Any]
    ) -> tuple[list[int], int]:
        groups: list[int] = []
        for (number, _), (inside, *names) in zip(reads, columns, strict=True):
            key = tuple(row[name] for name in names)
            index = self._releases[number].groups.index.get(key) if row[inside] else OUTSIDE
            if index is None:
                raise NotComparable  # a key that is not equal to itself, such as what is not a number
            groups.append(index)
        return groups, int(row["rows"])


@dataclass(frozen=True)
class Exposure:
    """Hidden group whose count is narrowed by the releases below the width that its floor requires."""

    release: int
    key: tuple[Hashable, ...]
    low: float
    high: float
    width: float


def audit_disclosure(
    releases: Sequence[ProtectedRelease], decided: Sequence[Suppression], run: Run = ir.Table.to_pyarrow
) -> list[Exposure]:
    """Hidden groups that an attacker who solves the linear system of all these releases knows too well.

    `decided`: the suppression of each release, however chosen. The attacker knows which groups exist in a release that
    shows any. Raises TooLarge and NotComparable when nothing can be proved.
    """
    board = _ReleaseBoard(releases, run)
    sources = {one.source(source_index) for one in releases for source_index in range(len(one.numbers))}
    return [
        found for source in sorted(sources) for found in _find_exposures(board, source, releases, decided)
    ]


def _find_exposures(
    board: _ReleaseBoard,
    source: tuple[str, str, int],
    releases: Sequence[ProtectedRelease],
    decided: Sequence[Suppression],
) -> list[Exposure]:
    reads, truth, parts = board.whole(source)
    known: list[KnownSum] = []
    visible: set[tuple[int, ...]] = set()
    hidden_groups: list[tuple[int, int, float, tuple[int, ...]]] = []
    for (number, source_index), of_groups in zip(reads, parts, strict=True):
        if decided[number].whole:
            whole = tuple(part for members in of_groups for part in members)
            known.append(KnownSum(whole))
            if sum(truth[part] for part in whole) >= max(
                (releases[number].groups.width(index, source_index) for index in range(len(of_groups))),
                default=0,
            ):
                visible.add(whole)
        if len(decided[number].hidden) == len(of_groups):
            continue
        for index, members in enumerate(of_groups):
            if index in decided[number].hidden:
                hidden_groups.append(
                    (number, index, releases[number].groups.width(index, source_index), members)
                )
            else:
                known.append(KnownSum(members))
                visible.add(members)
    # What another release rightfully shows is no secret of this one.
    secrets = [one for one in hidden_groups if one[3] not in visible]
    left = feasible_intervals(truth, known, [Target(members, inf, inf) for *_, members in secrets])
    return [
        Exposure(number, releases[number].groups.keys[index], interval.low, interval.high, width)
        for (number, index, width, _), interval in zip(secrets, left, strict=True)
        if interval.high - interval.low < width * (1 - 1e-6)
    ]
