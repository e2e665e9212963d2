"""Chart frame, shared by all kinds: columns under letters, axes, formats and tooltips, in French.

In: a figure and its table. Out: fragments of a Vega-Lite specification. To Vega, names with dots or brackets are paths:
inside a specification, columns are called by letters (`x`, `y`, `s` for the series, `n`, `l`, `h`).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from beffroi.recipes.charts.palette import PALETTE
from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Figure, column_of
from beffroi.recipes.french import humanize_number, natural_order, to_json_value
from beffroi.recipes.text_folding import fold

MAX_MARKS = 5_000
FEW_DAYS = 10
FLAT = 60  # letters along an axis up to which names need not lean
_ROLES = {"x": "x", "y": "y", "s": "series", "n": "name", "l": "low", "h": "high"}
Spec = dict[str, Any]


class Frame:
    """Figure and its table, ready to be drawn. Raises FigureError for a missing column, or too many marks."""

    def __init__(self, figure: Figure, table: pa.Table) -> None:
        self.figure, self.table, self.look = figure, table, figure.look
        if table.num_rows > MAX_MARKS:
            raise FigureError(
                f"« {figure.title} » aurait {humanize_number(table.num_rows)} points, trop pour être lu. "
                "Regroupez davantage, ou gardez les premiers."
            )
        roles = {letter: getattr(figure.encodings, role) for letter, role in _ROLES.items()}
        self.names: dict[str, str] = {letter: name for letter, name in roles.items() if name}
        self.columns = {
            letter: [_mark_value(value) for value in column_of(figure, table, name).to_pylist()]
            for letter, name in self.names.items()
        }

    @cached_property
    def rows(self) -> list[Spec]:
        """Data of the specification, one object a mark."""
        letters = list(self.names)
        return [
            {letter: self.columns[letter][row] for letter in letters} for row in range(self.table.num_rows)
        ]

    def label(self, letter: str) -> str:
        name = self.names.get(letter, "")
        return self.figure.encodings.labels.get(name, name)

    def is_temporal(self, letter: str) -> bool:
        kind = self.table.schema.field(self.names[letter]).type
        return bool(pa.types.is_temporal(kind) and not pa.types.is_time(kind))

    def is_fractional(self, letter: str) -> bool:
        kind = self.table.schema.field(self.names[letter]).type
        return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))

    def value_axis(self, letter: str = "y") -> Spec:
        """Axis of a numeric column, its unit above it, read from left to right."""
        return {
            "field": letter,
            "type": "quantitative",
            "title": self.figure.unit,
            "axis": {**ABOVE, "format": self.format(letter)} if self.look.decimals is not None else ABOVE,
        }

    def category_axis(self, letter: str) -> Spec:
        """Axis of a column of names, in the configured order; days and months in calendar order."""
        names = {str(value) for value in self.columns[letter]}
        angle = 0 if len(names) * max(map(len, names), default=0) <= FLAT else -30
        return {
            "field": letter,
            "type": "ordinal",
            "title": self.label(letter),
            "sort": self.order(letter),
            "axis": {"labelOverlap": True, "labelAngle": angle},
        }

    def time_axis(self, letter: str) -> Spec:
        # In UTC throughout, so that a day is the same day in Cayenne and in Paris.
        look: Spec = {"format": "%d/%m/%Y", "labelOverlap": True, "labelAngle": -30}
        days = sorted({value for value in self.columns[letter] if value is not None})
        if days and days[-1] - days[0] <= FEW_DAYS * 86_400_000:
            # Otherwise the hours between two days would repeat the same date.
            look["tickCount"] = {"interval": "day", "step": 1}
        return {
            "field": letter,
            "type": "temporal",
            "title": self.label(letter),
            "scale": {"type": "utc"},
            "axis": look,
        }

    def order(self, letter: str) -> list[Any] | None:
        """Values of a column in drawing order; None: that of the result."""
        values = self.columns[letter]
        present = list(dict.fromkeys(value for value in values if value is not None))
        if self.look.sort == "name":
            return sorted(present, key=lambda value: (isinstance(value, str), _named(value)))
        if self.look.sort in ("largest", "smallest") and "y" in self.columns:
            totals = dict.fromkeys(present, 0.0)
            for value, measure in zip(values, self.columns["y"], strict=True):
                if value in totals and isinstance(measure, (int, float)):
                    totals[value] += measure
            return sorted(present, key=lambda v: totals[v], reverse=self.look.sort == "largest")
        return natural_order(values)

    def series(self, symbol: str = "circle") -> Spec:
        """Colour channel, one colour a series; `symbol`: of its legend. Raises FigureError beyond the size of the palette."""
        present = list(dict.fromkeys(self.columns["s"]))
        if len(present) > len(PALETTE):
            raise FigureError(
                f"« {self.figure.title} » aurait {len(present)} couleurs : au-delà de {len(PALETTE)}, "
                "on ne les distingue plus. Gardez les premières, ou regroupez davantage."
            )
        legend = {"orient": "bottom", "columns": 2, "labelLimit": 160, "symbolType": symbol}
        return {
            "field": "s",
            "type": "nominal",
            "title": self.label("s"),
            "scale": {"range": list(PALETTE)},
            "sort": self.series_order,
            "legend": legend if self.look.legend else None,
        }

    @property
    def series_order(self) -> list[Any] | None:
        return natural_order(self.columns["s"])

    def rank_series(self) -> None:
        """Number the series in the data (`o`), in the order of the legend, so that they are stacked in it."""
        order = self.series_order or list(dict.fromkeys(self.columns["s"]))
        rank = {value: n for n, value in enumerate(order)}
        for row in self.rows:
            row["o"] = rank.get(row["s"], len(rank))

    def tooltip(self, *letters: str) -> list[Spec]:
        """Tooltip of a mark, for those of the letters that the figure has."""
        return [self._tooltip_field(letter) for letter in letters if letter in self.names]

    def _tooltip_field(self, letter: str) -> Spec:
        field: Spec = {"field": letter, "title": self.label(letter)}
        if self.is_temporal(letter):
            return field | {"type": "temporal", "timeUnit": "utcyearmonthdate", "format": "%A %e %B %Y"}
        if letter in "ylh":
            return field | {"type": "quantitative", "format": self.format(letter)}
        numeric = letter in "x" and self.is_fractional(letter)
        if numeric:
            return field | {"type": "quantitative", "format": self.format(letter)}
        return field | {"type": "ordinal" if letter == "x" else "nominal"}

    def format(self, letter: str = "y") -> str:
        """Number format of a column: the configured decimals, otherwise as many as needed."""
        if self.look.decimals is not None:
            return f",.{self.look.decimals}f"
        return precision(self.columns[letter])

    def refuse_negative(self, what: str) -> None:
        if any(isinstance(value, (int, float)) and value < 0 for value in self.columns["y"]):
            raise FigureError(
                f"« {self.figure.title} » a des valeurs négatives : {what} n'ont pas de sens avec elles. "
                "Mettez les barres côte à côte, ou choisissez une courbe."
            )

    def reference(self, channel: str) -> list[Spec]:
        """Reference line across the chart, with its label."""
        line = self.look.reference
        if line is None:
            return []
        at = {"field": "r", "type": "quantitative"}
        name = {"field": "t", "type": "nominal"}
        data = {"values": [{"r": line.value, "t": f"{line.name} : {humanize_number(line.value)}"}]}
        placed = (
            {"x": {"value": 4}, "align": "left", "baseline": "bottom", "dy": -3}
            if channel == "y"
            else {"y": {"value": 0}, "align": "center", "baseline": "bottom", "dy": -3}
        )
        where = {key: value for key, value in placed.items() if key in ("x", "y")}
        mark = {key: value for key, value in placed.items() if key not in ("x", "y")}
        rule: Spec = {"type": "rule", "strokeWidth": 1.5, "strokeDash": [6, 4]}
        # An edge of paper under the line and its name: both are read over dark bars too.
        edge = {"stroke": "#ffffff", "strokeWidth": 4}
        words: Spec = {"type": "text", "fontWeight": 600, **mark}
        text = {channel: at, "text": name, **where}
        return [
            {"data": data, "mark": {"type": "rule", **edge}, "encoding": {channel: at}},
            {"data": data, "mark": rule, "encoding": {channel: at}},
            {"data": data, "mark": {**words, **edge, "strokeJoin": "round"}, "encoding": text},
            {"data": data, "mark": words, "encoding": text},
        ]


# Above the axis and read from left to right: a long unit does not eat the height.
ABOVE: Spec = {
    "titleAngle": 0,
    "titleAlign": "left",
    "titleAnchor": "end",
    "titleX": 0,
    "titleY": -14,
    "titleLimit": 260,
}


def precision(values: Sequence[Any]) -> str:
    largest = max((abs(value) for value in values if isinstance(value, (int, float))), default=0)
    return ",.3~r" if 0 < largest < 1 else ",.2~f"


def _named(value: Any) -> Any:
    return fold(value) if isinstance(value, str) else value


def _mark_value(value: Any) -> Any:
    """Dates as milliseconds of UTC, which every browser reads alike; anything else as plain JSON."""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    return to_json_value(value)
