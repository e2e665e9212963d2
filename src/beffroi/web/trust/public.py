"""What the public site may say of the law on a system: its class by the territory's answers, never who answered nor why."""

from django.utils import timezone

from beffroi.systems import law
from beffroi.systems.contract import Manifest
from beffroi.web.territories.models import Territory
from beffroi.web.workshop import cards

from .legal import reading
from .models import LegalAnswer


def law_line(territory: Territory, system: str) -> str:
    """The class as of today in a sentence, « indicatif »; empty for a system that is not in use."""
    use = cards.use_of(territory, system)
    manifest = reading.manifest(use) if use else None
    if use is None or manifest is None:
        return ""
    held = reading.last_answer(use)
    return told(manifest, held, reading.as_of(use, timezone.localdate(), held))


def told(manifest: Manifest, held: LegalAnswer | None, result: law.LegalResult) -> str:
    if held is None:
        return (
            "Indicatif : personne n'a encore répondu. "
            f"L'auteur du système dit « {law.CLASSES[manifest.legal.risk]} »."
        )
    refused = ", usage refusé en France" if result.refused else ""
    return f"Indicatif, au {law.french(result.as_of)} : {result.label}{refused}."
