"""Two responses to one guide, the former and this one: scores or status, answers that changed, actions done in between.

In: two responses of a territory. Out: plain values for a template; each response is read in the edition that it answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from beffroi.guides import Guide, Plan, Questionnaire, Rule
from beffroi.guides.questionnaire import AxisScore, scores
from beffroi.guides.rule import evaluate

from .models import ActionMove, FollowedAction, Response, answers_of
from .services.responses import questions_of


@dataclass(frozen=True)
class AxisChange:
    """An axis in both; a value is None where nothing counted, or where the edition has no such axis."""

    title: str
    maximum: float
    before: float | None
    after: float | None

    @property
    def words(self) -> str:
        if self.before is None or self.after is None:
            return ""
        change = round(self.after, 1) - round(self.before, 1)
        return "pareil" if not change else "mieux" if change > 0 else "moins bien"


@dataclass(frozen=True)
class AnswerChange:
    """An answer that is not the same; `note`: what became of its question."""

    label: str
    before: str
    after: str
    note: str = ""


def axes(former: Response, response: Response) -> list[AxisChange]:
    """The scores of a questionnaire, axis by axis: those of this edition, then those that it has no more."""
    before, after = _scores(former), _scores(response)
    return [
        AxisChange(one.axis.title, one.axis.maximum, _value(before.get(key)), _value(after.get(key)))
        for key, one in (after | {key: one for key, one in before.items() if key not in after}).items()
    ]


def _scores(response: Response) -> dict[str, AxisScore]:
    guide = response.edition.read()
    if not isinstance(guide, Questionnaire):
        return {}
    return {each.axis.key: each for each in scores(guide, answers_of(response), _day(response))}


def _value(score: AxisScore | None) -> float | None:
    return score.value if score else None


def statuses(former: Response, response: Response) -> tuple[str, str] | None:
    """The status that a rule gave, and gives; None for what is no rule."""
    found = []
    for each in (former, response):
        guide = each.edition.read()
        if not isinstance(guide, Rule):
            return None
        found.append(evaluate(guide, answers_of(each), _day(each)).status.title)
    return found[0], found[1]


def answers(former: Response, response: Response) -> list[AnswerChange]:
    """The answers that changed, in the order of this edition; then those to questions that it does not ask."""
    known = {question.key: question for question in questions_of(former.edition.read())}
    current = {question.key: question for question in questions_of(response.edition.read())}
    before, after = answers_of(former), answers_of(response)
    changes = []
    for key, question in (current | {key: one for key, one in known.items() if key not in current}).items():
        if before.get(key) != after.get(key):
            note = (
                "nouvelle question" if key not in known else "question retirée" if key not in current else ""
            )
            words = [known.get(key, question).format(before.get(key)), question.format(after.get(key))]
            changes.append(AnswerChange(question.label, *words, note))
    return changes


def done_between(
    former: Response, response: Response, plans: Iterable[Guide]
) -> list[tuple[FollowedAction, datetime]]:
    """The actions of these plans that were done since the former response and are still so, with their day."""
    until = response.closed_at or timezone.now()
    moves = ActionMove.objects.of(response.territory).filter(
        action__plan__in=[plan.id for plan in plans if isinstance(plan, Plan)],
        action__state="done",
        state="done",
        at__range=(former.opened_at, until),
    )
    last: dict[Any, tuple[FollowedAction, datetime]] = {}
    for move in moves.select_related("action"):
        last[move.action_id] = move.action, move.at
    return list(last.values())


def earlier(response: Response) -> list[Response]:
    """Those to compare with, the last one first, that which this one continues before them."""
    return sorted(rows_before(response)[:20], key=lambda each: each.pk != response.previous_id)


def rows_before(response: Response) -> QuerySet[Response]:
    """The responses to the same guide, about the same entry of a register, that were begun before."""
    return Response.objects.of(response.territory).filter(
        guide=response.guide,
        entry=response.entry_id,
        is_exercise=response.is_exercise,
        opened_at__lt=response.opened_at,
    )


def _day(response: Response) -> Any:
    return timezone.localtime(response.closed_at).date() if response.closed_at else timezone.localdate()
