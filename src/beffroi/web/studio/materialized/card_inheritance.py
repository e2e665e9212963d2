"""Card of a materialized result: the strictest rights of its sources. Pure rules.

In: the datasets that an analysis reads. Out: the fields of a card, and whether it is about people. Raises StudioError
where two rights are incompatible, with what to change on a card.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from beffroi.lake.protections import rule_of
from beffroi.recipes.french import join_words
from beffroi.web.catalogue.lifecycle.retention import duration
from beffroi.web.catalogue.models import Dataset, Processing

from ..answers import StudioError

OWN: Final = "interne"
"""The hosting that every other one may be narrowed to."""
OPEN: Final = {"licence ouverte 2.0", "licence ouverte"}
"""Licences that another one may take in."""
NOT_SAVED: Final = "Le résultat n'est pas gardé."


@dataclass(frozen=True)
class InheritedCard:
    """Inherited card. `card`: taken from the sources at each refresh; `first`: written once, when the dataset is
    created.
    """

    card: dict[str, Any]
    first: dict[str, Any]
    personal: bool


def inherit_card(sources: Sequence[Dataset], processing: Processing, title: str) -> InheritedCard:
    """The strictest of each right. Raises StudioError."""
    return InheritedCard(
        card={
            "legal_basis": processing.legal_basis,
            "retention": _retention(sources),
            "licence": _licence(sources),
            "hosting": _hosting(sources),
            "protects": _protects(sources),
            "unit": "",
            "simulated": any(dataset.simulated for dataset in sources),
        },
        first={
            "description": f"Résultat de l'analyse « {title} ».",
            "purpose": processing.purpose[:300],
            "producer": _words(dataset.producer for dataset in sources)[:200],
        },
        personal=any(dataset.sensitivity == Dataset.Sensitivity.PERSONAL for dataset in sources),
    )


def _protects(sources: Sequence[Dataset]) -> str:
    """The class whose floor and whose share of one unit both hold for every source."""
    today = timezone.localdate()
    rules = {d.protection: rule_of(d.protection, today) for d in sources if d.protection}
    for key, rule in rules.items():
        if all(
            rule.floor >= other.floor and (rule.dominance or 1) <= (other.dominance or 1)
            for other in rules.values()
        ):
            return key
    if not rules:
        return ""
    named = join_words([f"« {d.title} » compte {rules[d.protection].label}" for d in sources if d.protection])
    raise StudioError(
        f"{named} : aucune des deux protections ne tient l'autre. {NOT_SAVED} Faites deux analyses, ou demandez à un "
        "gestionnaire des données de corriger l'une des fiches."
    )


def _retention(sources: Sequence[Dataset]) -> str:
    values = {d.retention.strip() for d in sources if d.retention.strip()}
    if len(values) <= 1:
        return next(iter(values), "")
    lengths = {text: duration(text) for text in values}
    unclear = sorted(text for text, length in lengths.items() if length is None)
    if unclear:
        raise StudioError(
            f"La durée de conservation « {unclear[0]} » ne se compare pas aux autres. {NOT_SAVED} Faites-la dire en une durée "
            "(« 5 ans ») sur la fiche du jeu."
        )
    return min(lengths, key=lambda text: lengths[text])  # type: ignore[arg-type,return-value]


def _hosting(sources: Sequence[Dataset]) -> str:
    values = {d.hosting.strip() for d in sources if d.hosting.strip()} or {OWN}
    if len(values) == 1:
        return next(iter(values))
    if OWN in values:
        return OWN
    raise StudioError(
        f"Les sources doivent être hébergées à des endroits différents : {join_words([f'« {one} »' for one in sorted(values)])}. "
        f"{NOT_SAVED} Demandez à un gestionnaire des données ce que doivent dire les fiches."
    )


def _licence(sources: Sequence[Dataset]) -> str:
    """One that holds for all; without one on a card, or with two that differ, none: it cannot be published as it is."""
    values = {d.licence.strip() for d in sources}
    if "" in values:
        return ""
    narrower = {text for text in values if text.casefold() not in OPEN}
    if not narrower:
        return min(values)
    return next(iter(narrower)) if len(narrower) == 1 else ""


def _words(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))
