"""Figures: presentation of a released table, always with its unit, base, year and source.

In: a figure and the table of its recipe. Out: a number in French, table cells, values by place. Charts are drawn by
`recipes.charts`, maps by the site from `values_by_place`.
"""

from collections.abc import Sequence
from typing import Any, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from beffroi.recipes.charts.bins import histogram_bins
from beffroi.recipes.charts.kinds import KINDS, Kind
from beffroi.recipes.charts.look import Comparison, Look
from beffroi.recipes.errors import FigureError
from beffroi.recipes.french import format_date, humanize_number
from beffroi.recipes.map_classes import ClassChoice


class Encodings(BaseModel):
    """Columns by encoding: `x` and `y` of a chart, `series` for one line or bar a value (the lines of a heat table),
    `name` of each point, `low` and `high` of an interval; of a number, `value`, and its period in `x` when it is the
    last of several; of a map, `place` (INSEE codes) and `value`; of a map of points, `place` (a geometry) or `x` and `y`
    (longitude and latitude), `name`, `value` for colours and `size`; of a table, `columns` (None: all).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: str | None = None
    y: str | None = None
    series: str | None = None
    name: str | None = None
    low: str | None = None
    high: str | None = None
    value: str | None = None
    place: str | None = None
    size: str | None = None
    columns: tuple[str, ...] | None = None
    labels: dict[str, str] = {}


class Figure(BaseModel):
    """`base`: what was counted and how much of it (« 12 écoles, 4 210 jours servis »); `year`: the period covered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    title: str
    unit: str
    base: str
    year: str
    source: str
    encodings: Encodings = Field(default_factory=Encodings)
    look: Look = Field(default_factory=Look)
    comparison: Comparison | None = None
    estimated: bool = False
    simulated: bool = False
    classes: ClassChoice | None = None
    """Classification of a map; five quantiles by default."""

    @model_validator(mode="after")
    def _require_labels_and_columns(self) -> Self:
        words = {"un titre": self.title, "une unité": self.unit, "une base": self.base}
        words |= {"une année": self.year, "une source": self.source}
        absent = [word for word, text in words.items() if not text.strip()]
        if absent:
            raise ValueError(f"Il manque à la figure {', '.join(absent)} : un chiffre ne se montre pas sans.")
        needed = KINDS[self.kind].needs
        lacking = [name for name in needed if getattr(self.encodings, name) is None]
        if lacking:
            raise ValueError(f"Il reste à choisir, pour cette figure, la colonne de : {', '.join(lacking)}.")
        e = self.encodings
        if self.kind == "points" and e.place is None and (e.x is None or e.y is None):
            raise ValueError(
                "Choisissez où se trouve chaque point : une colonne de géométrie, ou la longitude et la latitude."
            )
        timed = self.comparison is not None and self.comparison.to in ("previous", "year")
        if timed and self.encodings.x is None:
            raise ValueError("Pour comparer à une autre période, dites quelle colonne contient les périodes.")
        return self

    @property
    def caption(self) -> str:
        """Caption of the figure."""
        words = [
            f"Unité : {self.unit}",
            f"Base : {self.base}",
            f"Année : {self.year}",
            f"Source : {self.source}",
        ]
        if self.estimated:
            words.append("estimé")
        if self.simulated:
            words.append("données simulées")
        return " · ".join(words)


def format_single_value(figure: Figure, table: pa.Table) -> str:
    """Single value of the figure in French, with its unit (« 1 234,5 repas »); « non montré » when it is hidden."""
    value = single_value(figure, table)
    return "non montré" if value is None else f"{format_figure_value(figure, value)} {figure.unit}"


def single_value(figure: Figure, table: pa.Table) -> Any:
    """Value of a number: of the only row, or of the last period when it has periods. Raises FigureError."""
    column = column_of(figure, table, figure.encodings.value)
    if table.num_rows != 1 and (figure.encodings.x is None or not table.num_rows):
        raise FigureError(
            f"Le chiffre « {figure.title} » attend une seule ligne et en reçoit {table.num_rows}. "
            "Ajoutez une étape « Regrouper » sans colonne, puis recommencez."
        )
    return column[last_period_row(figure, table)].as_py()


