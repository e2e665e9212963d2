"""What a crisis teaches: its questions, asked at its end, what they propose, and what became of it in the plan of corrections."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.questionnaire import next_actions
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
    """`proposed`: titles and reasons of what is in no plan yet; `actions`: all that is, with who does it, by when, in which state."""

    proposed: list[tuple[str, str]]
    actions: list[Line]

    @property
    def without_owner(self) -> int:
        return sum(not line.row.owner and line.row.state not in ("done", "refused") for line in self.actions)


def answers_in_force(crisis: Crisis) -> Response | None:
    """The last answers to the debrief: those of its end, or those that were begun again from them."""
    return next(reversed(_answers_in_turn(crisis)), None)


def _answers_in_turn(crisis: Crisis) -> list[Response]:
    """The answers of its end, then each time that they were begun again."""
    found: list[Response] = []
    response: Response | None = crisis.debrief
    while response is not None:
        found.append(response)
        response = Response.objects.of(crisis.territory).filter(previous=response).order_by("-pk").first()
    return found


def lessons(crisis: Crisis) -> Lessons:
    """What the answers call for and what came of them. Before one of them calls for something, nothing is proposed."""
    answered = _answers_in_turn(crisis)
    plan = guide(Plan, PLAN)
    called_for = plans.called_for(answered[-1], plan) if answered and _calls(answered[-1]) else []
    keys = [each.key for each in called_for]
    rows = FollowedAction.objects.of(crisis.territory).filter(plan=PLAN)
    rows = rows.filter(Q(source__in=answered) | Q(key__in=keys))
    lines = lines_of(plan, rows, timezone.localdate())
    followed = {line.row.key for line in lines}
    proposed = [(each.title, each.why) for each in called_for if each.key not in followed]
    return Lessons(proposed, lines)


def _calls(response: Response) -> bool:
    found = response.edition.read()
    return isinstance(found, Questionnaire) and bool(
        next_actions(found, answers_of(response), timezone.localdate())
    )


def written(crisis: Crisis) -> list[tuple[str, list[str]]]:
    """What was written in words of their own: each question, its lines."""
    response = answers_in_force(crisis)
    found = response.edition.read() if response is not None else None
    if response is None or not isinstance(found, Questionnaire):
        return []
    answers = answers_of(response)
    return [
        (each.label, answers[each.key])
        for each in found.questions
        if each.kind == "lines" and answers.get(each.key)
    ]


def propose(crisis: Crisis, by: Person) -> int:
    """Put the proposals in the plan of corrections; how many are new. Raises ContinuityError before the crisis is closed."""
    response = answers_in_force(crisis)
    if response is None:
        raise ContinuityError("Les questions s'ouvrent quand la crise est close.")
    return plans.propose_from_response(response, by, guide(Plan, PLAN))
