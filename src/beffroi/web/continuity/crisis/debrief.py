"""What a crisis teaches: its questions, asked at its end, what they propose, and what became of it in the plan of corrections."""

from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.questionnaire import DueAction, next_actions
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction, Response, answers_of
from beffroi.web.guides.plan_lists import Line, lines_of
from beffroi.web.guides.services import plans
from beffroi.web.platform.models import Person

from ..errors import ContinuityError
from ..models import Crisis

PLAN: Final = "continuity_plan"


@dataclass(frozen=True)
class Lessons:
    """`proposed`: titles and reasons of what is in no plan yet; `actions`: what is, with who does it, by when, in which state."""

    proposed: list[tuple[str, str]]
    actions: list[Line]

    @property
    def without_owner(self) -> int:
        return sum(not line.row.owner and line.row.state not in ("done", "refused") for line in self.actions)


def answers_in_force(crisis: Crisis) -> Response | None:
    """The last answers to the debrief: those of its end, or those that were begun again from them."""
    found: Response | None = crisis.debrief
    while found is not None:
        later = Response.objects.of(crisis.territory).filter(previous=found).order_by("-pk").first()
        if later is None:
            break
        found = later
    return found


def lessons(crisis: Crisis) -> Lessons:
    """What the answers call for, the first ones first."""
    due = _due(crisis)
    keys = [each.action.key for each in due]
    plan = guide(Plan, PLAN)
    rows = FollowedAction.objects.of(crisis.territory).filter(plan=PLAN, key__in=keys)
    lines = lines_of(plan, rows, timezone.localdate())
    followed = {line.row.key for line in lines}
    proposed = [(each.words.title, each.words.why) for each in due if each.action.key not in followed]
    return Lessons(proposed, lines)


def _due(crisis: Crisis) -> list[DueAction]:
    response = answers_in_force(crisis)
    found = response.edition.read() if response is not None else None
    if response is None or not isinstance(found, Questionnaire):
        return []
    return list(next_actions(found, answers_of(response), timezone.localdate()))


def propose(crisis: Crisis, by: Person) -> int:
    """Put the proposals in the plan of corrections; how many are new. Raises ContinuityError before the crisis is closed."""
    response = answers_in_force(crisis)
    if response is None:
        raise ContinuityError("Les questions s'ouvrent quand la crise est close.")
    return plans.propose_from_response(response, by, guide(Plan, PLAN))
