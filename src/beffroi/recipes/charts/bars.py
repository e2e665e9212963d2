"""Bar charts: vertical or horizontal, grouped, stacked, or as shares of 100 %.

In: a frame. Out: the layers of its specification and its height. Bars are horizontal by default when their names are long.
"""

from beffroi.recipes.charts.frame import ABOVE, Frame, Spec

LONG_NAME = 9  # characters from which names do not fit under standing bars
MAX_HORIZONTAL = 40  # beyond, lying bars would make a page of their own
BAR, AROUND = 26, 60  # pixels for one bar, and for the axis under them
HEIGHT = 280
NAMED = 0.06  # the share of its bar under which a part is too small to be named


def bars(frame: Frame) -> tuple[list[Spec], int]:
    """Layers of a bar chart, and its height in pixels."""
    look, grouped = frame.look, frame.look.series == "grouped" or "s" not in frame.names
    if not grouped:
        frame.refuse_negative("des barres empilées" if look.series == "stacked" else "des parts")
    horizontal = _is_horizontal(frame)
    along = _category_axis(frame, horizontal)
    across = frame.value_axis()
    # A bar's length is read from zero.
    across |= {"scale": {"zero": True, "nice": True}}
    across["stack"] = (
        {"grouped": None, "stacked": "zero", "share": "normalize"}[look.series]
        if "s" in frame.names
        else None
    )
    if look.series == "share" and not grouped:
        across |= {"title": "part du total", "axis": {**ABOVE, "format": ".0%"}}
    if horizontal:
        across["axis"] = {k: v for k, v in across["axis"].items() if k == "format"} | {
            "tickCount": 5,
            "labelOverlap": True,
        }
    x, y = ("y", "x") if horizontal else ("x", "y")
    encoding: Spec = {x: along, y: across, "tooltip": frame.tooltip("x", "y", "s")}
    mark: Spec = {"type": "bar", "cornerRadiusEnd": 2 if grouped else 0}
    extra: list[Spec] = []
    if "s" in frame.names:
        encoding["color"] = frame.series()
        if grouped:
            encoding[f"{x}Offset"] = {"field": "s", "sort": frame.series_order}
        else:
            # The parts of a bar are outlined and labelled: colour is never the only channel.
            mark |= {"stroke": "#ffffff", "strokeWidth": 1}
            encoding["order"] = {"field": "o", "type": "quantitative"}
            frame.rank_series()
            extra.append(_names(frame, encoding, x, y, horizontal))
    if look.values and grouped:
        extra.append(_values(frame, encoding, x, y, horizontal))
    layers = [{"mark": mark, "encoding": encoding}, *frame.reference(y), *extra]
    count = len(set(frame.columns["x"])) * (
        len(set(frame.columns["s"])) if grouped and "s" in frame.names else 1
    )
    return layers, (BAR * count + AROUND if horizontal else HEIGHT)


def _category_axis(frame: Frame, horizontal: bool) -> Spec:
    if frame.is_temporal("x"):
        # A bar is as wide as its day.
        return {**frame.time_axis("x"), "timeUnit": "utcyearmonthdate"}
    if horizontal:
        return {**frame.category_axis("x"), "title": None, "axis": {"labelLimit": 170, "labelAngle": 0}}
    return frame.category_axis("x")


def _is_horizontal(frame: Frame) -> bool:
    names = {str(value) for value in frame.columns["x"]}
    if frame.look.direction != "auto" or frame.is_temporal("x"):
        return frame.look.direction == "lying" and not frame.is_temporal("x")
    if (
        len(names) * (len(set(frame.columns.get("s", [0]))) if frame.look.series == "grouped" else 1)
        > MAX_HORIZONTAL
    ):
        return False
    return max(map(len, names), default=0) > LONG_NAME


def _names(frame: Frame, encoding: Spec, x: str, y: str, horizontal: bool) -> Spec:
    """Names of the parts, once, next to the last bar (above the first, when horizontal)."""
    order = frame.order("x") or list(dict.fromkeys(frame.columns["x"]))
    at = order[0 if horizontal else -1] if order else None
    rows = [row for row in frame.rows if row["x"] == at]
    total = sum(row["y"] for row in rows if row["y"]) or 1
    labels = [{**row, "t": row["s"] if (row["y"] or 0) / total >= NAMED else ""} for row in rows]
    text = {"type": "text", "fontSize": 12}
    text |= (
        {"align": "center", "baseline": "bottom", "dy": -2, "limit": 110}
        if horizontal
        else {"align": "left", "baseline": "middle", "dx": 5, "limit": 120}
    )
    across = {key: value for key, value in encoding[y].items() if key not in ("axis", "title")}
    return {
        "data": {"values": labels},
        "mark": text,
        "encoding": {
            x: {**encoding[x], "bandPosition": 0 if horizontal else 1},
            y: {**across, "bandPosition": 0.5},
            "detail": {"field": "s"},
            "order": encoding["order"],
            "text": {"field": "t", "type": "nominal"},
        },
    }


def _values(frame: Frame, encoding: Spec, x: str, y: str, horizontal: bool) -> Spec:
    text: Spec = {"type": "text", "fontSize": 12}
    text |= (
        {"align": "left", "baseline": "middle", "dx": 4}
        if horizontal
        else {"align": "center", "baseline": "bottom", "dy": -3}
    )
    channels = {key: value for key, value in encoding.items() if key in (x, y, f"{x}Offset")}
    return {
        "mark": text,
        "encoding": {**channels, "text": {"field": "y", "type": "quantitative", "format": frame.format()}},
    }
