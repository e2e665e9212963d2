"""Frozen evidence of any shape becomes tables, facts and a chart, in French, or stays readable as it is."""

from beffroi.web.decisions import evidence
from beffroi.web.ui.formats import percent


def read(content: object) -> evidence.Evidence:
    return evidence.read(content, unit="repas", proposed=120.0, due="2026-11-30")


def test_a_dated_series_is_a_table_and_a_chart_with_what_is_proposed() -> None:
    (table,) = read({"last_comparable": {"2026-11-23": 118, "2026-11-16": 124}}).tables
    assert table.title == "Derniers jours comparables connus"
    assert table.headings == [("Jour", False), ("Repas", True)]
    assert table.rows[0] == [("23 novembre 2026", False), ("118", True)]
    assert table.spec is not None
    assert [row["nature"] for row in table.spec["data"]["values"]] == ["constaté", "constaté", "proposé"]


def test_figures_carry_their_unit_and_shares_their_percent() -> None:
    assert read({"forecast": 107.6, "shortage_risk": 0.01}).facts == [
        ("Prévision", "107,6 repas"),
        ("Risque de manque choisi", percent(0.01)),
    ]


def test_what_only_serves_to_check_the_computation_is_set_apart() -> None:
    found = read({"model": "m-1", "effects": {"frites": 0.04}, "site": "X", "date": "2026-11-30"})
    assert (found.facts, found.tables) == ([], [])
    assert found.technical_facts == [("Modèle", "m-1")]
    assert found.technical_tables[0].rows == [[("frites", False), ("0,04", True)]]


def test_a_key_that_the_house_does_not_know_is_shown_under_its_own_name() -> None:
    assert read({"water_level": 3.5, "sensors": ["A", "B"]}).facts == [
        ("Water level", "3,5"),
        ("Sensors", "A, B"),
    ]


def test_evidence_of_no_shape_shows_nothing_and_breaks_nothing() -> None:
    for odd in (None, [], "text", {"a": None, "b": [], "c": [1, [2]]}, {"d": [{"x": 1}, {"y": None}]}):
        read(odd)
