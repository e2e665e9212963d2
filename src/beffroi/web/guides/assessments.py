"""Questionnaires answered about the entries of a register, a provider for example: the last answers of each, and what they say.

In: a register, its entries. Out: frozen lines for the templates. Two queries, however many entries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from beffroi.guides import Questionnaire, Register
from beffroi.guides.questionnaire import AxisScore, scores
from beffroi.text import format_number
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

from .library import library
from .models import Answer, Response


@dataclass(frozen=True)
class Assessment:
    """A questionnaire about one entry; `response`: the last one, None when nobody began. `weakest`: its lowest axis."""

    guide: Questionnaire
    response: Response | None = None
    answered: int = 0
    question_count: int = 0
    weakest: AxisScore | None = None

    @property
    def words(self) -> str:
        """« Le plus faible : Sauvegardes, 1 sur 3 »; how far it is while nothing counts."""
        if self.weakest is not None:
            axis, value = self.weakest.axis, format_number(round(self.weakest.value or 0, 1), "g")
            return f"Le plus faible : {axis.title}, {value} sur {format_number(axis.maximum, 'g')}"
        return f"{counted(self.answered, 'réponse', 'réponses')} sur {self.question_count}"


def questionnaires_about(register: Register) -> list[Questionnaire]:
    """Those that one answers for each entry of this register."""
    every = library().guides.values()
    return [each for each in every if isinstance(each, Questionnaire) and each.about == register.id]


def assessments(
    territory: Territory, register: Register, entries: Iterable[int]
) -> dict[int, list[Assessment]]:
    """The state of each questionnaire, by primary key of the entries."""
    guides = questionnaires_about(register)
    if not guides:
        return {}
    entries = list(entries)
    rows = Response.objects.of(territory).filter(entry__in=entries, guide__in=[each.id for each in guides])
    last = {
        (row.entry_id, row.guide): row for row in rows.select_related("edition").order_by("opened_at", "pk")
    }
    answers: dict[int, dict[str, Any]] = {}
    of_last = Answer.objects.of(territory).filter(response__in=list(last.values()))
    for response, question, value in of_last.values_list("response", "question", "value"):
        answers.setdefault(response, {})[question] = value
    return {pk: [_assessment(each, last.get((pk, each.id)), answers) for each in guides] for pk in entries}


def _assessment(
    guide: Questionnaire, response: Response | None, answers: dict[int, dict[str, Any]]
) -> Assessment:
    if response is None:
        return Assessment(guide)
    found = response.edition.read()
    own = {key: value for key, value in answers.get(response.pk, {}).items() if value is not None}
    if not isinstance(found, Questionnaire):
        return Assessment(guide, response)
    counted = [each for each in scores(found, own, timezone.localdate()) if each.value is not None]
    weakest = min(counted, key=lambda each: (each.value or 0) / each.axis.maximum, default=None)
    return Assessment(guide, response, len(own), len(found.questions), weakest)
