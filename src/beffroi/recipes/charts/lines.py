"""Line charts and stacked areas, along an ordered axis.

In: a frame. Out: the layers of its specification. Lines differ by their dash as well as their colour; areas are outlined
and labelled at their end.
"""

from beffroi.recipes.charts.frame import ABOVE, Frame, Spec
from beffroi.recipes.charts.palette import DASHES

NAMED = 0.06


def lines(frame: Frame) -> list[Spec]:
    """Layers of a chart with one line a series."""
    y = frame.value_axis() | {"scale": {"zero": frame.look.zero, "nice": True}}
    encoding: Spec = {"x": _x_axis(frame), "y": y, "tooltip": frame.tooltip("x", "y", "s")}
    if "s" in frame.names:
        encoding["color"] = frame.series("stroke")
        encoding["strokeDash"] = {
            "field": "s",
            "type": "nominal",
            "title": frame.label("s"),
            "sort": frame.series_order,
            "scale": {"range": [list(dash) for dash in DASHES]},
            "legend": encoding["color"]["legend"],
        }
    layers: list[Spec] = [{"mark": {"type": "line", "point": True, "strokeWidth": 2}, "encoding": encoding}]
    if frame.look.values:
        text = {"field": "y", "type": "quantitative", "format": frame.format()}
        layers.append(
            {
                "mark": {"type": "text", "dy": -9, "fontSize": 12, "baseline": "bottom"},
                "encoding": {"x": encoding["x"], "y": y, "text": text},
            }
        )
    return [*layers, *frame.reference("y")]


def areas(frame: Frame) -> list[Spec]:
    """Layers of a total and its parts; as shares of 100 % when the look says so."""
    frame.refuse_negative("des aires empilées")
    share = frame.look.series == "share" and "s" in frame.names
    y = frame.value_axis() | {
        "scale": {"zero": True, "nice": True},
        "stack": "normalize" if share else "zero",
    }
    if share:
        y |= {"title": "part du total", "axis": {**ABOVE, "format": ".0%"}}
    encoding: Spec = {"x": _x_axis(frame), "y": y, "tooltip": frame.tooltip("x", "y", "s")}
    mark: Spec = {"type": "area", "fillOpacity": 0.85, "line": False}
    layers: list[Spec] = [{"mark": mark, "encoding": encoding}]
    if "s" in frame.names:
        encoding["color"] = frame.series()
        mark |= {"stroke": "#ffffff", "strokeWidth": 1.5}
        frame.rank_series()
        encoding["order"] = {"field": "o", "type": "quantitative"}
        layers.append(_names(frame, encoding))
    return [*layers, *frame.reference("y")]


def _x_axis(frame: Frame) -> Spec:
    if frame.is_temporal("x"):
        return frame.time_axis("x")
    if frame.is_fractional("x"):
        return {"field": "x", "title": frame.label("x"), "type": "quantitative", "scale": {"zero": False}}
    return frame.category_axis("x")


def _names(frame: Frame, encoding: Spec) -> Spec:
    """Label of each area, at its end."""
    order = frame.order("x") or [value for value in dict.fromkeys(frame.columns["x"]) if value is not None]
    if frame.is_temporal("x") or frame.is_fractional("x"):
        order = sorted(order)
    rows = [row for row in frame.rows if order and row["x"] == order[-1]]
    total = sum(row["y"] for row in rows if row["y"]) or 1
    labels = [{**row, "t": row["s"] if (row["y"] or 0) / total >= NAMED else ""} for row in rows]
    y = {key: value for key, value in encoding["y"].items() if key not in ("axis", "title")}
    return {
        "data": {"values": labels},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "middle",
            "dx": 6,
            "fontSize": 12,
            "limit": 120,
        },
        "encoding": {
            "x": encoding["x"],
            "y": {**y, "bandPosition": 0.5},
            "detail": {"field": "s"},
            "order": encoding["order"],
            "text": {"field": "t", "type": "nominal"},
        },
    }
