"""Frozen evidence of any shape becomes tables, facts and a chart, in French, or stays readable as it is."""

import pytest
from pydantic import ValidationError

from beffroi.systems import registry
from beffroi.systems.manifest import EvidenceKey
from beffroi.web.decisions import evidence
from beffroi.web.ui.formats import percent

KEYS = {
    "flow_by_day": EvidenceKey(label="Fuite, jour par jour", unit="m³/h"),
    "likely": EvidenceKey(label="Conduites probables", share=True),
    "sure": EvidenceKey(label="Chances", share=True),
    "gap": EvidenceKey(label="Écart", unit="%"),
    "spans": EvidenceKey(label="Longueurs", unit="m"),
    "kwh": EvidenceKey(label="Relevé", unit="kWh"),
    "comparable": EvidenceKey(label="Derniers jours comparables", unit="repas"),
    "forecast": EvidenceKey(label="Prévision", unit="repas"),
    "effects": EvidenceKey(label="Poids de chaque élément", technical=True),
}


def read(content: object, *, due: str | None = "2026-11-30") -> evidence.Evidence:
    return evidence.read(content, unit="repas", proposed=120.0, due=due, keys=KEYS)


def test_a_dated_series_is_a_table_and_a_chart_with_what_is_proposed() -> None:
    (table,) = read({"comparable": {"2026-11-23": 118, "2026-11-16": 124}}).tables
    assert table.title == "Derniers jours comparables"
    assert (table.headings, table.unit) == ([("Jour", False), ("Valeur (repas)", True)], "repas")
    assert table.rows[0] == [("23 novembre 2026", False), ("118", True)]
    assert table.spec is not None
    assert [row["nature"] for row in table.spec["data"]["values"]] == ["constaté", "constaté", "proposé"]


def test_figures_carry_their_unit_and_shares_their_percent() -> None:
    assert read({"forecast": 107.6, "sure": 0.01}).facts == [
        ("Prévision", "107,6\xa0repas"),
        ("Chances", percent(0.01)),
    ]


def test_each_key_has_its_own_unit_as_written_and_never_the_proposals() -> None:
    found = read(
        {"flow_by_day": {"2026-11-23": 4.5, "2026-11-24": 5.25}, "likely": {"P12": 0.625}, "other": 3}
    )
    flows, likely = found.tables
    assert flows.headings == [("Jour", False), ("Valeur (m³/h)", True)]
    assert flows.unit == "m³/h" and flows.spec is not None
    assert flows.spec["encoding"]["y"]["title"] == "m³/h"
    # 120 meals beside cubic metres an hour would say nothing true.
    assert {row["nature"] for row in flows.spec["data"]["values"]} == {"constaté"}
    assert likely.headings == [("Élément", False), ("Valeur", True)]
    assert likely.rows == [[("P12", False), (percent(0.625), True)]]
    assert found.facts == [("Other", "3")]


def test_a_unit_changes_no_number_and_a_share_of_one_is_shown_in_percent() -> None:
    assert read({"gap": 0.5, "sure": 0.5, "spans": [12, 30.5]}).facts == [
        ("Écart", "0,5\xa0%"),
        ("Chances", percent(0.5)),
        ("Longueurs", "12, 30,5\xa0m"),
    ]


def test_a_column_of_rows_is_a_key_of_its_own() -> None:
    (table,) = read({"days": [{"date": "2026-11-23", "kwh": 1}, {"date": "2026-11-24", "kwh": 2}]}).tables
    assert table.headings == [("Jour", False), ("Relevé (kWh)", True)]
    assert table.unit == "kWh"


def test_a_share_with_another_unit_is_refused() -> None:
    with pytest.raises(ValidationError, match="une part de un"):
        EvidenceKey(label="Chances", unit="%", share=True)


def test_the_systems_of_the_house_write_units_beside_their_labels_not_in_them() -> None:
    for system in registry.all_systems():
        for key, told in system.manifest.evidence.items():
            unit_in_label = told.label.endswith(("(m)", "(%)", "(€)", "(kWh)"))
            assert not unit_in_label, f"{system.manifest.id}.{key}"


def test_what_only_serves_to_check_the_computation_is_set_apart() -> None:
    found = read({"model": "m-1", "effects": {"frites": 0.04}, "day": "2026-11-30"})
    assert (found.facts, found.tables) == ([("Jour", "30 novembre 2026")], [])
    assert found.technical_facts == [("Modèle", "m-1")]
    assert found.technical_tables[0].rows == [[("frites", False), ("0,04", True)]]


def test_a_manifest_may_describe_in_its_own_words_what_all_systems_write() -> None:
    own = {"seed": EvidenceKey(label="Tirage")}
    assert evidence.read({"seed": 3}, unit="", proposed=0, due=None, keys=own).facts == [("Tirage", "3")]


def test_a_key_that_nobody_describes_is_shown_under_its_own_name() -> None:
    assert read({"water_level": 3.5, "sensors": ["A", "B"]}).facts == [
        ("Water level", "3,5"),
        ("Sensors", "A, B"),
    ]


def test_evidence_of_no_shape_shows_nothing_and_breaks_nothing() -> None:
    for odd in (None, [], "text", {"a": None, "b": [], "c": [1, [2]]}, {"d": [{"x": 1}, {"y": None}]}):
        read(odd)
