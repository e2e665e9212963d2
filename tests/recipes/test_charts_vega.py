"""Vega-Lite specification of each kind of chart: display options, channels of the series, refusals."""

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from beffroi.recipes import serialization
from beffroi.recipes.charts.bins import histogram_bins
from beffroi.recipes.charts.vega import vega_spec
from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Figure, histogram_table, rows

WORDS = {"title": "Repas", "unit": "repas", "base": "b", "year": "2025", "source": "s"}
MONTHS = ["2025-01", "2025-02", "2025-03"]
LONG = pa.table(
    {
        "mois": [m for m in MONTHS for _ in "NS"],
        "secteur": ["Nord", "Sud"] * 3,
        "n": [10.0, 20, 12, 18, 14, 15],
    }
)


def figure(kind: str, look: dict[str, Any] | None = None, **encodings: Any) -> Figure:
    return Figure.model_validate({"kind": kind, **WORDS, "encodings": encodings, "look": look or {}})


def drawn(kind: str, table: pa.Table = LONG, look: dict[str, Any] | None = None, **encodings: Any) -> Any:
    return vega_spec(figure(kind, look, **encodings), table)


def test_bars_lie_when_names_are_long_or_as_configured() -> None:
    names = pa.table({"s": ["École Jean-Moulin", "École du Bac"], "n": [1, 2]})
    assert drawn("bar", names, x="s", y="n")["encoding"]["y"]["type"] == "ordinal"
    stand = drawn("bar", names, {"direction": "standing"}, x="s", y="n")
    assert stand["encoding"]["x"]["type"] == "ordinal"
    assert stand["encoding"]["y"]["scale"]["zero"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("largest", ["b", "a", "É"]), ("smallest", ["É", "a", "b"]), ("name", ["a", "b", "É"]), ("data", None)],
)
def test_bars_follow_the_requested_order(sort: str, order: list[str] | None) -> None:
    table = pa.table({"s": ["É", "b", "a"], "n": [1, 3, 2]})
    assert drawn("bar", table, {"sort": sort}, x="s", y="n")["encoding"]["x"]["sort"] == order


def test_series_stand_side_by_side_or_are_stacked_edged_and_named() -> None:
    grouped = drawn("bar", x="mois", y="n", series="secteur")
    assert grouped["encoding"]["xOffset"]["field"] == "s"
    assert grouped["encoding"]["y"]["stack"] is None
    stacked = drawn("bar", look={"series": "stacked"}, x="mois", y="n", series="secteur")
    bars, names = stacked["layer"]
    assert bars["encoding"]["y"]["stack"] == "zero"
    assert bars["mark"]["stroke"]
    assert [row["t"] for row in names["data"]["values"]] == ["Nord", "Sud"]
    share = drawn("bar", look={"series": "share"}, x="mois", y="n", series="secteur")["layer"][0]
    assert share["encoding"]["y"]["stack"] == "normalize"
    assert share["encoding"]["y"]["axis"]["format"] == ".0%"


def test_lines_differ_by_their_dash_points_by_their_shape_and_areas_by_their_names() -> None:
    line = drawn("line", x="mois", y="n", series="secteur")["encoding"]
    assert len({tuple(dash) for dash in line["strokeDash"]["scale"]["range"]}) == 7
    table = pa.table({"a": [1.0, 2], "b": [3.0, 4], "s": ["u", "v"], "nom": ["x", "y"]})
    points = drawn("scatter", table, x="a", y="b", series="s", name="nom")["encoding"]
    assert points["shape"]["field"] == "s"
    assert points["tooltip"][0]["field"] == "n"
    areas = drawn("area", x="mois", y="n", series="secteur")["layer"]
    assert areas[0]["encoding"]["y"]["stack"] == "zero"
    assert [row["t"] for row in areas[1]["data"]["values"]] == ["Nord", "Sud"]


def test_a_target_is_a_line_with_its_name_and_value() -> None:
    look = {"reference": {"value": 1500, "name": "Objectif"}}
    _, rule, edge, text = drawn("line", look=look, x="mois", y="n", series="secteur")["layer"][1:]
    assert rule["mark"]["type"] == "rule"
    assert edge["mark"]["stroke"]
    assert text["data"]["values"] == [{"r": 1500.0, "t": "Objectif : 1\u00a0500"}]


def test_decimals_legend_and_zero_follow_the_look() -> None:
    look = {"decimals": 1, "legend": False, "zero": True}
    line = drawn("line", look=look, x="mois", y="n", series="secteur")["encoding"]
    assert line["y"]["scale"]["zero"]
    assert line["color"]["legend"] is None
    assert line["tooltip"][1]["format"] == ",.1f"
    chart = figure("bar", {"decimals": 1}, x="mois", y="n", series="secteur")
    assert rows(chart, LONG)[1][0] == ["2025-01", "Nord", "10,0"]


