"""A figure: what is shown of a released table, always with its unit, base, year and source.

In come a figure and the table that a recipe gave; out come a number in French, or a Vega-Lite specification that
needs no `eval` and no request (data inside). Maps are drawn by the site from `places`.
"""

from datetime import UTC, date, datetime
from typing import Any, Literal, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from beffroi.recipes.classes import ClassChoice
from beffroi.recipes.errors import FigureError
from beffroi.recipes.french import MONTHS, WEEKDAYS, date_text, natural_order, number_text, plain

# Okabe and Ito (2008), blue first; the yellow, too pale on white, is left out.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MOST_MARKS = 5_000


class Encodings(BaseModel):
    """Which column is what: `x` and `y` of a chart, `series` for one line or bar a value; of a number, `value`;
    of a map, `place` (INSEE codes) and `value`; of a table, `columns` (None: all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: str | None = None
    y: str | None = None
    series: str | None = None
    value: str | None = None
    place: str | None = None
    columns: tuple[str, ...] | None = None
    labels: dict[str, str] = {}


class Figure(BaseModel):
    """`base`: what was counted and how much of it (« 12 écoles, 4 210 jours servis »); `year`: the period covered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["number", "bar", "line", "table", "map"]
    title: str
    unit: str
    base: str
    year: str
    source: str
    encodings: Encodings = Field(default_factory=Encodings)
    estimated: bool = False
    simulated: bool = False
    classes: ClassChoice | None = None
    """Of a map: how its values are cut; five quantiles when nothing is said."""

    @model_validator(mode="after")
    def _says_what_it_shows(self) -> Self:
        words = {"un titre": self.title, "une unité": self.unit, "une base": self.base}
        words |= {"une année": self.year, "une source": self.source}
        absent = [word for word, text in words.items() if not text.strip()]
        if absent:
            raise ValueError(f"Il manque à la figure {', '.join(absent)} : un chiffre ne se montre pas sans.")
        needed = {
            "number": ("value",),
            "bar": ("x", "y"),
            "line": ("x", "y"),
            "map": ("place", "value"),
            "table": (),
        }
        lacking = [name for name in needed[self.kind] if getattr(self.encodings, name) is None]
        if lacking:
            raise ValueError(f"Il reste à choisir, pour cette figure, la colonne de : {', '.join(lacking)}.")
        return self

    @property
    def caption(self) -> str:
        """The line that goes under the figure."""
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


def number(figure: Figure, table: pa.Table) -> str:
    """The figure's single value in French, with its unit (« 1 234,5 repas »); « non montré » when it is hidden."""
    column = _column(figure, table, figure.encodings.value)
    if table.num_rows != 1:
        raise FigureError(
            f"Le chiffre « {figure.title} » attend une seule ligne et en reçoit {table.num_rows}. "
            "Ajoutez une étape « Regrouper » sans colonne, puis recommencez."
        )
    value = column[0].as_py()
    return "non montré" if value is None else f"{number_text(value)} {figure.unit}"


def places(figure: Figure, table: pa.Table) -> dict[str, float | None]:
    """Of a map: the value of each place by its INSEE code, which the site joins to its shapes or points."""
    codes = _column(figure, table, figure.encodings.place).to_pylist()
    values = _column(figure, table, figure.encodings.value).to_pylist()
    return {
        str(code): None if value is None else float(value)
        for code, value in zip(codes, values, strict=True)
        if code is not None
    }


def rows(figure: Figure, table: pa.Table) -> tuple[list[str], list[list[str]]]:
    """The table behind a figure: its headers, and its cells as French text."""
    encodings = figure.encodings
    used = [encodings.x, encodings.series, encodings.y, encodings.place, encodings.value]
    chosen = encodings.columns or (
        [name for name in used if name] if figure.kind != "table" else table.column_names
    )
    columns = [_column(figure, table, name).to_pylist() for name in chosen]
    cells = [[cell_text(value) for value in row] for row in zip(*columns, strict=True)]
    return [encodings.labels.get(name, name) for name in chosen], cells


def cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return (
        number_text(value)
        if isinstance(value, (int, float)) or hasattr(value, "as_tuple")
        else date_text(value)
    )


