"""What several releases tell together: a later one hides more, so that no subtraction between them gives a group back.

In: recipes in the order in which they were first shown, each with its grants and tables. Out: what each hides (`decide`),
and a check that shares nothing with that choice (`audit`). Rows are followed through every recipe by the lake's own
number, so that other filters and other groupings are compared as they are; only counts of rows are kept.
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
from beffroi.recipes.compile import compile, deciding_step, follow
from beffroi.recipes.context import ROW
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.group_counts import Groups, Guard, guards_of, opened_by
from beffroi.recipes.groups import spread_of
from beffroi.recipes.intervals import Budget, Known, Target, intervals
from beffroi.recipes.suppression import Deciding, System, complementary

MOST_GROUPS = 200_000
MOST_PARTS = 20_000
"""Combinations of the groups of all releases; beyond, the later one shows nothing."""
MOST_EARLIER = 24
"""Releases before one; beyond, it shows nothing."""

OUTSIDE = -1

type Run = Callable[[ir.Table], pa.Table]


class NotComparable(Exception):
    """Two releases count the same rows in ways that cannot be laid over each other: the later one shows nothing."""


@dataclass(frozen=True)
class Reading:
    """A recipe on protected data, up to its groups. `numbers`: the steps that open protected sources, in order."""

    recipe: model.Recipe
    grants: Mapping[str, Grant]
    tables: Mapping[str, ir.Table]
    today: date
    deciding: int
    guards: Mapping[str, Guard]
    groups: Groups

    @property
    def numbers(self) -> list[int]:
        return list(opened_by(self.recipe, self.guards, self.deciding))

    def source(self, place: int) -> tuple[str, str, int]:
        """What one protected source is, whatever its alias: lake, table, version."""
        grant = self.grants[self.recipe.steps[self.numbers[place] - 1].source]  # type: ignore[union-attr]
        return grant.lake, grant.table, grant.version

    def spread(self, place: int, names: Sequence[str]) -> ir.Table:
        """The rows of one protected source that entered and the group of each: the row, then the keys, so named."""
        guarded = {alias: guard.dominance is not None for alias, guard in self.guards.items()}
        before = range(self.deciding)
        table = follow(self.recipe, None, self.tables, before, today=self.today, guarded=guarded)
        row = table[f"{ROW}{self.numbers[place]}"]
        by = grouping_of(self.recipe, self.deciding).by
        named = zip(names, [row, *(table[key] for key in by)], strict=True)
        return table.filter(row.notnull()).select(**dict(named)).distinct()


def grouping_of(recipe: model.Recipe, deciding: int) -> model.Group:
    step = recipe.steps[deciding]
    grouping = spread_of(step) if isinstance(step, model.Pivot) else step
    if not isinstance(grouping, model.Group):
        raise TypeError("a deciding step groups")
    return grouping


def reading(
    recipe: model.Recipe,
    grants: Mapping[str, Grant],
    tables: Mapping[str, ir.Table],
    *,
    today: date,
    expr: ir.Table | None = None,
) -> Reading | None:
    """The groups of a recipe counted; None when it reads nothing protected, or shows its rows to whom they are granted.

    `expr`: its query, when it was compiled already. Raises RecipeError, QueryRefused when there are too many groups.
    """
    read = model.sources_of(recipe)
    guards = guards_of({alias: grant for alias, grant in grants.items() if alias in read}, today)
    floors = {alias: guard.floor for alias, guard in guards.items()}
    deciding = deciding_step(recipe, floors)
    if deciding is None:
        return None
    if expr is None:
        weighed = {alias for alias, guard in guards.items() if guard.dominance is not None}
        expr = compile(recipe, tables, today=today, floors=floors, weighed=weighed)
    by = grouping_of(recipe, deciding).by
    # In the order of their keys: what is hidden must not depend on the order in which the engine met the rows.
    ordered = expr.order_by([expr[name] for name in by]) if by else expr
    counted = ordered.limit(MOST_GROUPS + 1).to_pyarrow()
    if counted.num_rows > MOST_GROUPS:
        raise QueryRefused(
            f"Cette analyse donne plus de {MOST_GROUPS} groupes : c'est trop pour protéger les personnes. "
            "Regroupez sur moins de colonnes."
        )
    groups = Groups(counted, by, opened_by(recipe, guards, deciding))
    return Reading(recipe, grants, tables, today, deciding, guards, groups)


type Read = tuple[model.Recipe, Mapping[str, Grant], Mapping[str, ir.Table]]
"""A recipe, and the grant and the table of each of its aliases."""


def readings_of(read: Sequence[Read], today: date) -> list[Reading]:
    """Those of these recipes that show groups of protected data; one that can no longer be answered shows nothing."""
    found = []
    for recipe, grants, tables in read:
        try:
            one = reading(recipe, grants, tables, today=today)
        except (RecipeError, QueryRefused):
            continue
        if one is not None:
            found.append(one)
    return found


@dataclass(frozen=True)
class Decided:
    """What a release hides. `whole`: whether its number of rows in all is known; `vague`: by protected source, the
    groups whose count must stay vague, over how wide an interval."""

    hidden: frozenset[int]
    whole: bool
    vague: tuple[Mapping[int, float], ...]


def decide(readings: Sequence[Reading], run: Run = ir.Table.to_pyarrow) -> list[Decided]:
    """What each release hides, in order: each knows those before it, and none changes for those after."""
    board, budget = _Board(readings, run), Budget()
    found: list[Decided] = []
    for number, one in enumerate(readings):
        found.append(_decided(board, number, one, found, budget))
    return found


def _decided(
    board: "_Board", number: int, one: Reading, before: Sequence[Decided], budget: Budget
) -> Decided:
    groups = one.groups
    everything = frozenset(range(len(groups.keys)))
    places = range(len(one.numbers))
    nothing_vague: tuple[Mapping[int, float], ...] = tuple({} for _ in places)
    if number > MOST_EARLIER:
        return Decided(everything, False, nothing_vague)
    try:
        laid = {place: found for place in places if (found := board.laid(number, place, before)) is not None}
    except NotComparable:
        return Decided(everything, False, nothing_vague)
    if not everything or not (groups.forbidden or laid):
        return Decided(frozenset(), bool(everything), nothing_vague)
    counts, parts = groups.counts(), groups.parts()
    forbidden = set(groups.forbidden)
    for place, found in laid.items():
        counts[place], parts[place] = found.system, found.parts
        forbidden |= found.slivers(groups, place)
    deciding = Deciding([*counts, *groups.sums()], budget)
    totals = groups.totals(parts)
    for layer in totals:
        deciding.add(layer)
    more = forbidden | complementary(groups.keys, groups.sizes(), forbidden)
    hidden = frozenset(deciding.add(groups.cells(parts), more, last=True))
    whole = bool(totals) and len(totals[0]) == 1 and deciding.visible_cells(0) == {0}
    needs = [deciding.vague(len(totals), place) for place in places]
    vague = tuple({index: need.width for index, need in groups_in_need.items()} for groups_in_need in needs)
    return Decided(hidden, whole, vague)


@dataclass(frozen=True)
class _Laid:
    """One protected source cut by a release and by those before it: its smallest parts, and which make each group."""

    system: System
    parts: list[tuple[int, ...]]
    visible_before: list[tuple[int, ...]]

    def slivers(self, groups: Groups, place: int) -> set[int]:
        """The groups that differ from one shown before by fewer rows than the floor: the difference is a small group."""
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
                width = groups.width(index, place)
                apart = {whole - rows, sizes[index] - rows}
                if 0 in apart and 0 < max(apart) < width:
                    near.add(index)
        return near

    def _rows(self, parts: Sequence[int]) -> float:
        return sum(self.system.truth[part] for part in parts)


class _Board:
    """The rows of each protected source laid over all the releases that read it, asked of the engine once."""

    def __init__(self, readings: Sequence[Reading], run: Run) -> None:
        self._readings, self._run = readings, run
        self._places: dict[tuple[str, str, int], list[tuple[int, int]]] = defaultdict(list)
        for number, one in enumerate(readings):
            for place in range(len(one.numbers)):
                self._places[one.source(place)].append((number, place))
        self._rows: dict[tuple[str, str, int], list[tuple[list[int], int]]] = {}

    def laid(self, number: int, place: int, before: Sequence[Decided]) -> _Laid | None:
        """One source of a release, cut by the releases before it that read it too; None when there are none.

        Raises NotComparable.
        """
        source = self._readings[number].source(place)
        reads_of_source = [one for one in self._places[source] if one[0] <= number]
        if len(reads_of_source) == 1:
            return None
        truth, parts = self._cut(source, reads_of_source)
        system, visible_before = System(truth), list[tuple[int, ...]]()
        for (reads, at), of_groups in zip(reads_of_source[:-1], parts[:-1], strict=True):
            decided = before[reads]
            visible = [members for index, members in enumerate(of_groups) if index not in decided.hidden]
            if decided.whole:
                visible.append(tuple(part for members in of_groups for part in members))
            visible_before += [members for members in visible if members]
            system.targets += [Target(of_groups[index], width) for index, width in decided.vague[at].items()]
        system.known += [Known(members) for members in visible_before]
        return _Laid(system, parts[-1], visible_before)

    def whole(
        self, source: tuple[str, str, int]
    ) -> tuple[list[tuple[int, int]], list[float], list[list[tuple[int, ...]]]]:
        """Every release that reads a source, the rows of its smallest parts, and the parts of the groups of each."""
        reads_of_source = self._places[source]
        return reads_of_source, *self._cut(source, reads_of_source)

    def _cut(
        self, source: tuple[str, str, int], reads_of_source: list[tuple[int, int]]
    ) -> tuple[list[float], list[list[tuple[int, ...]]]]:
        """The rows of the smallest parts that these releases cut, and which parts make each group of each."""
        if len({number for number, _ in self._places[source]}) < len(self._places[source]):
            raise NotComparable  # a recipe that reads it twice
        if source not in self._rows:
            self._rows[source] = self._overlaid(self._places[source])
        cut: dict[tuple[int, ...], int] = defaultdict(int)
        for groups, rows in self._rows[source]:
            among = tuple(groups[: len(reads_of_source)])
            if any(group != OUTSIDE for group in among):
                cut[among] += rows
        ordered = sorted(cut)
        parts: list[list[tuple[int, ...]]] = []
        for position, (number, _) in enumerate(reads_of_source):
            of_groups: list[list[int]] = [[] for _ in self._readings[number].groups.keys]
            for part, among in enumerate(ordered):
                if among[position] != OUTSIDE:
                    of_groups[among[position]].append(part)
            parts.append([tuple(members) for members in of_groups])
        return [float(cut[among]) for among in ordered], parts

    def _overlaid(self, reads_of_source: list[tuple[int, int]]) -> list[tuple[list[int], int]]:
        """How many rows fall together in the same group of every release."""
        spreads, columns = [], []
        for n, (number, place) in enumerate(reads_of_source):
            by = grouping_of(self._readings[number].recipe, self._readings[number].deciding).by
            columns.append([f"row_{n}", *(f"key_{n}_{k}" for k in range(len(by)))])
            spreads.append(self._readings[number].spread(place, columns[-1]))
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
        found = self._run(table.aggregate(by=keys, rows=table.count()).limit(MOST_PARTS + 1))
        different = self._run(table.aggregate(rows=table["row"].nunique()))["rows"][0].as_py()
        if found.num_rows > MOST_PARTS or sum(found["rows"].to_pylist()) != different:
            raise NotComparable  # too many combinations, or a join that puts one row in several groups
        return [self._placed(reads_of_source, columns, row) for row in found.to_pylist()]

    def _placed(
        self, reads_of_source: list[tuple[int, int]], columns: list[list[str]], row: Mapping[str, Any]
    ) -> tuple[list[int], int]:
        groups: list[int] = []
        for (number, _), (inside, *names) in zip(reads_of_source, columns, strict=True):
            key = tuple(row[name] for name in names)
            index = self._readings[number].groups.index.get(key) if row[inside] else OUTSIDE
            if index is None:
                raise NotComparable  # a key that is not equal to itself, such as what is not a number
            groups.append(index)
        return groups, int(row["rows"])


@dataclass(frozen=True)
class Exposure:
    """A hidden group whose count the releases tell more narrowly than its floor allows."""

    release: int
    key: tuple[Hashable, ...]
    low: float
    high: float
    width: float


def audit(
    readings: Sequence[Reading], decided: Sequence[Decided], run: Run = ir.Table.to_pyarrow
) -> list[Exposure]:
    """The hidden groups that an attacker who solves the linear system of all these releases knows too well.

    `decided`: what each release left out, however that was chosen. The attacker knows which groups exist in a release
    that shows any. Raises TooLarge and NotComparable when nothing can be said.
    """
    board = _Board(readings, run)
    sources = {one.source(place) for one in readings for place in range(len(one.numbers))}
    return [found for source in sorted(sources) for found in _exposed(board, source, readings, decided)]


def _exposed(
    board: _Board, source: tuple[str, str, int], readings: Sequence[Reading], decided: Sequence[Decided]
) -> list[Exposure]:
    reads_of_source, truth, parts = board.whole(source)
    known: list[Known] = []
    visible: set[tuple[int, ...]] = set()
    hidden_groups: list[tuple[int, int, float, tuple[int, ...]]] = []
    for (number, place), of_groups in zip(reads_of_source, parts, strict=True):
        if decided[number].whole:
            whole = tuple(part for members in of_groups for part in members)
            known.append(Known(whole))
            if sum(truth[part] for part in whole) >= max(
                (readings[number].groups.width(index, place) for index in range(len(of_groups))), default=0
            ):
                visible.add(whole)
        if len(decided[number].hidden) == len(of_groups):
            continue
        for index, members in enumerate(of_groups):
            if index in decided[number].hidden:
                hidden_groups.append((number, index, readings[number].groups.width(index, place), members))
            else:
                known.append(Known(members))
                visible.add(members)
    # What another release shows with every right is no secret of this one.
    secrets = [one for one in hidden_groups if one[3] not in visible]
    left = intervals(truth, known, [Target(members, inf, inf) for *_, members in secrets])
    return [
        Exposure(number, readings[number].groups.keys[index], interval.low, interval.high, width)
        for (number, index, width, _), interval in zip(secrets, left, strict=True)
        if interval.high - interval.low < width * (1 - 1e-6)
    ]
