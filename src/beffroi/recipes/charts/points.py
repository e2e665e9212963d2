"""Scatter plots, histograms, heat tables and ranges.

In: a frame. Out: the layers of its specification, and its height where it depends on the data.
"""

from beffroi.recipes.charts.bins import histogram_bins
from beffroi.recipes.charts.frame import ABOVE, Frame, Spec
from beffroi.recipes.charts.palette import RAMP, SHAPES
from beffroi.recipes.errors import FigureError

MAX_CELLS = 1_200
WRITTEN = 150  # cells up to which each bears its number
ROW, AROUND, LEGEND = 30, 110, 70
DARK = 0.75  # the share of the ramp from which white is read better than ink
ON_DARK = {"style": "on-cell", "color": "#ffffff"}
ON_PALE = {"style": "on-cell", "color": "#25211c"}


def scatter(frame: Frame) -> list[Spec]:
    """Scatter plot: one point a row, a shape and a colour a series."""
    y = frame.value_axis() | {"scale": {"zero": frame.look.zero, "nice": True}, "title": frame.label("y")}
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "title": frame.label("x"),
        "scale": {"zero": frame.look.zero},
    }
    encoding: Spec = {"x": x, "y": y, "tooltip": [*frame.tooltip("n", "x", "y", "s")]}
    if "s" in frame.names:
        encoding["color"] = frame.series()
        encoding["shape"] = {
            "field": "s",
            "type": "nominal",
            "title": frame.label("s"),
            "sort": frame.series_order,
            "scale": {"range": list(SHAPES)},
            "legend": encoding["color"]["legend"],
        }
    layers: list[Spec] = [
        {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85}, "encoding": encoding}
    ]
    if frame.look.values and "n" in frame.names:
        text = {"field": "n", "type": "nominal"}
        layers.append(
            {
                "mark": {"type": "text", "dy": -9, "fontSize": 11, "limit": 110},
                "encoding": {"x": x, "y": y, "text": text},
            }
        )
    return [*layers, *frame.reference("y")]


def histogram(frame: Frame) -> tuple[list[Spec], list[Spec]]:
    """Histogram: the layers, and the binned data."""
    values = [value for value in frame.columns["x"] if isinstance(value, (int, float))]
    if not values:
        raise FigureError(
            f"« {frame.figure.title} » n'a aucune valeur à répartir. Choisissez une colonne de nombres remplie."
        )
    found = histogram_bins(values, frame.look.classes)
    data: list[Spec] = [{"a": c.low, "b": c.high, "c": c.count, "z": 0, "t": c.text} for c in found]
    title = f"{frame.label('x')} ({frame.figure.unit})"
    x: Spec = {"field": "a", "type": "quantitative", "title": title, "scale": {"zero": False, "nice": False}}
    y: Spec = {
        "field": "c",
        "type": "quantitative",
        "title": "nombre de lignes",
        "axis": {**ABOVE, "tickMinStep": 1},
    }
    tooltip = [
        {"field": "t", "type": "nominal", "title": frame.label("x")},
        {"field": "c", "type": "quantitative", "title": "Nombre de lignes", "format": ",d"},
    ]
    bar: Spec = {"type": "rect", "stroke": "#ffffff", "strokeWidth": 1}
    encoding = {"x": x, "x2": {"field": "b"}, "y": y, "y2": {"field": "z"}, "tooltip": tooltip}
    layers: list[Spec] = [
        {"mark": bar, "encoding": encoding},
        *frame.reference("x"),
    ]
    return layers, data


def heat(frame: Frame) -> tuple[list[Spec], int]:
    """Heat table: cells darker for larger values, with their number when there is room."""
    columns, lines = len(set(frame.columns["x"])), len(set(frame.columns["s"]))
    if columns * lines > MAX_CELLS:
        raise FigureError(
            f"« {frame.figure.title} » aurait {columns} colonnes et {lines} lignes, trop pour être lu. "
            "Regroupez davantage, ou gardez les premières."
        )
    x = {**frame.category_axis("x"), "type": "ordinal"}
    if frame.is_temporal("x"):
        x |= {"timeUnit": "utcyearmonthdate", "axis": {"format": "%d/%m/%Y", "labelAngle": -30}}
    y = {**frame.category_axis("s"), "axis": {"labelLimit": 170, "labelAngle": 0}, "title": None}
    numbers = [value for value in frame.columns["y"] if isinstance(value, (int, float))]
    color: Spec = {
        "field": "y",
        "type": "quantitative",
        "title": frame.figure.unit,
        "scale": {"range": list(RAMP)},
        "legend": {"orient": "bottom", "format": frame.format()} if frame.look.legend else None,
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "rect"},
            "encoding": {"x": x, "y": y, "color": color, "tooltip": frame.tooltip("x", "s", "y")},
        }
    ]
    if columns * lines <= WRITTEN and numbers:
        low, high = min(numbers), max(numbers)
        # Two inks by a test on data, so that a number is read on pale and on dark cells.
        for row in frame.rows:
            known = isinstance(row["y"], (int, float)) and high > low
            row["d"] = bool(known and (row["y"] - low) / (high - low) > DARK)
        text = {"field": "y", "type": "quantitative", "format": frame.format()}
        for dark in (False, True):
            layers.append(
                {
                    "transform": [{"filter": {"field": "d", "equal": dark}}],
                    "mark": {"type": "text", "fontSize": 12, **(ON_DARK if dark else ON_PALE)},
                    "encoding": {"x": x, "y": y, "text": text},
                }
            )
    return layers, ROW * lines + AROUND + (LEGEND if frame.look.legend else 0)


def interval(frame: Frame) -> list[Spec]:
    """Range chart: a band along time, a bar with its dot for names."""
    y = frame.value_axis("l") | {"scale": {"zero": frame.look.zero, "nice": True}}
    tooltip = frame.tooltip("x", "y", "l", "h")
    timed = frame.is_temporal("x")
    x = frame.time_axis("x") if timed else frame.category_axis("x")
    between: Spec = {"x": x, "y": y, "y2": {"field": "h"}, "tooltip": tooltip}
    mark: Spec = (
        {"type": "area", "fillOpacity": 0.3} if timed else {"type": "bar", "size": 10, "fillOpacity": 0.35}
    )
    layers: list[Spec] = [{"mark": mark, "encoding": between}]
    if "y" in frame.names:
        point = {"x": x, "y": {**y, "field": "y"}, "tooltip": tooltip}
        middle = {"type": "line", "point": True} if timed else {"type": "point", "filled": True, "size": 70}
        layers.append({"mark": middle, "encoding": point})
    return [*layers, *frame.reference("y")]
