"""Documents of a scenario and of its debrief, as tagged PDFs: each page bears « EXERCICE »."""

from collections.abc import Mapping
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.guides.runbook import Runbook
from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing

from .exercise_acts import MEDIA
from .exercise_journal import clock_words
from .presenting import Course

DOCUMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "animateur": (
        "Dossier de l'animateur",
        "tout le scénario, ce qui est attendu, à ne pas montrer aux joueurs",
    ),
    "joueurs": ("Dossier des joueurs", "la situation de départ et les règles, sans les messages"),
    "observateurs": ("Grille des observateurs", "ce qui est attendu, à cocher"),
    "chronogramme": ("Chronogramme", "les messages à leur heure, à découper et à remettre sans écran"),
}
"""Title and use of each document, by the word of its address."""
RULES: Final = (
    "Chaque message commence par « EXERCICE » : appel, courriel, papier. Ne prévenez personne pour de vrai.",
    "Dites et notez ce que vous feriez, avec l'heure.",
    "Ce qui se passe vraiment passe avant : dites « RÉEL », et l'exercice s'arrête.",
    "Personne n'est noté : on cherche ce qui manque à l'organisation.",
)
"""What players agree on."""


def _scenario_rows(scenario: Runbook) -> list[dict[str, Any]]:
    roles = {role.key: role.title for role in scenario.roles}
    return [
        {
            "inject": inject,
            "clock": clock_words(inject.minute),
            "role": roles.get(inject.role, "tous"),
            "medium": MEDIA[inject.medium],
        }
        for inject in scenario.injects
    ]


def page(scenario: Runbook, document: str, territory: Territory) -> str:
    """One document of a scenario as an HTML page of its own."""
    roles = {role.key: role.title for role in scenario.roles}
    context = {
        "guide": scenario,
        "document": document,
        "title": DOCUMENTS[document][0],
        "rows": _scenario_rows(scenario),
        "rules": RULES,
        "steps": [(step, roles.get(step.role, "")) for step in scenario.steps],
        "territory": territory,
        "today": timezone.localdate(),
        "style": printing.style(),
    }
    return render_to_string("continuity/exercise_document.html", context)


def pdf(scenario: Runbook, document: str, territory: Territory) -> bytes:
    """Raises `printing.NoPrinter` where this machine has no Pango."""
    return printing.render_pdf(page(scenario, document, territory))


def debrief_pdf(now: Course, corrections: list[Any]) -> bytes:
    """What was played, expected, done and decided. Raises `printing.NoPrinter`."""
    context = {
        "course": now,
        "guide": now.scenario,
        "run": now.run,
        "territory": now.run.territory,
        "corrections": corrections,
        "today": timezone.localdate(),
        "style": printing.style(),
    }
    return printing.render_pdf(render_to_string("continuity/exercise_debrief_paper.html", context))
