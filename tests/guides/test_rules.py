"""Rules: the status of facts on a day, what is due, and what an unknown fact leaves open; text by edition."""

from datetime import date
from typing import Any

import pytest

from beffroi.guides.rule import Rule, evaluate

SOURCE = {
    "title": "Proposé par Beffroi",
    "licence": "EUPL-1.2",
    "read_on": date(2026, 1, 1),
    "origin": "beffroi",
}
CONTENT: dict[str, Any] = {
    "id": "seuil",
    "title": "Un seuil d'habitants",
    "edition": "1",
    "valid_from": date(2026, 1, 1),
    "sources": (SOURCE,),
    "editions": (
        {"since": date(2025, 3, 12), "state": "bill", "title": "Projet de loi", "url": "https://exemple.fr/1",
         "read_on": date(2026, 1, 1)},
        {"since": date(2026, 6, 1), "state": "in_force", "title": "Loi en vigueur", "url": "https://exemple.fr/2",
         "read_on": date(2026, 1, 1)},
    ),
    "facts": (
        {"key": "population", "label": "Combien d'habitants ?", "kind": "number"},
        {"key": "water", "label": "Gérez-vous l'eau potable ?", "kind": "yes_no"},
    ),
    "statuses": (
        {"key": "essential", "title": "Essentielle", "reason": "Plus de 30 000 habitants.",
         "when": ({"question": "population", "more_than": 30000},)},
        {"key": "important", "title": "Importante", "reason": "Un service exploité.",
         "when": ({"question": "water", "is": "yes"},)},
        {"key": "none", "title": "Non visée", "reason": "Aucun des cas du texte."},
    ),
    "duties": (
        {"key": "register", "text": "Se déclarer à l'autorité.", "article": "article 12",
         "statuses": ("essential", "important")},
        {"key": "audit", "text": "Faire faire un audit.", "article": "article 16", "statuses": ("essential",)},
    ),
}  # fmt: skip
LATER = date(2026, 11, 29)


def rule(**changed: Any) -> Rule:
    return Rule.model_validate({**CONTENT, **changed})


@pytest.mark.parametrize(
    ("facts", "status", "possible", "open_facts", "duties"),
    [
        ({"population": 42000, "water": "no"}, "essential", [], (), ["register", "audit"]),
        ({"population": 30000, "water": "yes"}, "important", [], (), ["register"]),
        ({"population": 1800, "water": "no"}, "none", [], (), []),
        # An unknown fact leaves every stronger status open, and is asked for.
        ({"population": 1800, "water": "unknown"}, "none", ["important"], ("water",), []),
        ({"water": "yes"}, "important", ["essential"], ("population",), ["register"]),
        ({}, "none", ["essential", "important"], ("population", "water"), []),
    ],
)
def test_facts_make_a_status_its_duties_and_what_is_open(
    facts: dict[str, Any], status: str, possible: list[str], open_facts: tuple[str, ...], duties: list[str]
):
    found = evaluate(rule(), facts, LATER)
    assert found.status.key == status
    assert [each.key for each in found.possible] == possible
    assert found.open_facts == open_facts
    assert [duty.key for duty in found.duties] == duties


@pytest.mark.parametrize(
    ("day", "state", "indicative"),
    [
        (date(2025, 3, 11), None, True),
        (date(2025, 3, 12), "bill", True),
        (date(2026, 5, 31), "bill", True),
        (date(2026, 6, 1), "in_force", False),
    ],
)
def test_a_result_is_indicative_until_its_text_is_in_force(day: date, state: str | None, indicative: bool):
    found = evaluate(rule(), {"population": 1}, day)
    assert (found.edition.state if found.edition else None) == state
    assert found.indicative is indicative


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"statuses": CONTENT["statuses"][:2]}, "n'a pas de condition"),
        ({"editions": CONTENT["editions"][::-1]}, "la plus ancienne"),
        ({"facts": CONTENT["facts"][:1]}, "« water », qui n'est pas un fait"),
        ({"duties": ({**CONTENT["duties"][0], "statuses": ("vital",)},)}, "« vital », qui n'existe pas"),
    ],
)
def test_a_rule_that_does_not_hold_together_is_refused(changed: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        rule(**changed)
