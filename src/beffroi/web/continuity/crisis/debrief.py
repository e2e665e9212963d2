"""What a crisis teaches: its questions, asked at its end, and what they propose, put in the plan of corrections."""

from typing import Final

from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.questionnaire import next_actions
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.services import plans
from beffroi.web.platform.models import Person

from ..errors import ContinuityError
from ..models import Crisis

PLAN: Final = "continuity_plan"


def proposals(crisis: Crisis) -> list[tuple[str, str]]:
    """Titles and reasons of the actions that the answers call for, the first ones first."""
    if crisis.debrief is None:
        return []
    found = crisis.debrief.edition.read()
    if not isinstance(found, Questionnaire):
        return []
    due = next_actions(found, answers_of(crisis.debrief), timezone.localdate())
    return [(each.words.title, each.words.why) for each in due]


def propose(crisis: Crisis, by: Person) -> int:
    """Put the proposals in the plan of corrections; how many are new. Raises ContinuityError before the crisis is closed."""
    if crisis.debrief is None:
        raise ContinuityError("Les questions s'ouvrent quand la crise est close.")
    return plans.propose_from_response(crisis.debrief, by, guide(Plan, PLAN))
