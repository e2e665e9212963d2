"""A register, a plan and a questionnaire of the tests, and the library that has them."""

from datetime import date
from typing import Any

import pytest

from beffroi.guides import Guide, Plan, Questionnaire, Register
from beffroi.guides.loading import Library
from beffroi.web.guides import library, search_documents

SOURCE = {
    "title": "Écrit pour ce test",
    "licence": "EUPL-1.2",
    "read_on": date(2026, 11, 1),
    "origin": "beffroi",
}
COMMON: dict[str, Any] = {"edition": "1", "valid_from": date(2026, 1, 1), "sources": (SOURCE,)}


def tools(**change: Any) -> Register:
    """Security tools: a name, a kind, an end, a cost, who looks after it."""
    content = {
        **COMMON, "id": "tools", "title": "Outils de sécurité", "lead": "Ce qui protège les postes.",
        "entry": "outil", "entries": "outils", "identity": ("name",),
        "fields": (
            {"key": "name", "label": "Nom de l'outil", "kind": "line", "synonyms": ("Logiciel",)},
            {"key": "kind", "label": "Sorte", "unknown": False, "required": False,
             "choices": ({"key": "antivirus", "label": "antivirus"}, {"key": "backup", "label": "sauvegarde"})},
            {"key": "ends_on", "label": "Fin du contrat", "kind": "date", "required": False},
            {"key": "cost", "label": "Coût d'une année", "kind": "number", "unit": "€", "minimum": 0, "required": False},
            {"key": "owner", "label": "Qui le suit", "kind": "line", "personal": True, "required": False},
        ),
        "expiries": ({"key": "end", "title": "le contrat finit", "field": "ends_on", "warn_days": 60},),
        "rows": ({"name": "Antivirus des postes", "kind": "antivirus"}, {"name": "Sauvegarde", "kind": "backup"}),
    } | change  # fmt: skip
    return Register.model_validate(content)


def protection(**change: Any) -> Plan:
    """Two stages, three actions, two consequences; fed by `diagnosis`."""
    content = {
        **COMMON, "id": "protection", "title": "Se protéger à moindre coût", "feeds": ("posts",), "budget": 2000.0,
        "stages": ({"key": "plan", "title": "Préparer"}, {"key": "act", "title": "Agir"}),
        "consequences": {"stop": "un service s'arrête", "leak": "des données sortent"},
        "actions": (
            {"key": "backup", "title": "Sauvegarder ailleurs", "stage": "plan", "priority": 1, "due_days": 30,
             "cost_low": 100.0, "cost_high": 300.0, "reduces": ("stop",), "proof": "Un essai réussi."},
            {"key": "second", "title": "Demander un second code", "stage": "act", "priority": 2, "reduces": ("leak",)},
            {"key": "train", "title": "Former les agents", "stage": "act", "priority": 3, "cost_low": 50.0},
        ),
    } | change  # fmt: skip
    return Plan.model_validate(content)


def diagnosis() -> Questionnaire:
    """One question, whose lowest answer calls for the action « updates »."""
    question = {
        "key": "updates", "label": "Les postes sont-ils à jour ?", "axis": "all",
        "choices": ({"key": "no", "label": "non", "score": 0.0, "actions": ({"action": "updates"},)},
                    {"key": "yes", "label": "oui", "score": 3.0}),
    }  # fmt: skip
    content = {
        **COMMON, "id": "posts", "title": "Postes et sauvegardes", "axes": ({"key": "all", "title": "Tout"},),
        "sections": ({"key": "all", "title": "Tout", "questions": (question,)},),
        "actions": ({"key": "updates", "priority": 1, "levels": ({"title": "Mettre à jour les postes", "cost_low": 10.0},)},),
    }  # fmt: skip
    return Questionnaire.model_validate(content)


def install(monkeypatch: pytest.MonkeyPatch, *guides: Guide) -> None:
    """Add these guides to those of the instance, for one test."""
    every = {**library.library().guides, **{each.id: each for each in guides}}
    for module in (library, search_documents):
        monkeypatch.setattr(module, "library", lambda: Library(every))
