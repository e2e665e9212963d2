"""The tables and the figures that a run kept, taken back with their description.

In comes a run; out go `OutputView` tables and `Large` figures. A table without a description has its columns read by name.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from beffroi.systems.manifest import OutputColumn, OutputTable
from beffroi.systems.outputs import ROLES_BY_NAME
from beffroi.web.decisions.evidence import describe_key
from beffroi.web.ui.formats import french_date, number, unit_of

from ..models import Run

PAGE_ROWS = 20
FIRST_ROWS = 5
FIRST_COLUMNS = frozenset({"place", "group", "day", "value", "reference", "actual", "status"})
HIDDEN = frozenset({"geometry", "key"})
NUMERIC = frozenset({"integer", "number"})
YES_NO = {True: "oui", False: "non"}


class Cell(NamedTuple):
    """One cell in French; `badge`: the kind of badge that a state is shown as, None where the cell is no state."""

    text: str
    number: bool
    badge: str | None = None


@dataclass(frozen=True)
class OutputView:
    """One table of a run: its description, and its rows as a person may read them."""

    output: OutputTable
    rows: list[dict[str, Any]]

    def column(self, role: str) -> OutputColumn | None:
        return self.output.of_role(role)

    def value(self, row: dict[str, Any], role: str) -> Any:
        """What a row holds under this role; None where the table has no such column."""
        name = self._names.get(role)
        return None if name is None else row.get(name)

    @cached_property
    def _names(self) -> dict[str, str]:
        """The column of each role, found once for all rows: the first, as `of_role` says."""
        return {column.role: column.name for column in reversed(self.output.columns)}

    @cached_property
    def places(self) -> list[str]:
        """The places in the order of the rows: the system puts first what matters most."""
        found = (self.value(row, "place") for row in self.rows)
        return list(dict.fromkeys(str(place) for place in found if place not in (None, "")))

    def of_place(self, place: str) -> "OutputView":
        return OutputView(self.output, [row for row in self.rows if str(self.value(row, "place")) == place])

    @property
    def columns(self) -> list[OutputColumn]:
        """Those that a table shows."""
        return [column for column in self.output.columns if column.role not in HIDDEN]

    @property
    def headings(self) -> list[tuple[str, bool]]:
        return _headings(self.columns)

    def cells_of_page(self, page: int) -> list[list[Cell]]:
        return _cells(self.columns, self.rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS])

    @property
    def pages(self) -> int:
        return -(-len(self.rows) // PAGE_ROWS)

    @property
    def first_headings(self) -> list[tuple[str, bool]]:
        return _headings(self._first_columns)

    @property
    def first_cells(self) -> list[list[Cell]]:
        """The first rows, of the columns that say what is where, how much and how worrying."""
        return _cells(self._first_columns, self.rows[:FIRST_ROWS])

    @property
    def _first_columns(self) -> list[OutputColumn]:
        """Of these roles, those that distinguish a row from another; all the columns where no role is declared."""
        rows = self.rows[:FIRST_ROWS]

        def differs(column: OutputColumn) -> bool:
            values = {row.get(column.name) for row in rows} - {None, ""}
            return len(values) > 1 or (bool(values) and (len(rows) < 2 or column.role != "group"))

        named = [column for column in self.columns if column.role in FIRST_COLUMNS]
        return [column for column in named if differs(column)] or self.columns


@dataclass(frozen=True)
class Large:
    """One figure in large: `was` is the same figure of the run before, None where there is none."""

    key: str
    label: str
    value: float
    unit: str
    base: str
    low: float | None
    high: float | None
    better: str
    was: float | None = None

    @property
    def note(self) -> str:
        """What it counts, its interval and its change, in one line."""
        parts = [self.base.rstrip(".")]
        if self.low is not None and self.high is not None:
            parts.append(f"entre {number(self.low)} et {number(self.high)}")
        return ", ".join(part for part in parts if part) + "."

    @property
    def change(self) -> float | None:
        if self.was is None or self.was == self.value:
            return None
        return self.value - self.was

    @property
    def unit_here(self) -> str:
        """As it is written beside the value."""
        return unit_of(self.value, self.unit)

    @property
    def change_unit(self) -> str:
        """A difference of percentages is in points."""
        return unit_of(self.change, "points" if self.unit.startswith("%") else self.unit)

    @property
    def news(self) -> str:
        """« good », « warn », or empty where neither way is good news."""
        if self.change is None or not self.better:
            return ""
        return "good" if (self.change < 0) == (self.better == "lower") else "warn"


def tables_of(run: Run) -> list[OutputView]:
    """Every table of the run, the first first."""
    outputs: list[dict[str, Any]] = run.outcome.get("outputs") or []
    columns: list[str] = run.outcome.get("columns", [])
    main = [dict(zip(columns, row, strict=True)) for row in run.outcome.get("rows", [])]
    if not outputs:
        return [OutputView(_by_name(columns, main), main)]
    found = []
    for rank, one in enumerate(outputs):
        output = OutputTable.model_validate({name: value for name, value in one.items() if name != "rows"})
        names = [column.name for column in output.columns]
        rows = main if rank == 0 else [dict(zip(names, row, strict=True)) for row in one.get("rows", [])]
        found.append(OutputView(output, rows))
    return found


def figures_of(run: Run, before: Run | None = None) -> list[Large]:
    """The figures in large, with those of the run before beside."""
    before_values = {
        one["key"]: one["value"] for one in (before.outcome.get("figures", []) if before else [])
    }
    return [Large(**one, was=before_values.get(one["key"])) for one in run.outcome.get("figures", [])]


def _headings(columns: list[OutputColumn]) -> list[tuple[str, bool]]:
    return [
        (f"{column.label} ({column.unit})" if column.unit else column.label, column.type in NUMERIC)
        for column in columns
    ]


def _cells(columns: list[OutputColumn], rows: list[dict[str, Any]]) -> list[list[Cell]]:
    described = [(column, column.type in NUMERIC, badges_of(column)) for column in columns]
    return [
        [
            Cell(words(value := row.get(column.name), column), right, badges.get(str(value)))
            for column, right, badges in described
        ]
        for row in rows
    ]


def tones_of(status: OutputColumn) -> list[float]:
    """The tone of each level (-1..1): below nought what worries, above what is good news, each stronger as it goes."""
    levels = status.levels
    middle = levels.index(status.neutral) if status.neutral else 0
    worse, better = max(1, len(levels) - 1 - middle), max(1, middle)
    return [round((middle - rank) / (worse if rank > middle else better), 3) for rank in range(len(levels))]


def badges_of(column: OutputColumn) -> dict[str, str]:
    """The kind of badge of each level: good news, the ordinary (plain), a warning; danger for the last of several that worry."""
    if column.role != "status" or not column.levels:
        return {}
    tones = tones_of(column)
    last = -1.0 if sum(tone < 0 for tone in tones) > 1 else None
    best = 0 if column.neutral else -1
    return {
        level: "danger" if tone == last else "warn" if tone < 0 else "good" if tone > best else ""
        for level, tone in zip(column.levels, tones, strict=True)
    }


def words(value: Any, column: OutputColumn) -> str:
    """One cell in French."""
    if value is None or value == "":
        return "–"
    if column.type == "date":
        return french_date(value)
    if column.type == "boolean":
        return YES_NO.get(value, str(value))
    return number(value) if column.type in NUMERIC else str(value)


def _by_name(columns: list[str], rows: list[dict[str, Any]]) -> OutputTable:
    def kind(name: str) -> str:
        first_value = next((row[name] for row in rows if row[name] is not None), None)
        if isinstance(first_value, bool):
            return "boolean"
        if isinstance(first_value, int | float):
            return "number"
        return "date" if ROLES_BY_NAME.get(name) == "day" else "text"

    described = tuple(
        OutputColumn.model_construct(
            name=name,
            label=describe_key(name).label,
            type=kind(name),
            role=ROLES_BY_NAME.get(name, "fact"),
            unit="",
            levels=(),
        )
        for name in columns
    )
    return OutputTable.model_construct(
        name="table",
        title="Le détail",
        lead="",
        columns=described,
        views=("series",) if {"day", "value"} <= {column.role for column in described} else (),
        adds_up=True,
    )
