"""The French inventory of public algorithms: nineteen fields in four groups, for each system shown in public.

What the house does not know is said « non renseigné », never left out.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from . import facts as about
from .facts import UNKNOWN, Facts

AUTOMATION = {
    "informs": "Il informe. Aucune décision n'en découle d'elle-même.",
    "proposes": "Il propose. Une personne accepte, modifie ou refuse chaque proposition.",
    "prepares_individual_decision": "Il prépare une décision sur une personne. Un agent instruit et décide toujours.",
}


@cache
def form() -> dict[str, Any]:
    """The groups and fields, as the data file says."""
    return tomllib.loads((Path(__file__).parent / "fr_inventaire.toml").read_text("utf-8"))


def headings() -> list[str]:
    return [field["title"] for group in form()["group"] for field in group["fields"]] + ["Nature des données"]


def entry(facts: Facts) -> dict[str, Any]:
    """Entry of one system in the register, by group and field."""
    card, legal = facts.card, facts.manifest.legal
    texts = [legal.legal_basis, facts.mandate_text, f"Règlement européen sur l'IA : {facts.law_text}"]
    if legal.individual_decision:
        texts.append("Code des relations entre le public et l'administration, articles L311-3-1 et L312-1-3.")
    filled: dict[str, dict[str, Any]] = {
        "administration": {
            "nom": card.territory,
            "direction_service": card.responsible,
            "contact": facts.contact,
            "date_maj": timezone.localdate().isoformat(),
        },
        "metier": {
            "nom_algorithme": card.title,
            "contexte": card.helps,
            "finalite": card.purpose,
            "place_dans_la_decision": card.level,
            "niveau_automatisation": AUTOMATION[facts.manifest.level],
            "fondements_juridiques": " ".join(texts),
            "ressources": facts.page,
        },
        "impact": {
            "nb_decisions_an": facts.decisions_text,
            "portee": "Décisions individuelles"
            if legal.individual_decision
            else "Pas de décision individuelle",
            "public_concerne": card.helps,
            "ressources": f"{facts.measured_text} {facts.cost_text}",
        },
        "fonctionnement": {
            "donnees": about.columns(facts),
            "sources": about.sources(facts),
            "mode_collecte": (
                "Données personnelles, pour une finalité inscrite au registre des traitements."
                if legal.personal_data
                else "Données de la collectivité, sans donnée personnelle."
            ),
            "type_algorithme": UNKNOWN,
            "operations": f"{facts.provider}. Version {card.version}. Comparé à : {card.baseline} Limites : {' '.join(card.limits)}",
            "ressources": card.contest,
        },
    }
    return {**filled, "nature": "données simulées" if facts.simulated else "réelle"}


def row(filled: dict[str, Any]) -> list[str]:
    """The entry as a line of a table, in the order of `headings`."""
    cells = [str(filled[group["id"]][field["id"]]) for group in form()["group"] for field in group["fields"]]
    return [*cells, filled["nature"]]
