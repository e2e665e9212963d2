"""Where a territory stands in its security: its path, its plan, what expires this month, its incidents. The home and the helper read it.

In: a territory. Out: plain values. Nothing is judged « conforme »: what is done, what is late, what nobody answered.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.plan import Followed, next_steps, progress
from beffroi.guides.questionnaire import scores
from beffroi.web.guides import presenting
from beffroi.web.guides.library import library
from beffroi.web.guides.models import (
    Answer,
    FollowedAction,
    Response,
    StageAcceptance,
    answers_of,
)
from beffroi.web.guides.services.plans import actions_of, followed
from beffroi.web.guides.services.responses import OUTCOME, questions_of
from beffroi.web.platform.models import Territory

from . import home_state
from .due import due_this_month
from .home_state import silent_machines

PATH: Final = "cyber_path"
KIT: Final = "cyber_kit"
KIND_FACT: Final = "kind"
FALSE_ALARM: Final = "false_alarm"
FELT: Final = "ressenti"
GAP: Final = 0.2
"""Share of the scale from which a difference between what is felt and what is answered is said."""


@dataclass(frozen=True)
class Path:
    """The path of a town: its last response, how far it is, how many questions it may ask, its result, its plan."""

    response: Response | None
    progress: presenting.Progress | None
    possible: int
    scores: list[Any]
    stages: list[tuple[str, bool]]
    next: list[tuple[Followed, FollowedAction]]
    late: int
    done: int
    counted: int
    spent: Decimal
    cost_high: float

    @property
    def gap(self) -> str:
        """Felt protection beside what the answers say, in words; empty until both are known."""
        felt = next((each for each in self.scores if each.axis.key == FELT), None)
        others = [each.value / each.axis.maximum for each in self.scores if each.axis.key != FELT]
        if felt is None or not others:
            return ""
        gap = felt.value / felt.axis.maximum - sum(others) / len(others)
        if gap >= GAP:
            return "Vous vous sentez mieux protégés que vos réponses ne le disent."
        if gap <= -GAP:
            return "Vos réponses disent mieux que ce que vous ressentez."
        return "Ce que vous ressentez et vos réponses vont dans le même sens."

    @property
    def stage(self) -> str:
        """The first stage that is not accepted yet; empty when all are."""
        return next((title for title, accepted in self.stages if not accepted), "")


def path(territory: Territory) -> Path:
    today = timezone.localdate()
    response = (
        Response.objects.of(territory)
        .filter(guide=PATH)
        .select_related("edition")
        .order_by("-opened_at")
        .first()
    )
    found = response.edition.read() if response else library().guides.get(PATH)
    answers = answers_of(response) if response else {}
    plan = library().guides.get(KIT)
    rows = actions_of(territory, plan) if isinstance(plan, Plan) else []
    by_key = {row.key: row for row in rows}
    every = [followed(row) for row in rows]
    now = progress(every, today)
    accepted = set(StageAcceptance.objects.of(territory).filter(plan=KIT).values_list("stage", flat=True))
    return Path(
        response,
        presenting.progress(found, answers) if found else None,
        len(questions_of(found)) if found else 0,
        [each for each in scores(found, answers, today) if each.value is not None]
        if isinstance(found, Questionnaire)
        else [],
        [(stage.title, stage.key in accepted) for stage in plan.stages] if isinstance(plan, Plan) else [],
        [(each, by_key[each.action.key]) for each in next_steps(every)],
        len(now.late),
        now.counts["done"],
        len(every) - now.counts["refused"],
        sum((row.spent for row in rows), Decimal(0)),
        now.cost_high,
    )


def open_incidents(territory: Territory) -> list[Response]:
    """Incidents under way, exercises left out; each says its kind in its `label`, where somebody noted it."""
    return name_incidents(list(home_state.open_incidents(territory).select_related("edition")))


def name_incidents(runs: list[Response]) -> list[Response]:
    """These runs, named by the kind of their incident, or as false alarms: one query."""
    answers = Answer.objects.filter(response__in=runs, question__in=(KIND_FACT, OUTCOME)).order_by("pk")
    last = {
        (run, question): value
        for run, question, value in answers.values_list("response_id", "question", "value")
    }
    for run in runs:
        fact = next((each for each in questions_of(run.edition.read()) if each.key == KIND_FACT), None)
        if last.get((run.pk, OUTCOME)) == FALSE_ALARM:
            run.label = f"Fausse alerte {run.label}".strip()
        elif not run.label and fact is not None and (kind := last.get((run.pk, KIND_FACT))):
            run.label = fact.format(kind)
    return runs


def figures(territory: Territory, with_answers: bool) -> dict[str, Any]:
    """What a territory may share with its helper; with its scores and answers where it shares them."""
    now = path(territory)
    found: dict[str, Any] = {
        "stage": now.stage,
        "stages": [sum(accepted for _, accepted in now.stages), len(now.stages)],
        "answered": now.progress.answered if now.progress and now.response else 0,
        "asked": now.progress.total if now.progress else 0,
        "actions": now.counted,
        "done": now.done,
        "late": now.late,
        "expired": sum(each.overdue for each in due_this_month(territory)),
        "silent": silent_machines(territory).count(),
        "incidents": len(open_incidents(territory)),
    }
    if with_answers and now.response is not None:
        found["scores"] = [[each.axis.title, round(each.value, 1), each.axis.maximum] for each in now.scores]
        sections = presenting.rows(now.response, now.response.edition.read())
        found["answers"] = [
            [title, row.question.label, row.answer]
            for title, rows in sections
            for row in rows
            if row.is_answered
        ]
    return found
