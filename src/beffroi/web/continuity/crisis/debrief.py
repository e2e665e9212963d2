"""What a crisis teaches: its questions, asked at its end, and what they propose, put in the continuity plan where there is one."""

from typing import Final

from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.questionnaire import next_actions
from beffroi.web.guides.library import library
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.services import plans
from beffroi.web.platform.models import Person

from ..errors import ContinuityError
from ..models import Crisis

PLAN: Final = "continuity_plan"


def plan() -> Plan | None:
    """The plan that corrections go to, where this instance has it."""
    found = library().guides.get(PLAN)
    return found if isinstance(found, Plan) else None


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
    """Put the proposals in the plan; how many are new. Raises ContinuityError where there is no plan."""
    target = plan()
    response: Response | None = crisis.debrief
    if target is None or response is None:
        raise ContinuityError("Il n'y a pas encore de plan de continuité ici. La liste reste sur cette page.")
    if response.guide in target.feeds:
        return plans.propose_from_response(response, by, target)
    known = {str(action) for action in plans.actions_of(crisis.territory, target)}
    new = [title for title, _ in proposals(crisis) if title[:200] not in known]
    for title in new:
        plans.add_action(crisis.territory, by, target, title)
    return len(new)