def last_period_row(figure: Figure, table: pa.Table) -> int:
    """Row of a number: the only one, or that of the last period."""
    if figure.encodings.x is None or table.num_rows < 2:
        return 0
    periods = column_of(figure, table, figure.encodings.x).to_pylist()
    return max((n for n, period in enumerate(periods) if period is not None), key=lambda n: periods[n])


def format_figure_value(figure: Figure, value: Any) -> str:
    """Number with the decimals that its figure sets."""
    return humanize_number(value, decimals=figure.look.decimals)


def values_by_place(figure: Figure, table: pa.Table) -> dict[str, float | None]:
    """Values of a map by INSEE code, which the site joins to shapes or points."""
    codes = column_of(figure, table, figure.encodings.place).to_pylist()
    values = column_of(figure, table, figure.encodings.value).to_pylist()
    return {
        str(code): None if value is None else float(value)
        for code, value in zip(codes, values, strict=True)
        if code is not None
    }


def rows(figure: Figure, table: pa.Table) -> tuple[list[str], list[list[str]]]:
    """Table behind a figure: its headers, and its cells as French text."""
    headers, values = figure_columns(figure, table)
    measures = measure_columns(figure)
    cells = [
        [
            format_figure_value(figure, v) if n in measures and _is_number(v) else format_cell(v)
            for n, v in line
        ]
        for line in (list(zip(headers, row, strict=True)) for row in values)
    ]
    return [figure.encodings.labels.get(name, name) for name in headers], cells


def figure_columns(figure: Figure, table: pa.Table) -> tuple[list[str], list[Sequence[Any]]]:
    """Names of the columns that a figure shows, and its rows."""
    names = figure_column_names(figure, table)
    columns = [column_of(figure, table, name).to_pylist() for name in names]
    return names, list(zip(*columns, strict=True))


def figure_column_names(figure: Figure, table: pa.Table) -> list[str]:
    """Columns that a figure shows, in reading order."""
    e = figure.encodings
    if e.columns:
        return list(e.columns)
    if figure.kind == "table":
        return list(table.column_names)
    if figure.kind == "points":
        # Where a point is, is on the map; what it is and how much, in the table.
        names = list(dict.fromkeys(name for name in (e.name, e.value, e.size) if name))
        return names or [name for name in table.column_names if name != e.place]
    compared = figure.comparison.column if figure.comparison else None
    used = [e.name, e.x, e.place, e.series, e.y, e.low, e.high, e.value, compared]
    return list(dict.fromkeys(name for name in used if name))


def measure_columns(figure: Figure) -> frozenset[str]:
    """Columns whose decimals the figure sets."""
    e = figure.encodings
    if figure.kind == "points":
        return frozenset(name for name in (e.value, e.size) if name)
    return frozenset(name for name in (e.y, e.low, e.high, e.value) if name)


def histogram_table(figure: Figure, table: pa.Table) -> pa.Table:
    """Classes of a histogram with their row counts; any other figure's table unchanged."""
    if figure.kind != "histogram":
        return table
    values = [v for v in column_of(figure, table, figure.encodings.x).to_pylist() if _is_number(v)]
    found = histogram_bins([float(v) for v in values], figure.look.classes) if values else []
    name = figure.encodings.x or ""
    return pa.table({name: [c.text for c in found], COUNTED: pa.array([c.count for c in found], pa.int64())})


COUNTED = "nombre de lignes"


def format_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return (
        humanize_number(value)
        if isinstance(value, (int, float)) or hasattr(value, "as_tuple")
        else format_date(value)
    )


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, (int, float)) or hasattr(value, "as_tuple"))


def column_of(figure: Figure, table: pa.Table, name: str | None) -> pa.ChunkedArray:
    if name is None or name not in table.column_names:
        raise FigureError(
            f"La figure « {figure.title} » montre la colonne « {name} », que l'analyse ne donne plus. "
            f"Colonnes disponibles : {', '.join(table.column_names)}."
        )
    return table[name]
