"""What people decided for the next day of a system: what its morning and the home say then, rather than what was proposed.

In: a territory. Out: by system, the first day to come of which nothing waits any more, its sum in one unit.
Nothing that concerns a person is counted.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted, number

from . import deadlines, inbox
from .judging import is_without_ai
from .models import Decision, Proposal


@dataclass(frozen=True)
class DecidedDay:
    """The quantity that stands for a day, corrections included, and the one that the system computed.

    `without_ai`: lines that took the number of the way without AI.
    """

    day: date
    decided: float
    computed: float
    unit: str
    without_ai: int

    def __str__(self) -> str:
        lines = counted(self.without_ai, "ligne prend", "lignes prennent")
        why = f" ; {lines} la façon sans IA" if self.without_ai else ""
        note = f" ({number(self.computed)} par le calcul{why})" if self.computed != self.decided else ""
        return f"Décidé pour {deadlines.day_in_words(self.day)} : {number(self.decided)} {self.unit}{note}."


def by_system(territory: Territory) -> dict[str, DecidedDay]:
    """Of each system that has such a day; read again after each act of the territory."""
    today = timezone.localdate()
    return until_next_act(territory, f"decisions.decided:{today}", lambda: _read(territory, today))


def _read(territory: Territory, today: date) -> dict[str, DecidedDay]:
    """Three queries at most, whatever the number of systems."""
    counts = (
        _current_proposals(territory)
        .filter(due__gte=today)
        .order_by("due")
        .values_list("system", "due")
        .annotate(
            decided=Count("decision"),
            waiting=Count("pk", filter=Q(decision=None)),
            first_unit=Min("unit"),
            last_unit=Max("unit"),
        )
    )
    days: dict[str, date] = {}
    for system, day, decided, waiting, first_unit, last_unit in counts:
        if decided and not waiting and first_unit == last_unit:
            days.setdefault(system, day)
    if not days:
        return {}
    named = Q()
    for system, day in days.items():
        named |= Q(proposal__system=system, proposal__due=day)
    found: dict[str, dict[str, Decision]] = {}
    rows = Decision.objects.of(territory).filter(named, proposal__in=_current_proposals(territory))
    for decision in rows.select_related("proposal").prefetch_related("corrections").order_by("at", "pk"):
        found.setdefault(decision.proposal.system, {})[decision.proposal.identity] = decision
    return {system: _sum(days[system], list(last.values())) for system, last in found.items()}


def _current_proposals(territory: Territory) -> QuerySet[Proposal]:
    rows = inbox.ordinary(territory).filter(superseded_at=None)
    return rows.filter(Q(case=None) | Q(case=""))


def _sum(day: date, decisions: list[Decision]) -> DecidedDay:
    return DecidedDay(
        day,
        sum(one.in_force[1] or 0.0 for one in decisions),
        sum(one.proposal.value for one in decisions),
        decisions[0].proposal.unit,
        sum(is_without_ai(one) for one in decisions),
    )
