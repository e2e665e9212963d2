"""The form of the Dutch register of algorithms, version 1.0: entries that its own constraints accept, and the check of them.

Texts stay in French; the form knows one language only (« nld »), which is the value that it demands. Long texts end with
« … » at a word. What the house does not know is left out where the form allows it.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from . import facts as about
from .facts import Facts

STATUSES = {
    "idea": "In ontwikkeling",
    "checked": "In ontwikkeling",
    "sandbox": "In ontwikkeling",
    "production": "In gebruik",
    "reviewed": "In gebruik",
    "stopped": "Buiten gebruik",
}
ASSESSMENT = "Analyse d'impact sur les droits fondamentaux (article 27 du règlement (UE) 2024/1689)"


@cache
def form() -> dict[str, Any]:
    """The form's fields and their constraints, as the data file says."""
    return tomllib.loads((Path(__file__).parent / "nl_algoritmeregister.toml").read_text("utf-8"))


def headings() -> list[str]:
    return [field["id"] for field in form()["field"]]


def entry(facts: Facts) -> dict[str, Any]:
    """One system, field by field, in the form's order; nothing longer than the form allows."""
    card, legal = facts.card, facts.manifest.legal
    invented = "Données simulées. " if facts.simulated else ""
    fields: dict[str, Any] = {
        "name": card.title,
        "description_short": f"{invented}{card.purpose}",
        "organization": card.territory,
        "status": STATUSES.get(facts.state, "In gebruik"),
        "begin_date": f"{facts.since:%Y-%m}",
        "contact_email": facts.contact,
        "website": facts.page,
        "publication_category": _category(facts),
        "goal": f"{card.purpose} {card.helps}",
        "proportionality": f"Comparé à : {card.baseline} {facts.measured_text} {facts.cost_text}",
        "human_intervention": f"{card.level} Responsable : {card.responsible}. Contester : {card.contest}",
        "risks": f"{' '.join(card.limits)} {facts.law_text}",
        "lawful_basis": f"{legal.legal_basis} {facts.mandate_text}",
        "impacttoetsen": "" if facts.assessed else "Aucune analyse d'impact enregistrée.",
        "source_data": f"{about.columns(facts)}. Jeux reliés : {about.sources(facts)}.",
        "methods_and_models": f"Version {card.version}. Hébergement : {card.hosting} {card.baseline}",
        "provider": facts.provider,
        "lang": "nld",
        "standard_version": form()["form"]["version"],
        "source_id": f"{card.id}",
    }
    if facts.assessed:
        fields["impacttoetsen_grouping"] = [{"title": ASSESSMENT}]
    return {
        field["id"]: _fitted(fields[field["id"]], field)
        for field in form()["field"]
        if fields.get(field["id"])
    }


def _category(facts: Facts) -> str:
    """Its publication category. What is not determined is told as weighty, never as minor."""
    if facts.result.at_least in ("high", "prohibited"):
        return "Hoog-risico AI-systeem"
    personal = facts.manifest.legal.individual_decision or facts.result.refused
    if personal or facts.result.risk != "minimal":
        return "Impactvolle algoritmes"
    return "Overige algoritmes"


def _fitted(value: Any, field: dict[str, Any]) -> Any:
    longest = field.get("max_length")
    if not isinstance(value, str) or longest is None or len(value) <= longest:
        return value
    return value[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def faults(filled: dict[str, Any]) -> list[str]:
    """What the form would refuse in this entry, a line a fault; empty when it is accepted."""
    return _faults(filled, form()["field"])


def _faults(filled: dict[str, Any], fields: list[dict[str, Any]], where: str = "") -> list[str]:
    known = {field["id"] for field in fields}
    found = [f"{where}{name} : champ inconnu" for name in filled if name not in known]
    for field in fields:
        name, value = f"{where}{field['id']}", filled.get(field["id"])
        if value in (None, "", []):
            found += [f"{name} : obligatoire"] if field.get("required") else []
        elif field["type"] == "list":
            found += _list_faults(name, value, field)
        elif not isinstance(value, str):
            found.append(f"{name} : doit être un texte")
        elif len(value) > field.get("max_length", len(value)):
            found.append(f"{name} : {len(value)} caractères pour {field['max_length']} au plus")
        elif value not in field.get("permitted_values", [value]):
            found.append(f"{name} : « {value} » n'est pas une des valeurs")
    return found


def _list_faults(name: str, value: Any, field: dict[str, Any]) -> list[str]:
    if not isinstance(value, list):
        return [f"{name} : doit être une liste"]
    if "item" in field:
        return [
            fault for n, one in enumerate(value, 1) for fault in _faults(one, field["item"], f"{name}.{n}.")
        ]
    return [
        f"{name} : « {one} » n'est pas une des valeurs"
        for one in value
        if one not in field["permitted_values"]
    ]
