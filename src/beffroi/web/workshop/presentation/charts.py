"""The drawings of a run's table: values by day with their interval, or places ranked by value (Vega-Lite).

In comes a `Shown`; out goes a `Drawing` with its description and the table behind it, or None where the rows do not allow it.
Nothing is computed anew except sums by day, where the system says that its values add up.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from beffroi.systems.manifest import OutputColumn
from beffroi.web.ui.formats import french_date, number, unit_of

from .reading import OutputView, words

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FEW_DAYS = 31  # up to here each day has its own place on the axis, with its interval
MOST_BARS = 15
# Vega writes « avril 19 »: the day comes first here.
FRENCH_DATES = {
    "year": "%Y",
    "quarter": "%b %Y",
    "month": "%b %Y",
    "week": "%-d %b",
    "date": "%-d %b",
    "day": "%-d %b",
}
DRAWN = ("value", "actual", "reference")


@dataclass(frozen=True)
class Drawing:
    """A description for the chart island, and the same figures as a table."""

    title: str
    lead: str
    spec: dict[str, Any]
    unit: str
    headings: list[str]
    rows: list[list[str]]


def series(view: OutputView, place: str = "") -> Drawing | None:
    """By day: one place, or the sum of all where values add up, or else the first place."""
    day = view.column("day")
    columns = [column for role in DRAWN if (column := view.column(role)) is not None]
    if day is None or not columns:
        return None
    places = view.places
    whole = len(places) > 1 and not place and view.output.adds_up
    if len(places) > 1 and not place and not whole:
        place = places[0]
    rows = _summed(view, columns) if whole else _of(view.of_place(place) if place else view, columns)
    # A column without a value here (the town has ordered nothing yet) would be drawn as nothing.
    columns = [column for column in columns if any(row[column.name] is not None for row in rows)]
    rows = [row for row in rows if any(row[column.name] is not None for column in columns)]
    if len(rows) < 2:
        return None
    bounded = not whole and any(row.get("low") is not None and row.get("high") is not None for row in rows)
    named = place or ("tous réunis" if whole else places[0] if places else "")
    return Drawing(
        title=f"{view.output.title}, {named}" if named else view.output.title,
        lead=view.output.lead,
        spec=_by_day(rows, columns, bounded=bounded),
        unit=columns[0].unit,
        headings=["Jour", *(column.label for column in columns)],
        rows=[[french_date(row["day"]), *(words(row[c.name], c) for c in columns)] for row in rows],
    )


def bars(view: OutputView) -> Drawing | None:
    """Places in the system's order; of a table by day, its first day, from the largest value to the smallest."""
    place, value = view.column("place"), view.column("value")
    if place is None or value is None:
        return None
    rows = [row for row in view.rows if isinstance(row.get(value.name), int | float)]
    first = min((str(view.value(row, "day")) for row in rows if view.value(row, "day")), default="")
    if first:
        rows = [row for row in rows if str(view.value(row, "day")) == first]
    if view.column("day") is not None:
        rows = sorted(
            rows, key=lambda row: -row[value.name]
        )  # else in the system's order: what matters first
    every, rows = len(rows), rows[:MOST_BARS]
    if len(rows) < 2:
        return None
    of_all = f", les {MOST_BARS} premiers sur {every}" if every > MOST_BARS else ""
    bounded = all(view.column(role) is not None for role in ("low", "high"))
    values = [
        {
            "nom": str(row[place.name]),
            "valeur": row[value.name],
            "bas": view.value(row, "low"),
            "haut": view.value(row, "high"),
        }
        for row in rows
    ]
    return Drawing(
        title=f"{view.output.title}, {french_date(first)}{of_all}"
        if first
        else f"{view.output.title}{of_all}",
        lead=view.output.lead,
        spec=_ranked(values, value, bounded=bounded),
        unit=value.unit,
        headings=[place.label, value.label],
        rows=[[str(row[place.name]), words(row[value.name], value)] for row in rows],
    )


def _of(view: OutputView, columns: list[OutputColumn]) -> list[dict[str, Any]]:
    rows = [
        {
            "day": str(view.value(row, "day")),
            "low": view.value(row, "low"),
            "high": view.value(row, "high"),
            **{column.name: row.get(column.name) for column in columns},
        }
        for row in view.rows
        if view.value(row, "day")
    ]
    return sorted(rows, key=lambda row: row["day"])


