"""The kit's settings, words, cells and tables, on the manifests that stand in the house."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.contract import BadInput
from beffroi.systems.kit import cells, words, writing
from beffroi.systems.kit.settings import Settings

CANTEEN = "beffroi.systems.canteen"
SPACE, THIN = "\u00a0", "\u202f"


def test_settings_take_their_defaults_and_bounds_from_the_manifest() -> None:
    settings = Settings(CANTEEN, {"shortage_risk": "2.5", "today": "2026-11-28"})
    assert (settings.number("shortage_risk"), settings.whole("horizon_days")) == (2.5, 14)
    assert settings.today == date(2026, 11, 28)
    assert Settings(CANTEEN, {}).today is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"shortage_risk": 12}, "« Manque accepté » .shortage_risk, en % des repas. vaut 12 : choisissez entre 0,1 et 10"),
        ({"shortage_risk": "peu"}, "n’est pas un nombre : choisissez entre 0,1 et 10"),
        ({"shortage_risk": float("nan")}, "vaut inconnu"),
    ],
)  # fmt: skip
def test_a_setting_out_of_its_bounds_is_refused_in_its_own_words(given: dict[str, object], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        Settings(CANTEEN, given).number("shortage_risk")


def test_a_number_of_days_is_whole_and_a_day_is_a_day() -> None:
    with pytest.raises(BadInput, match="donnez un nombre entier"):
        Settings(CANTEEN, {"days": 2.5}).whole("days")
    with pytest.raises(BadInput, match="année-mois-jour"):
        _ = Settings(CANTEEN, {"today": "demain"}).today
    with pytest.raises(BadInput, match="choisissez parmi Compromis"):
        Settings("beffroi.systems.school_map", {"variant": "autre"}).choice("variant")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.fr(1234.5, 1), f"1{THIN}234,5"),
        (words.fr(0.25), "0,25"),
        (words.fr(100.0), "100"),
        (words.fr(float("nan")), "inconnu"),
        (words.two_figures(3.04), "3"),
        (words.two_figures(1234.4), f"1{THIN}234"),
        (words.plural(1, "conduite", "conduites"), "1 conduite"),
        (words.plural(0, "conduite", "conduites"), "0 conduite"),
        (words.plural(2, "conduite", "conduites"), "2 conduites"),
        (words.share(0.125), f"12,5{SPACE}%"),
        (words.share(0.0025, None), f"0,25{SPACE}%"),
        (words.change(0.125), f"+12{SPACE}%"),
        (words.change(-0.031, 1), f"−3,1{SPACE}%"),
        (words.day(date(2026, 1, 1)), "jeudi 1er janvier"),
        (words.listed(["a", "b", "c"]), "a, b et c"),
        (words.listed(["a"]), "a"),
        (words.listed("abcdef"), "a, b, c, d et 2 autres"),
    ],
)
def test_words_are_french(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1 234,5", 1234.5),
        (f"1{THIN}234", 1234.0),
        (7, 7.0),
        (True, None),
        ("NA", None),
        ("", None),
        ("douze", None),
        (float("inf"), None),
    ],
)
def test_numbers_of_cells(cell: object, expected: float | None) -> None:
    assert cells.number(cell) == expected


@given(st.one_of(st.none(), st.text(max_size=12), st.floats(), st.integers(-9, 9), st.dates(), st.booleans()))
def test_a_cell_is_always_read_or_nothing(cell: object) -> None:
    count = cells.number(cell) if not isinstance(cell, date) else None
    assert count is None or np.isfinite(count)
    assert isinstance(cells.text(cell), str)
    assert cells.day(cell) is None or isinstance(cells.day(cell), date)


def test_a_name_has_one_key_with_or_without_its_apostrophe() -> None:
    assert cells.key("Côte d’Or") == cells.key(" COTE D'OR ") == "cote dor"
    assert cells.key("St. Jean-Baptiste") == cells.key("St Jean Baptiste")
    assert cells.key("NA") == cells.key(None) == ""


def test_rows_that_cannot_serve_are_told_by_reason() -> None:
    rejected = cells.Rejected("Relevés")
    for name in ("Zola", "Zola", "Moulin"):
        rejected.add("sans date", name)
    rejected.add("relevé négatif")
    rejected.add("sans consommation", count=0)
    assert rejected.notes() == [
        "3 lignes de « Relevés » écartées : sans date (Zola et Moulin).",
        "1 ligne de « Relevés » écartée : relevé négatif.",
    ]
    assert rejected.count == 4
    assert cells.Rejected.of("beffroi.systems.school_map", "schools").title == "Écoles et leurs places"
    assert list(cells.rows({"meters": pa.table({"a": [1, 2]})}, "meters")) == [{"a": 1}, {"a": 2}]
    assert list(cells.rows({}, "meters")) == []


def test_a_table_has_the_columns_that_the_manifest_declares() -> None:
    made = writing.table(
        CANTEEN,
        "days",
        [{"date": date(2026, 11, 30), "forecast": np.float64("nan"), "low": np.int64(4), "high": 5.6}],
    )
    assert made.schema == writing.schema(CANTEEN, "days")
    assert made.to_pylist()[0] | {"date": None, "low": None, "high": None} == dict.fromkeys(made.column_names)
    assert (made.column("low").to_pylist(), made.column("high").to_pylist()) == ([4], [6])
    rolls = writing.input_table(CANTEEN, "rolls", [{"site": "Zola", "pupils": 80}])
    assert rolls.to_pylist() == [{"site": "Zola", "school_year": None, "pupils": 80}]
    with pytest.raises(KeyError, match=r"days\.menu"):
        writing.table(CANTEEN, "days", [{"menu": "poisson"}])
