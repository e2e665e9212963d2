"""Disclosure rules and hidden counts of grouped protected rows: which groups must be suppressed, and why.

In: the groups as the engine returns them, the grouping, the grants. Out: `ProtectedGroups`, and the systems and cells that
`suppression` decides on.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from beffroi.lake.grants import Grant
from beffroi.lake.protections import Counted, counted
from beffroi.recipes import model
from beffroi.recipes.context import BY, HIDDEN, ROWS, SUM, TOP, UNITS
from beffroi.recipes.suppression import Cell, RequiredInterval, System, totals_of


@dataclass(frozen=True)
class DisclosureRule:
    """Disclosure rule of a source: minimum frequency (`floor`) and dominance. `words`: the unit that its floor counts."""

    floor: int
    dominance: float | None = None
    words: Counted = field(default_factory=Counted)


def disclosure_rules_of(grants: Mapping[str, Grant], today: date) -> dict[str, DisclosureRule]:
    """Rules of the protected sources. A grant limited to groups protects at least single rows."""
    found = {}
    for alias, grant in grants.items():
        floor = max(grant.floor, 2 if grant.aggregate_only else 0)
        if floor > 0 or grant.dominance is not None:
            words = counted(grant.protects, grant.unit, today)
            found[alias] = DisclosureRule(max(floor, 1), grant.dominance, words)
    return found


@dataclass(frozen=True)
class _SourceCounts:
    """Counts of one protected source in each group: units and rows, and for each measure its contributors."""

    rule: DisclosureRule
    units: list[int]
    rows: list[int]
    by: dict[int, list[int]]
    top: dict[int, list[float]]
    one_row_per_unit: bool
    """Whether each unit has one row in its group, as far as can be known: units then add up as rows do."""


@dataclass(frozen=True)
class SuppressionReason:
    """Why a group must be suppressed: `few` units in it or in one of its values, or a dominant one."""

    rule: DisclosureRule
    few: bool


class ProtectedGroups:
    """Groups of a grouping of protected rows. `visible_table`: their keys and measures, without the hidden counts."""

    def __init__(
        self, table: pa.Table, by: Sequence[str], rules_by_number: Mapping[int, DisclosureRule]
    ) -> None:
        columns = {name: table[name].to_pylist() for name in table.column_names if name.startswith(HIDDEN)}
        self.visible_table = table.drop_columns(list(columns))
        self.keys: list[tuple[Hashable, ...]] = list(
            zip(*(table[name].to_pylist() for name in by), strict=True) if by else [()] * table.num_rows
        )
        self._sums = {
            int(name.removeprefix(SUM)): [float(value or 0) for value in values]
            for name, values in columns.items()
            if name.startswith(SUM)
        }
        self._counts_by_source = [
            _SourceCounts(
                rule,
                columns[f"{UNITS}{number}"],
                columns[f"{ROWS}{number}"],
                {m: [int(v) for v in values] for m, values in _measured(columns, f"{BY}{number}_")},
                {m: [float(v or 0) for v in values] for m, values in _measured(columns, f"{TOP}{number}_")},
                columns[f"{UNITS}{number}"] == columns[f"{ROWS}{number}"],
            )
            for number, rule in rules_by_number.items()
        ]
        self.index = {key: n for n, key in enumerate(self.keys)}
        self.forbidden = {
            n: reason for n in range(len(self.keys)) if (reason := self._reason_to_hide([n])) is not None
        }

    def sizes(self) -> list[int]:
        """Minimum number of units over the sources of each group."""
        return [min(units) for units in zip(*(one.units for one in self._counts_by_source), strict=True)]

    def width(self, index: int, source_index: int) -> float:
        """Width of the interval that the rows of one protected source need in a group: the floor counts units, and a group
        has as many rows as that many of its units have.
        """
        return self._width(self._counts_by_source[source_index], [index])

    @staticmethod
    def _width(one: _SourceCounts, members: list[int]) -> float:
        rows, units = sum(one.rows[n] for n in members), sum(one.units[n] for n in members)
        return one.rule.floor * max(1.0, rows / units if units else 1.0)

    def counts(self) -> list[System]:
        """Additive systems of the row counts of each protected source; nothing is known of them at first."""
        return [System([float(rows) for rows in one.rows]) for one in self._counts_by_source]

    def sums(self) -> list[System]:
        """Additive systems of the summed measures."""
        return [System(values, lower=min(0.0, *values)) for values in self._sums.values()]

    def parts(self) -> list[list[tuple[int, ...]]]:
        """Parts of each group in each of `counts`: itself, as long as nothing splits it."""
        return [[(n,) for n in range(len(self.keys))] for _ in self._counts_by_source]

    def cells(self, parts: Sequence[Sequence[tuple[int, ...]]]) -> list[Cell]:
        return [self._cell([index], parts) for index in range(len(self.keys))]

    def totals(self, parts: Sequence[Sequence[tuple[int, ...]]]) -> list[list[Cell]]:
        """Totals of several groups that can be known, one layer a set of keys; the grand total comes first."""
        layers = [
            [self._cell(members, parts) for members in layer if len(members) > 1]
            for layer in totals_of(self.keys)
        ]
        return [layer for layer in reversed(layers) if layer]

    def _cell(self, members: list[int], parts: Sequence[Sequence[tuple[int, ...]]]) -> Cell:
        reason = self._reason_to_hide(members)
        needs: list[RequiredInterval | None] = []
        for one in self._counts_by_source:
            strict = self._units(one, members) < one.rule.floor
            needs.append(RequiredInterval(self._width(one, members), strict=strict))
        for m, values in self._sums.items():
            total = abs(sum(values[n] for n in members))
            high = max((self._high(one, m, members) for one in self._counts_by_source), default=0.0)
            needs.append(RequiredInterval(total, high) if reason is not None and total else None)
        size = min(sum(one.units[n] for n in members) for one in self._counts_by_source)
        cell_parts = [tuple(part for n in members for part in one[n]) for one in parts]
        cell_parts += [tuple(members)] * len(self._sums)
        return Cell(size, reason is not None, tuple(cell_parts), tuple(needs))

    @staticmethod
    def _units(one: _SourceCounts, members: list[int]) -> int:
        """Certain number of units behind several groups: a unit with several rows may be in each, so only the largest counts."""
        counts = [one.units[n] for n in members]
        return sum(counts) if one.one_row_per_unit else max(counts)

    def _reason_to_hide(self, members: list[int]) -> SuppressionReason | None:
        for one in self._counts_by_source:
            if self._units(one, members) < one.rule.floor:
                return SuppressionReason(one.rule, few=True)
            if any(0 < sum(by[n] for n in members) < one.rule.floor for by in one.by.values()):
                return SuppressionReason(one.rule, few=True)
        for one in self._counts_by_source:
            for m in one.top:
                total = abs(sum(self._sums[m][n] for n in members))
                share = one.rule.dominance or 1.0
                largest = max(one.top[m][n] for n in members)
                if largest > share * total:
                    return SuppressionReason(one.rule, few=False)
        return None

    def _high(self, one: _SourceCounts, m: int, members: list[int]) -> float:
        """Value below which the largest of these units would still dominate."""
        if m not in one.top or one.rule.dominance is None:
            return float("-inf")
        largest = max(one.top[m][n] for n in members)
        total = sum(self._sums[m][n] for n in members)
        return largest / one.rule.dominance if largest > one.rule.dominance * abs(total) else float("-inf")


def _measured(columns: Mapping[str, list[float]], prefix: str) -> list[tuple[int, list[float]]]:
    return [
        (int(name.removeprefix(prefix)), values)
        for name, values in columns.items()
        if name.startswith(prefix)
    ]


def rules_by_step(
    recipe: model.Recipe, rules: Mapping[str, DisclosureRule], grouping_index: int
) -> dict[int, DisclosureRule]:
    """Disclosure rules of the protected sources behind a grouping, by the number of the step that opened each."""
    return {
        number: rules[step.source]
        for number, step in enumerate(recipe.steps[: grouping_index + 1], start=1)
        if isinstance(step, model.Source | model.Join) and step.source in rules
    }
