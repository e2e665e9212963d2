"""How a chart is laid on a page: bars lie down when their names are long, the unit stands above its axis.

In comes the Vega-Lite specification of a figure; out comes the same, laid for narrow and wide screens.
"""

from typing import Any

from beffroi.recipes.figures import Figure

LONG_NAME = 9  # characters from which names do not fit under standing bars
MOST_LYING = 40  # beyond, lying bars would make a page of their own
BAR, AROUND = 26, 60  # pixels for one bar, and for the axis under them


def laid(spec: dict[str, Any], figure: Figure) -> dict[str, Any]:
    """The specification, with its bars lying if need be and short titles that leave room to the drawing."""
    encoding = {channel: dict(part) for channel, part in spec["encoding"].items() if channel != "tooltip"}
    encoding["tooltip"] = spec["encoding"]["tooltip"]
    names = [str(row.get("x")) for row in spec["data"]["values"]]
    if _lies(figure, encoding, names):
        across, along = encoding["y"], encoding["x"]
        encoding["x"] = {
            **across,
            "title": figure.unit,
            "axis": {"tickCount": 5, "labelOverlap": True},
        }
        encoding["y"] = {**along, "title": None, "axis": {"labelLimit": 170, "labelAngle": 0}}
        return {**spec, "encoding": encoding, "height": BAR * len(names) + AROUND}
    encoding["y"] |= {
        "title": figure.unit,
        # Above the axis and read from left to right: a long unit no longer eats the height.
        "axis": {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleX": 0,
            "titleY": -14,
            "titleLimit": 260,
        },
    }
    if "color" in encoding:
        encoding["color"] = {
            **encoding["color"],
            "legend": {"orient": "bottom", "columns": 2, "labelLimit": 120},
        }
    return {**spec, "encoding": encoding}


def _lies(figure: Figure, encoding: dict[str, Any], names: list[str]) -> bool:
    if figure.kind != "bar" or figure.encodings.series or encoding["x"].get("type") != "ordinal":
        return False
    return len(names) <= MOST_LYING and max(map(len, names), default=0) > LONG_NAME
