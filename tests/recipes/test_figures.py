"""Figures: never without unit, base, year and source; numbers and dates in French; charts that need no eval."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from beffroi.recipes.charts.palette import PALETTE
from beffroi.recipes.charts.vega import vega_spec
from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Figure, format_cell, format_single_value, rows, values_by_place
from beffroi.recipes.french import humanize_number, natural_order

WORDS = {
    "title": "Repas servis",
    "unit": "repas",
    "base": "12 écoles, 4 210 jours",
    "year": "2023-2024",
    "source": "Cantines de la ville, fichier de mars",
}


def figure(kind: str, **encodings: Any) -> Figure:
    return Figure.model_validate({"kind": kind, **WORDS, "encodings": encodings})


@pytest.mark.parametrize("absent", ["title", "unit", "base", "year", "source"])
@pytest.mark.parametrize("left", [None, "  "])
def test_a_figure_requires_its_unit_base_year_and_source(absent: str, left: str | None) -> None:
    words: dict[str, Any] = {name: text for name, text in WORDS.items() if name != absent}
    if left is not None:
        words[absent] = left
    with pytest.raises(ValidationError):
        Figure.model_validate({"kind": "number", **words, "encodings": {"value": "total"}})


@pytest.mark.parametrize(
    ("kind", "lacking"), [("number", "value"), ("bar", "x"), ("line", "y"), ("map", "place")]
)
def test_a_figure_names_the_missing_encoding(kind: str, lacking: str) -> None:
    encodings = {"x": "a", "y": "b", "place": "c", "value": "d"}
    del encodings[lacking]
    with pytest.raises(ValidationError, match=f"colonne de : {lacking}"):
        figure(kind, **encodings)


def test_the_caption_lists_unit_base_year_and_source() -> None:
    caption = figure("table").model_copy(update={"estimated": True, "simulated": True}).caption
    assert caption == (
        "Unité : repas · Base : 12 écoles, 4 210 jours · Année : 2023-2024 · "
        "Source : Cantines de la ville, fichier de mars · estimé · données simulées"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.001, "\u22120,001"),
        (1234.5, "1\u00a0234,5"),
        (-1234567, "\u22121\u00a0234\u00a0567"),
        (0.000123456, "0,000123"),
        (12.345, "12,35"),
        (Decimal("100.00"), "100"),
        (10**21, "1" + "\u00a0000" * 7),
        (float("nan"), "non calculable"),
    ],
)
def test_numbers_are_written_in_french(value: Any, text: str) -> None:
    assert humanize_number(value) == text


def test_decimals_can_be_set() -> None:
    assert humanize_number(1234, decimals=2) == "1\u00a0234,00"
    assert humanize_number(0.125, decimals=2) == "0,13"


def test_a_number_has_its_unit_and_a_hidden_one_is_marked() -> None:
    displayed = figure("number", value="total")
    assert format_single_value(displayed, pa.table({"total": [12500.25]})) == "12\u00a0500,25 repas"
    assert format_single_value(displayed, pa.table({"total": pa.array([None], pa.int64())})) == "non montré"


def test_a_number_of_several_rows_or_an_absent_column_is_explained() -> None:
    displayed = figure("number", value="total")
    with pytest.raises(FigureError, match=r"reçoit 2.*Regrouper"):
        format_single_value(displayed, pa.table({"total": [1, 2]}))
    with pytest.raises(FigureError, match=r"« total », que l'analyse ne donne plus.*autre"):
        format_single_value(displayed, pa.table({"autre": [1]}))


def test_cells_are_french_texts() -> None:
    values = [None, True, False, 1.5, Decimal("2.50"), date(2024, 3, 1), datetime(2024, 3, 1, 8, 5), "riz"]
    texts = ["", "oui", "non", "1,5", "2,5", "01/03/2024", "01/03/2024 08:05", "riz"]
    assert [format_cell(value) for value in values] == texts


def test_the_table_behind_a_chart_matches_the_chart() -> None:
    table = pa.table({"mois": ["2024-01"], "n": [3], "autre": [1]})
    displayed = figure("bar", x="mois", y="n", labels={"n": "Repas"})
    assert rows(displayed, table) == (["mois", "Repas"], [["2024-01", "3"]])
    assert rows(figure("table"), table)[0] == ["mois", "n", "autre"]
    assert rows(figure("table", columns=["autre"]), table) == (["autre"], [["1"]])


def test_a_map_gives_the_value_of_each_place() -> None:
    table = pa.table({"code": ["90010", None, "2A004"], "v": [1, 2, None]})
    assert values_by_place(figure("map", place="code", value="v"), table) == {"90010": 1.0, "2A004": None}


def test_a_daily_line_is_in_utc_with_one_colour_a_series() -> None:
    table = pa.table({"jour": [date(2024, 1, 1)] * 2, "n": [1.0, 2.0], "l'école.[1]": ["A", "B"]})
    spec = vega_spec(figure("line", x="jour", y="n", series="l'école.[1]"), table)
    assert spec["$schema"].endswith("v6.json")
    assert spec["width"] == "container"
    assert spec["data"]["values"][0] == {"x": 1704067200000, "y": 1.0, "s": "A"}
    assert spec["encoding"]["x"]["type"] == "temporal"
    assert spec["encoding"]["x"]["scale"] == {"type": "utc"}
    assert spec["encoding"]["color"]["scale"]["range"] == list(PALETTE)
    assert spec["encoding"]["strokeDash"]["field"] == "s"
    assert "Unité : repas" in spec["description"]


def test_a_bar_starts_at_zero_and_days_keep_the_order_of_the_week() -> None:
    table = pa.table({"jour": ["vendredi", "lundi"], "n": [0.25, 0.5]})
    spec = vega_spec(figure("bar", x="jour", y="n"), table)
    assert spec["encoding"]["y"]["scale"]["zero"] is True
    assert spec["encoding"]["x"]["sort"] == ["lundi", "vendredi"]
    assert spec["config"]["locale"]["number"]["decimal"] == ","


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["vendredi", "Lundi"], ["Lundi", "vendredi"]),
        (["Sunday", "Monday", None], ["Monday", "Sunday"]),
        (["mer.", "lun."], ["lun.", "mer."]),
        (["Août", "juillet"], ["juillet", "Août"]),
        (["lundi", "férié"], None),
        ([2, 1], None),
        ([], None),
    ],
)
def test_days_and_months_are_in_the_order_of_the_calendar(values, order):
    assert natural_order(values) == order


def test_a_chart_is_plain_json_without_expression_nor_address() -> None:
    table = pa.table({"x": ["a", None], "y": [Decimal("1.5"), None], "s": ["u", "v"]})
    for kind in ("bar", "line"):
        text = json.dumps(vega_spec(figure(kind, x="x", y="y", series="s"), table), allow_nan=False)
        assert "expr" not in text
        assert "datum" not in text
        assert '"url"' not in text


def test_too_many_colours_or_points_are_refused_with_advice() -> None:
    many = pa.table({"x": list(range(8)), "y": [1] * 8, "s": [str(n) for n in range(8)]})
    with pytest.raises(FigureError, match=r"8 couleurs.*Gardez les premières"):
        vega_spec(figure("line", x="x", y="y", series="s"), many)
    with pytest.raises(FigureError, match="trop pour être lu"):
        vega_spec(figure("line", x="x", y="y"), pa.table({"x": range(5001), "y": range(5001)}))


def test_what_is_not_a_chart_has_no_chart() -> None:
    with pytest.raises(FigureError, match="comme un tableau"):
        vega_spec(figure("table"), pa.table({"x": [1]}))
