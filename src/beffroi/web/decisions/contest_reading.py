"""Reading contestations: the list with its clock, the figures of the whole, what one may be about. Nothing is written here."""

from dataclasses import dataclass
from statistics import median

from django.db.models import F, QuerySet
from django.utils import timezone

from beffroi.web.platform.models import Territory

from . import references
from .models import Contestation, Proposal

State = Contestation.State


@dataclass(frozen=True)
class Clock:
    """How the territory answers: counts, and the median of whole days between reception and answer (None: no answer yet)."""

    open: int
    late: int
    answered: int
    answered_late: int
    median_days: float | None
    confirmed: int


def clock(territory: Territory) -> Clock:
    rows = Contestation.objects.of(territory)
    waiting = rows.exclude(state=State.ANSWERED)
    done = rows.filter(state=State.ANSWERED).values_list("received_at", "answered_at", "due_on", "outcome")
    spans = [
        # By the calendar of the territory: the hour, or the change of the clocks, adds no day.
        (
            (timezone.localdate(answered) - timezone.localdate(received)).days,
            timezone.localdate(answered) > due,
        )
        for received, answered, due, _ in done
    ]
    return Clock(
        open=waiting.count(),
        late=waiting.filter(due_on__lt=timezone.localdate()).count(),
        answered=len(spans),
        answered_late=sum(late for _, late in spans),
        median_days=median(days for days, _ in spans) if spans else None,
        confirmed=sum(outcome != Contestation.Outcome.NOT for *_, outcome in done),
    )


def listed(territory: Territory, state: str = "") -> QuerySet[Contestation]:
    """What is still open first, by its date."""
    rows: QuerySet[Contestation] = Contestation.objects.of(territory).select_related(
        "handler", "proposal__decision"
    )
    rows = rows.prefetch_related("corrections")
    if state == "ouvertes":
        rows = rows.exclude(state=State.ANSWERED)
    elif state == "repondues":
        rows = rows.filter(state=State.ANSWERED)
        return rows.order_by("-answered_at", "-pk")
    return rows.order_by(F("answered_at").asc(nulls_first=True), "due_on", "pk")


def proposal_named(proposals: QuerySet[Proposal], territory: Territory, text: str) -> Proposal | None:
    """The proposal that an agent names: by its decision's reference, its file, or its number."""
    text = text.strip()
    decision = references.find(territory, text)
    if decision is not None:
        return proposals.filter(pk=decision.proposal_id).first()
    by_case = proposals.filter(case__iexact=text).order_by("-created_at").first() if text else None
    if by_case is not None or not text.isdecimal() or len(text) > 15:
        return by_case
    return proposals.filter(pk=int(text)).first()
