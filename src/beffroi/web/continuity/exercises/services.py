"""Run an exercise: begin, record each act, and put what is to be corrected in the plan of continuity.

Nothing leaves an exercise: an inject is a screen. Each act is one row, at the hour of this machine.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Plan, Runbook
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import guide, library
from beffroi.web.guides.models import FollowedAction, Response
from beffroi.web.guides.services import plans, responses
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import ExerciseEvent
from . import exercise_acts
from .timeline import Event, Timeline

ANSWER: Final = "continuity.answer"
DOMAIN: Final = "continuity"
PLAN: Final = "continuity_plan"


def scenarios() -> list[Runbook]:
    """The scenarios of exercises of this instance: runbooks that have injects."""
    every = (each for each in library().guides.values() if isinstance(each, Runbook) and each.injects)
    # The shortest first; of two of one length, the one that teaches more.
    return sorted(
        (each for each in every if each.domain == DOMAIN),
        key=lambda each: (each.injects[-1].minute, -len(each.injects)),
    )


def scenario(key: str) -> Runbook | None:
    return next((each for each in scenarios() if each.id == key), None)


def begin(territory: Territory, by: Person, found: Runbook, label: str = "") -> Response:
    """Open an exercise of this scenario; its clock starts later, by `record`."""
    require(by, ANSWER, territory)
    return responses.open_run(territory, by, found, label=label, is_exercise=True)


def timeline(run: Response) -> Timeline:
    """The course of an exercise, as it stands."""
    rows = ExerciseEvent.objects.filter(run=run).order_by("pk")
    return Timeline(_scenario_of(run), [Event(row.act, row.at, row.data) for row in rows])


@act("exercise.event", "exercice de crise : acte de l'animateur, réaction ou observation", right=ANSWER)
def record(
    run: Response, by: Person, what: str, data: Mapping[str, Any] | None = None
) -> Recorded[ExerciseEvent]:
    """Write an act of the facilitator, a reaction or an observation. Raises ContinuityError with what to do."""
    course = timeline(run)
    exercise_acts.require_allowed(course.state, what)
    content = exercise_acts.content(what, data or {}, course.scenario, _keys(course))
    row: ExerciseEvent = ExerciseEvent.objects.create(
        territory=run.territory, run=run, act=what, data=content, by=by
    )
    if what == "end":
        responses.close_response(run, by)
    return Recorded(row, {"act": what}, f"response:{run.pk}")


def _keys(course: Timeline) -> exercise_acts.InjectKeys:
    placed = course.injects(timezone.now())
    coming, received = (
        {each.inject.key for each in placed if each.state == state} for state in ("coming", "delivered")
    )
    return exercise_acts.InjectKeys(coming, received)


def _scenario_of(run: Response) -> Runbook:
    found = run.edition.read()
    if not isinstance(found, Runbook) or not run.is_exercise:
        raise ContinuityError("Ceci n'est pas un exercice.")
    return found


def add_correction(run: Response, by: Person, title: str, owner: str, due_on: date) -> FollowedAction:
    """What is to be corrected after an exercise, in the plan of continuity. Raises ContinuityError."""
    require(by, ANSWER, run.territory)
    plan = guide(Plan, PLAN)
    try:
        with transaction.atomic():
            action = plans.add_action(run.territory, by, plan, title, why=_reason(run))
            plans.update_action(action, by, plan, owner=owner, due_on=due_on, spent=Decimal(0))
    except GuideError as error:
        raise ContinuityError(str(error), error.field) from error
    return action


def corrections(run: Response) -> list[FollowedAction]:
    """What was decided at the debrief of this exercise."""
    rows = FollowedAction.objects.of(run.territory).filter(plan=PLAN)
    return [row for row in rows if row.content.get("why") == _reason(run)]


def _reason(run: Response) -> str:
    """How a correction says where it comes from."""
    return f"Décidé au bilan de l'exercice n° {run.pk}, le {timezone.localtime(run.opened_at):%d/%m/%Y}."
