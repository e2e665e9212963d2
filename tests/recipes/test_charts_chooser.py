"""Chart recommendation: the proposed kind, its reason, and what the others lack."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from beffroi.recipes.charts.chooser import choose_chart
from beffroi.recipes.charts.kinds import DRAWN, KINDS
from beffroi.recipes.charts.vega import vega_spec
from beffroi.recipes.figures import Figure

WORDS = {"title": "T", "unit": "repas", "base": "b", "year": "2025", "source": "s"}
SITES = [f"Site {n}" for n in range(6)]
MONTHS = ["2025-01", "2025-02", "2025-03", "2025-04"]
RESULTS: dict[str, tuple[dict[str, list[Any]], str]] = {
    "one number": ({"total": [1200]}, "number"),
    "names": ({"site": SITES, "repas": [3, 1, 4, 1, 5, 9]}, "bar"),
    "months": ({"mois": MONTHS, "repas": [3, 1, 4, 1]}, "line"),
    "years": ({"annee": [2021, 2022, 2023], "repas": [3, 1, 4]}, "line"),
    "days": ({"jour": [date(2025, 1, n) for n in (1, 2, 3)], "repas": [3, 1, 4]}, "line"),
    "months and sites": (
        {"mois": [m for m in MONTHS for _ in SITES], "site": SITES * 4, "repas": list(range(24))},
        "line",
    ),
    "two dimensions of many names": (
        {
            "site": [f"S{n}" for n in range(9) for _ in range(9)],
            "plat": [f"P{n}" for n in range(9)] * 9,
            "repas": list(range(81)),
        },
        "heat",
    ),
    "bounds": (
        {"jour": [date(2025, 1, 1) + timedelta(days=n) for n in range(4)], "prevu": [5, 6, 7, 8],
         "bas": [4, 5, 6, 7], "haut": [6, 7, 8, 9]},
        "range",
    ),
    "two measures of many places": (
        {"ecole": [f"E{n}" for n in range(60)], "eleves": list(range(60)), "repas": list(range(1, 61))},
        "scatter",
    ),
    "many values": ({"ecole": ["a"] * 60, "repas": list(range(60))}, "histogram"),
    "texts": ({"site": SITES, "ville": SITES}, "table"),
    "places": ({"code_insee": ["44109", "2A004"], "habitants": [3, 4]}, "map"),
    "points": (
        {"ecole": SITES, "geometry": [f'{{"type":"Point","coordinates":[{n},47.2]}}' for n in range(6)], "eleves": [1] * 6},
        "points",
    ),
    "nothing": ({"site": [], "repas": []}, "table"),
}  # fmt: skip


@pytest.mark.parametrize("result", RESULTS)
def test_the_proposed_kind_suits_the_result_and_gives_its_reason(result: str) -> None:
    columns, kind = RESULTS[result]
    choice = choose_chart(pa.table(columns))
    assert choice.best.kind == kind
    assert choice.best.reason
    assert {one.kind for one in choice.kinds} == set(KINDS)
    assert all(one.reason for one in choice.others)


@pytest.mark.parametrize("result", RESULTS)
def test_every_fitting_kind_can_be_drawn(result: str) -> None:
    table = pa.table(RESULTS[result][0])
    for one in choose_chart(table).fitting:
        figure = Figure.model_validate(
            {
                **WORDS,
                "kind": one.kind,
                "encodings": one.encodings.model_dump(),
                "look": one.look.model_dump(),
            }
        )
        if one.kind in DRAWN:
            assert vega_spec(figure, table)["data"]["values"]


def test_a_kind_that_does_not_fit_explains_what_is_missing() -> None:
    choice = choose_chart(pa.table({"site": SITES, "repas": [3, 1, 4, 1, 5, 9]}))
    reasons = {one.kind: one.reason for one in choice.others}
    assert reasons["scatter"] == "il faut deux colonnes de nombres"
    assert reasons["line"] == "il faut une colonne de dates, de mois ou d'années"
    assert "borne basse" in reasons["range"]
    assert (
        "une ligne par nom"
        in {o.kind: o.reason for o in choose_chart(pa.table({"s": ["a"] * 3, "n": [1, 2, 3]})).others}["bar"]
    )


def test_columns_are_called_by_their_labels() -> None:
    choice = choose_chart(pa.table({"s_1": SITES, "n": [3, 1, 4, 1, 5, 9]}), {"s_1": "Site de cantine"})
    assert choice.best.reason == "« Site de cantine » a 6 valeurs à comparer"


def test_negative_values_are_not_stacked() -> None:
    table = pa.table({"mois": MONTHS * 2, "poste": ["a"] * 4 + ["b"] * 4, "solde": [1, -2, 3, 4, 5, 6, 7, 8]})
    assert {o.kind: o.reason for o in choose_chart(table).others}[
        "area"
    ] == "des valeurs négatives ne s'empilent pas"


def test_longitude_and_latitude_are_enough_for_a_map_of_points() -> None:
    table = pa.table({"arbre": SITES, "longitude": [1.0] * 6, "latitude": [47.0] * 6})
    fit = next(one for one in choose_chart(table).kinds if one.kind == "points")
    assert fit.fits
    assert (fit.encodings.x, fit.encodings.y, fit.encodings.value) == ("longitude", "latitude", None)
    table = pa.table({"site": SITES, "longueur": [1.0] * 6, "latence": [47.0] * 6})
    fit = next(one for one in choose_chart(table).kinds if one.kind == "points")
    assert not fit.fits and "longitude" in fit.reason
