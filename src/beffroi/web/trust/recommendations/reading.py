"""Where each recommendation stands on a day: its state, its last answer, and whether the answer is late.

In come recommendations with their steps; out go frozen views for the pages, the public site and the report.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from beffroi.web.platform.models import Territory

from ..models import Recommendation, RecommendationStep

State = RecommendationStep.State


@dataclass(frozen=True)
class Where:
    """`since`: when it entered this state. `answered`: the day of the first answer. `late`: owed and not given, or given late."""

    state: str
    label: str
    since: date
    answer: str
    answered: date | None
    waiting: bool
    late: bool
    days_left: int


def where(row: Recommendation, moment: datetime | None = None) -> Where:
    """Its place at a moment, now by default."""
    moment = moment or timezone.now()
    today = timezone.localtime(moment).date()
    steps = [step for step in sorted(row.steps.all(), key=lambda s: (s.at, s.pk)) if step.at <= moment]
    answers = [step for step in steps if step.state in RecommendationStep.ANSWERS]
    last = steps[-1] if steps else None
    first = timezone.localtime(answers[0].at).date() if answers else None
    return Where(
        state=last.state if last else State.RECEIVED,
        label=last.get_state_display() if last else str(State.RECEIVED.label),
        since=timezone.localtime(last.at).date() if last else row.received_on,
        answer=answers[-1].answer if answers else "",
        answered=first,
        waiting=first is None,
        late=(first or today) > row.answer_due,
        days_left=(row.answer_due - today).days,
    )


@dataclass(frozen=True)
class Line:
    row: Recommendation
    where: Where


def lines(territory: Territory, *, state: str = "", words: str = "") -> list[Line]:
    """Those in this state and with these words, those that wait the longest first, then the last answered."""
    rows = Recommendation.objects.of(territory).prefetch_related("steps")
    if words:
        rows = rows.filter(text__icontains=words)
    found = [Line(row, where(row)) for row in rows]
    if state == "late":
        found = [line for line in found if line.where.waiting and line.where.late]
    elif state:
        found = [line for line in found if line.where.state == state]
    return sorted(
        found,
        key=lambda line: (
            not line.where.waiting,
            line.row.answer_due.toordinal() if line.where.waiting else -line.row.number,
        ),
    )


@dataclass(frozen=True)
class Count:
    total: int
    answered: int
    waiting: int
    late: int


def count(found: list[Line]) -> Count:
    waiting = [line for line in found if line.where.waiting]
    return Count(
        len(found), len(found) - len(waiting), len(waiting), sum(1 for line in waiting if line.where.late)
    )