def test_a_histogram_counts_rows_in_classes_with_round_edges_and_so_does_its_table() -> None:
    table = pa.table({"v": [1.0, 2.0, 2.5, 9.0, None]})
    data = drawn("histogram", table, x="v")["data"]["values"]
    assert sum(row["c"] for row in data) == 4
    behind = histogram_table(figure("histogram", x="v"), table).to_pylist()
    assert [row["v"] for row in behind] == [row["t"] for row in data]
    assert [(c.low, c.high) for c in histogram_bins([0.1, 0.2, 0.3, 0.35], 3)] == [
        (0.1, 0.2), (0.2, 0.3), (0.3, 0.4),
    ]  # fmt: skip
    assert histogram_bins([4, 4])[0].count == 2
    with pytest.raises(FigureError, match="aucune valeur"):
        drawn("histogram", pa.table({"v": pa.array([None], pa.float64())}), x="v")


def test_a_heat_table_writes_its_numbers_in_two_inks() -> None:
    cells, pale, dark = drawn("heat", x="mois", y="n", series="secteur")["layer"]
    assert cells["encoding"]["color"]["type"] == "quantitative"
    assert pale["transform"] != dark["transform"]
    many = pa.table({"a": list(range(1300)), "b": ["x"] * 1300, "n": [1] * 1300})
    with pytest.raises(FigureError, match="trop pour être lu"):
        drawn("heat", many, x="a", series="b", y="n")


def test_an_interval_is_a_bar_for_names_and_a_band_along_time() -> None:
    named = pa.table({"s": ["a", "b"], "v": [2.0, 3], "l": [1.0, 2], "h": [3.0, 4]})
    assert drawn("range", named, x="s", y="v", low="l", high="h")["layer"][0]["mark"]["type"] == "bar"
    dated = named.set_column(0, "s", pa.array([date(2025, 1, 1), date(2025, 1, 2)]))
    assert drawn("range", dated, x="s", low="l", high="h")["mark"]["type"] == "area"


def test_negative_values_are_not_stacked() -> None:
    table = pa.table({"m": MONTHS, "s": ["a", "b", "a"], "n": [1, -2, 3]})
    for kind, look in (("area", {}), ("bar", {"series": "share"})):
        with pytest.raises(FigureError, match="valeurs négatives"):
            drawn(kind, table, look, x="m", y="n", series="s")


def test_every_chart_is_plain_json_without_expression_nor_address() -> None:
    table = pa.table(
        {"a": ["u", "v"], "s": ["x", "y"], "n": [1.0, 2], "m": [2.0, 3], "l": [0.5, 1], "h": [3.0, 4]}
    )
    for kind, columns in {
        "bar": {"x": "a", "y": "n", "series": "s"},
        "line": {"x": "a", "y": "n"},
        "area": {"x": "a", "y": "n", "series": "s"},
        "scatter": {"x": "n", "y": "m", "name": "a"},
        "histogram": {"x": "n"},
        "heat": {"x": "a", "series": "s", "y": "n"},
        "range": {"x": "a", "low": "l", "high": "h"},
    }.items():
        look = {"values": True, "reference": {"value": 1, "name": "datum.x"}}
        text = json.dumps(drawn(kind, table, {**look, "reference": None}, **columns), allow_nan=False)
        assert "expr" not in text
        assert "datum" not in text
        assert '"url"' not in text
        assert drawn(kind, table, look, **columns)


def test_what_is_not_known_of_a_look_is_refused() -> None:
    with pytest.raises(ValidationError):
        figure("bar", {"colour": "red"}, x="a", y="b")


def test_what_was_changed_is_written_in_the_recipe_and_read_back() -> None:

    text = """version: 1
title: T
sources: {c: d}
steps:
- {step: source, source: c}
figure:
  kind: number
  title: T
  unit: u
  base: b
  year: "2024"
  source: s
  encodings: {x: mois, value: v}
  look: {decimals: 0, reference: {value: 3.0, name: Objectif}}
  comparison: {to: year, better: down}
"""
    recipe = serialization.load_recipe(text)
    assert recipe.figure is not None
    assert recipe.figure.look.decimals == 0
    for form in ("yaml", "json"):
        assert serialization.load_recipe(serialization.dump_recipe(recipe, form)) == recipe  # type: ignore[arg-type]
    assert "direction" not in serialization.dump_recipe(recipe)
