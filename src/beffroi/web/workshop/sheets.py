"""The questionnaires about a system, content of the kit of guides: which there are, what their answers open or close.

In: the kind of a questionnaire and what was written. Out: clean answers, or AnswersError with every fault in French.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Questionnaire
from beffroi.guides.questionnaire import AnswersError, missing_answers, read_answers
from beffroi.web.guides.library import guide

KINDS: Final = ("need", "supplier", "sovereignty", "mandate", "sandbox", "trial", "review")
NEEDED, NOT_NEEDED = "ai", "without"
GO_ON, STOP = "go_on", "stop"
# What an answer « le fournisseur ne répond pas » or « non » closes: without these one does not keep the upper hand.
MUST_BE_YES: Final = {
    "verifiable": "vérifier le système par vous-même",
    "stoppable": "l'arrêter à tout moment",
    "exportable": "reprendre vos données",
}

__all__ = ["AnswersError"]


def sheet(kind: str) -> Questionnaire:
    """One questionnaire. Raises KeyError."""
    return guide(Questionnaire, f"system-{kind}")


def read(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The clean answers. Raises AnswersError with every fault, the unknown questions included."""
    return read_answers(sheet(kind), values, timezone.localdate())


def missing(kind: str, answers: Mapping[str, Any]) -> list[str]:
    """Messages on what today's questionnaire asks and these older answers do not say."""
    return missing_answers(sheet(kind), answers, timezone.localdate())


def refusals(answers: Mapping[str, Any]) -> list[str]:
    """Why these answers on a supplier do not let the system in, in French."""
    found = [
        f"Vous ne pouvez pas {what} : ce service ne laisse pas la main à la collectivité. "
        "Demandez-le au fournisseur par écrit, ou choisissez un autre service."
        for key, what in MUST_BE_YES.items()
        if answers[key] != "yes"
    ]
    if answers["reuse"] != "no" and not answers.get("reuse_accepted"):
        found.append(
            "Vos données servent, ou pourraient servir, à entraîner les modèles du fournisseur : écrivez l'accord du "
            "délégué à la protection des données, ou faites-le exclure par le contrat."
        )
    return found
