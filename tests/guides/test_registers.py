"""Registers: entries read from forms and tables, what expires, and the table written that reads back."""

from datetime import date
from typing import Any

import pytest

from beffroi.guides.loading import Library
from beffroi.guides.questionnaire import AnswersError
from beffroi.guides.register import Register, expiring, read_entry, read_table, to_rows
from beffroi.guides.weaknesses import check

TODAY = date(2026, 11, 29)
CONTENT: dict[str, Any] = {
    "id": "outils",
    "title": "Outils de sécurité",
    "edition": "1",
    "valid_from": date(2026, 1, 1),
    "sources": ({"title": "Proposé par Beffroi", "licence": "EUPL-1.2", "read_on": date(2026, 1, 1)},),
    "entry": "outil",
    "entries": "outils",
    "identity": ("name",),
    "fields": (
        {"key": "name", "label": "Nom de l'outil", "kind": "line", "synonyms": ("Logiciel", "Outil")},
        {"key": "kind", "label": "Sorte", "choices": ({"key": "antivirus", "label": "Antivirus"},
                                                       {"key": "backup", "label": "Sauvegarde"})},
        {"key": "sites", "label": "Sites", "kind": "several", "required": False,
         "choices": ({"key": "town_hall", "label": "Mairie"}, {"key": "school", "label": "École"})},
        {"key": "expires_on", "label": "Fin du contrat", "kind": "date", "required": False},
        {"key": "tested_on", "label": "Dernier essai", "kind": "date", "required": False},
        {"key": "cost", "label": "Coût d'une année", "kind": "number", "unit": "€", "minimum": 0, "required": False},
    ),
    "expiries": (
        {"key": "contract", "title": "Le contrat finit", "field": "expires_on", "warn_days": 60},
        {"key": "test", "title": "À essayer de nouveau", "field": "tested_on", "after_days": 365, "warn_days": 30},
    ),
    "checks": ({"question": "tested_on", "when": ({"question": "tested_on", "more_than": {"today": True}},),
                "message": "Un essai ne peut pas dater d'un jour à venir."},),
}  # fmt: skip


@pytest.fixture
def register() -> Register:
    return Register.model_validate(CONTENT)


def test_an_entry_is_read_with_every_fault_beside_its_field(register: Register):
    entry = read_entry(register, {"name": " ESET ", "kind": "antivirus", "cost": "1 200,50"}, TODAY)
    assert entry == {"name": "ESET", "kind": "antivirus", "cost": 1200.5}
    with pytest.raises(AnswersError) as error:
        read_entry(register, {"kind": "pare-feu", "cost": "-1"}, TODAY)
    assert [fault.question for fault in error.value.faults] == ["name", "kind", "cost"]
    with pytest.raises(AnswersError, match="jour à venir"):
        read_entry(register, {"name": "ESET", "kind": "antivirus", "tested_on": "2026-11-30"}, TODAY)


def test_a_table_is_read_by_labels_and_synonyms_and_a_bad_row_stops_no_other(register: Register):
    rows = [
        ["ESET", "antivirus", "31/12/2026", "Mairie ; École"],
        ["", "", "", ""],
        ["eset", "Antivirus", "", ""],
        ["Restic", "Sauvegarde", "bientôt", ""],
        ["Borg", "Sauvegarde", None, ""],
        ["Duplicati"],
    ]
    read = read_table(register, ["Logiciel", "SORTE", "Fin du contrat", "Sites", "Remarque"], rows, TODAY)
    assert read.entries == [
        {"name": "ESET", "kind": "antivirus", "expires_on": "2026-12-31", "sites": ["town_hall", "school"]},
        {"name": "Borg", "kind": "backup"},
    ]
    assert [(row, fault.question) for row, fault in read.faults] == [(3, ""), (4, "expires_on"), (6, "kind")]
    assert "ligne 1" in read.faults[0][1].message
    assert read.unknown_columns == ["Remarque"]
    lined = read_table(register, ["Logiciel", "Sorte"], [row[:2] for row in rows], TODAY, range(2, 8))
    assert (4, "Cette ligne répète la ligne 2.") in [(line, fault.message) for line, fault in lined.faults]
    with pytest.raises(AnswersError, match="Il manque la colonne « Nom de l'outil »"):
        read_table(register, ["Sorte"], [], TODAY)


def test_what_is_written_reads_back(register: Register):
    entries = [
        {
            "name": "ESET",
            "kind": "antivirus",
            "sites": ["town_hall"],
            "expires_on": "2026-12-31",
            "cost": 1234567.5,
        },
        {"name": "Restic", "kind": "backup"},
    ]
    heading, *rows = to_rows(register, entries)
    assert read_table(register, heading, rows, TODAY).entries == entries


def test_what_expires_is_told_before_and_after_the_oldest_first(register: Register):
    entries = [
        {"name": "Loin", "expires_on": "2027-02-01"},
        {"name": "Bientôt", "expires_on": "2027-01-28"},
        {"name": "Passé", "expires_on": "2026-11-01", "tested_on": "2025-12-20"},
    ]
    found = expiring(register, entries, TODAY)
    assert [(each.entry["name"], each.expiry.key, each.days) for each in found] == [
        ("Passé", "contract", -28),
        ("Passé", "test", 21),
        ("Bientôt", "contract", 60),
    ]


def test_a_row_to_begin_with_that_nobody_could_save_is_a_weakness():
    rows = ({"name": "ESET", "kind": "antivirus"}, {"name": "Borg", "kind": "pare-feu"})
    found = check(Library({"outils": Register.model_validate({**CONTENT, "rows": rows})}))
    assert len(found) == 1 and "ligne de départ 2" in found[0].message