def vega_spec(figure: Figure, table: pa.Table) -> dict[str, Any]:
    """The Vega-Lite v6 specification of a bar or a line figure, as wide as what holds it.

    Raises FigureError for other kinds, for a column that is not there, and beyond 5,000 marks.
    """
    if figure.kind not in ("bar", "line"):
        raise FigureError(f"« {figure.title} » n'est pas un graphique : montrez-le comme un tableau.")
    if table.num_rows > MOST_MARKS:
        raise FigureError(
            f"« {figure.title} » aurait {number_text(table.num_rows)} points, trop pour être lu. "
            "Regroupez davantage, ou gardez les premiers."
        )
    encodings = figure.encodings
    used = [name for name in (encodings.x, encodings.y, encodings.series) if name]
    columns = {
        name: [_mark_value(value) for value in _column(figure, table, name).to_pylist()] for name in used
    }
    # Names with dots or brackets are paths to Vega: inside, columns are called by letters.
    lettered = list(zip("xys" if encodings.series else "xy", used, strict=True))
    data = [{letter: columns[name][row] for letter, name in lettered} for row in range(table.num_rows)]
    x = _axis(figure, table, encodings.x or "", "x")
    encoding: dict[str, Any] = {
        "x": x,
        "y": {
            "field": "y",
            "type": "quantitative",
            "title": _label(figure, encodings.y) + f" ({figure.unit})",
            # A bar's length is read from zero; a line may start elsewhere.
            "scale": {"zero": figure.kind == "bar", "nice": True},
        },
        "tooltip": [
            _tooltip_of(x),
            {
                "field": "y",
                "type": "quantitative",
                "title": _label(figure, encodings.y),
                "format": _precision(columns[encodings.y or ""]),
            },
        ],
    }
    if encodings.series:
        title = _label(figure, encodings.series)
        if len(set(columns[encodings.series])) > len(PALETTE):
            raise FigureError(
                f"« {figure.title} » aurait {len(set(columns[encodings.series]))} couleurs : au-delà de {len(PALETTE)}, "
                "on ne les distingue plus. Gardez les premières, ou regroupez davantage."
            )
        order = natural_order(columns[encodings.series])
        color = {
            "field": "s",
            "type": "nominal",
            "title": title,
            "scale": {"range": list(PALETTE)},
            "sort": order,
        }
        encoding["color"] = {**color, "legend": {"orient": "bottom"}}
        # Colour is never alone: lines also differ by their dash.
        if figure.kind == "line":
            encoding["strokeDash"] = {"field": "s", "type": "nominal", "title": title, "sort": order}
        else:
            encoding["xOffset"] = {"field": "s", "sort": order}
        encoding["tooltip"].append({"field": "s", "type": "nominal", "title": title})
    mark: dict[str, Any] = {"type": "bar", "cornerRadiusEnd": 2}
    if figure.kind == "line":
        mark = {"type": "line", "point": True, "strokeWidth": 2}
    if not encodings.series:
        mark["color"] = PALETTE[0]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{figure.title}. {figure.caption}",
        "width": "container",
        "height": 280,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": data},
        "mark": mark,
        "encoding": encoding,
        "config": {
            "background": "transparent",
            "locale": {"number": FRENCH_NUMBERS, "time": FRENCH_TIME},
            "view": {"stroke": None},
        },
    }


FRENCH_NUMBERS = {
    "decimal": ",",
    "thousands": "\u00a0",
    "grouping": [3],
    "currency": ["", "\u00a0€"],
    "percent": "\u202f%",
}
FRENCH_TIME = {
    "dateTime": "%A %e %B %Y à %X",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["AM", "PM"],
    "days": ["dimanche", *WEEKDAYS[:6]],
    "shortDays": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    "months": list(MONTHS),
    "shortMonths": [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."
    ],
}  # fmt: skip


def _axis(figure: Figure, table: pa.Table, name: str, field: str) -> dict[str, Any]:
    kind = table.schema.field(name).type
    axis: dict[str, Any] = {"field": field, "title": _label(figure, name)}
    if pa.types.is_temporal(kind) and not pa.types.is_time(kind):
        # In UTC throughout, so that a day is the same day in Cayenne and in Paris.
        look = {"format": "%d/%m/%Y", "labelOverlap": True, "labelAngle": -30}
        dated = {**axis, "type": "temporal", "scale": {"type": "utc"}, "axis": look}
        # A bar is as wide as its day.
        return {**dated, "timeUnit": "utcyearmonthdate"} if figure.kind == "bar" else dated
    if figure.kind == "line" and (pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return {**axis, "type": "quantitative"}
    sort = natural_order([plain(value) for value in table[name].to_pylist()])
    return {**axis, "type": "ordinal", "sort": sort, "axis": {"labelOverlap": True, "labelAngle": -30}}


def _tooltip_of(axis: dict[str, Any]) -> dict[str, Any]:
    tooltip = {key: axis[key] for key in ("field", "type", "title")}
    if axis["type"] == "temporal":
        tooltip |= {"timeUnit": "utcyearmonthdate", "format": "%A %e %B %Y"}
    return tooltip


def _mark_value(value: Any) -> Any:
    """Dates as milliseconds of UTC, which every browser reads alike; anything else as plain JSON."""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    return plain(value)


def _precision(values: list[Any]) -> str:
    largest = max((abs(value) for value in values if isinstance(value, (int, float))), default=0)
    return ",.3~r" if 0 < largest < 1 else ",.2~f"


def _label(figure: Figure, name: str | None) -> str:
    return figure.encodings.labels.get(name or "", name or "")


def _column(figure: Figure, table: pa.Table, name: str | None) -> pa.ChunkedArray:
    if name is None or name not in table.column_names:
        raise FigureError(
            f"La figure « {figure.title} » montre la colonne « {name} », que l'analyse ne donne plus. "
            f"Colonnes disponibles : {', '.join(table.column_names)}."
        )
    return table[name]
