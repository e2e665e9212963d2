"""Vega-Lite v6 specification of a figure, responsive: no expression, no URL, French numbers and dates.

In: a figure and its table. Out: plain JSON. Raises FigureError when the figure cannot be drawn, with advice.
"""

from typing import Any

import pyarrow as pa

from beffroi.recipes.charts.bars import HEIGHT, bars
from beffroi.recipes.charts.frame import Frame, Spec
from beffroi.recipes.charts.kinds import DRAWN
from beffroi.recipes.charts.lines import areas, lines
from beffroi.recipes.charts.palette import PALETTE
from beffroi.recipes.charts.points import heat, histogram, interval, scatter
from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Figure
from beffroi.text import MONTHS, WEEKDAYS

LEGEND = 60  # pixels, so that the series' names do not eat the drawing


def vega_spec(figure: Figure, table: pa.Table) -> dict[str, Any]:
    """Specification. Raises FigureError for undrawn kinds, for a missing column, beyond 5,000 marks."""
    if figure.kind not in DRAWN:
        raise FigureError(f"« {figure.title} » n'est pas un graphique : montrez-le comme un tableau.")
    frame = Frame(figure, table)
    data, height = frame.rows, HEIGHT
    if figure.kind == "bar":
        layers, height = bars(frame)
    elif figure.kind == "line":
        layers = lines(frame)
    elif figure.kind == "area":
        layers = areas(frame)
    elif figure.kind == "scatter":
        layers = scatter(frame)
    elif figure.kind == "histogram":
        layers, data = histogram(frame)
    elif figure.kind == "heat":
        layers, height = heat(frame)
    else:
        layers = interval(frame)
    if "s" in frame.names and height == HEIGHT and figure.look.legend:
        height += LEGEND
    for layer in layers:
        _one_colour(layer)
    drawn = layers[0] if len(layers) == 1 else {"layer": layers}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{figure.title}. {figure.caption}",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": data},
        **drawn,
        "config": {
            "background": "transparent",
            "locale": {"number": FRENCH_NUMBERS, "time": FRENCH_TIME},
            "view": {"stroke": None},
        },
    }


def _one_colour(layer: Spec) -> None:
    """Give the first colour to a mark without a colour channel."""
    if "color" not in layer["encoding"] and layer["mark"]["type"] not in ("text", "rule"):
        layer["mark"]["color"] = PALETTE[0]


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