def _summed(view: OutputView, columns: list[OutputColumn]) -> list[dict[str, Any]]:
    """A column is summed over the rows that have it; a day without any has nothing."""
    sums: dict[str, dict[str, float | None]] = defaultdict(lambda: dict.fromkeys(c.name for c in columns))
    for row in view.rows:
        day = view.value(row, "day")
        for column in columns:
            value = row.get(column.name)
            if day and isinstance(value, int | float):
                sums[str(day)][column.name] = (sums[str(day)][column.name] or 0) + value
    return [{"day": day, **value} for day, value in sorted(sums.items())]


def _by_day(rows: list[dict[str, Any]], columns: list[OutputColumn], *, bounded: bool) -> dict[str, Any]:
    few = len(rows) <= FEW_DAYS
    x: dict[str, Any] = {
        "field": "jour",
        "type": "nominal",
        "sort": None,
        "title": None,
        # On a telephone, every other day is written rather than one over the next.
        "axis": {"labelAngle": -60 if len(rows) > 14 else 0, "labelOverlap": "parity"},
    }
    if not few:
        x = {
            "field": "jour",
            "type": "temporal",
            "scale": {"type": "utc"},
            "title": None,
            "axis": {"format": FRENCH_DATES, "labelOverlap": True},
        }
    values = [
        {
            "jour": _short(row["day"]) if few else row["day"],
            "bas": row.get("low"),
            "haut": row.get("high"),
            **{column.name: row[column.name] for column in columns},
        }
        for row in rows
    ]
    layers: list[dict[str, Any]] = []
    if bounded:
        mark = (
            {"type": "rule", "strokeWidth": 6, "opacity": 0.35} if few else {"type": "area", "opacity": 0.25}
        )
        y = {"field": "bas", "type": "quantitative", "title": None, "scale": {"zero": False}}
        layers.append({"mark": mark, "encoding": {"y": y, "y2": {"field": "haut"}}})
    marks = (
        {"type": "line", "point": True, "tooltip": True} if few else {"type": "line", "tooltip": True},
        {"type": "point", "filled": True, "size": 70, "tooltip": True}
        if few
        else {"type": "line", "tooltip": True},
        {"type": "tick", "thickness": 3, "width": 22, "tooltip": True}
        if few
        else {"type": "line", "strokeDash": [5, 4]},
    )
    for column, mark in zip(columns, marks, strict=False):
        y = {"field": column.name, "type": "quantitative", "title": None, "scale": {"zero": False}}
        color = {"datum": column.label, "type": "nominal", "legend": {"title": None, "orient": "top"}}
        layers.append({"mark": mark, "encoding": {"y": y, "color": color}})
    return {
        "$schema": SCHEMA,
        "description": ", ".join(column.label for column in columns) + ", jour par jour",
        "height": 260,
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": layers,
    }


def _ranked(values: list[dict[str, Any]], value: OutputColumn, *, bounded: bool) -> dict[str, Any]:
    titled = f"{value.label} ({value.unit})" if value.unit else value.label
    y = {"field": "nom", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 190}}
    x = {"field": "valeur", "type": "quantitative", "title": titled}
    layers: list[dict[str, Any]] = [{"mark": {"type": "bar", "tooltip": True}, "encoding": {"x": x}}]
    if bounded:
        ends = {"x": {"field": "bas", "type": "quantitative"}, "x2": {"field": "haut"}}
        layers.append({"mark": {"type": "rule", "strokeWidth": 2}, "encoding": ends})
    return {
        "$schema": SCHEMA,
        "description": value.label,
        "height": {"step": 26},
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": layers,
    }


def _short(day: str) -> str:
    return f"{day[8:10]}/{day[5:7]}" if len(day) == 10 else day


def format_in_unit_of(column: OutputColumn, value: float) -> str:
    """The same, in the unit of a column; below zero in its other unit, where it has one: « 80 m perdus »."""
    return (
        format_with_unit(-value, column.unit_below)
        if value < 0 and column.unit_below
        else format_with_unit(value, column.unit)
    )


def format_with_unit(value: float, unit: str) -> str:
    """« 12,5 m³/h »."""
    return f"{number(value)}\N{NO-BREAK SPACE}{unit_of(value, unit)}" if unit else number(value)
