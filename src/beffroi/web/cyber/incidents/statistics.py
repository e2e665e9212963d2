"""Incidents of a year, by kind: counted, small counts suppressed, reviewed by a person, then public.

In: the runs of a town, or the requests of a CSIRT. Out: plain data. Exercises and false alarms are not counted. A count under `SMALLEST` is not
shown, nor a total from which it, or the few that are hidden together, could be found again.
"""

from collections import Counter
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.guides.library import library
from beffroi.web.guides.models import Answer, Response
from beffroi.web.guides.services.responses import OUTCOME
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory

from ..errors import CyberError
from ..home_state import INCIDENT
from ..models import IncidentStatistics, Ticket
from ..overview import FALSE_ALARM, KIND_FACT
from .services import KIND

SMALLEST: Final = 5
UNKNOWN = "sorte non dite"


def build(territory: Territory, year: int) -> dict[str, Any]:
    """The statistics of a year. `rows`: kind and count, None where it is too small to be shown; `total` likewise."""
    counts = _of_tickets(territory, year) if territory.kind == KIND else _of_runs(territory, year)
    total = sum(counts.values())
    small = [count for count in counts.values() if count < SMALLEST]
    # The total gives the sum of the hidden counts: it must be no small count itself, and leave each of them unknown.
    hidden = sum(small)
    shows_total = total >= SMALLEST and (
        not small or (hidden >= SMALLEST and len(small) < hidden < len(small) * (SMALLEST - 1))
    )
    visible = [(kind, count if count >= SMALLEST else None) for kind, count in counts.items()]
    return {
        "year": year,
        # Hidden counts by name: their order would say which is larger.
        "rows": [list(row) for row in sorted(visible, key=lambda row: (-(row[1] or 0), row[0]))],
        "total": total if shows_total else None,
        "smallest": SMALLEST,
        "simulated": territory.is_fictional,
    }


def _of_tickets(territory: Territory, year: int) -> Counter[str]:
    rows = Ticket.objects.of(territory).filter(received_at__year=year).values_list("kind", flat=True)
    return Counter(kind or UNKNOWN for kind in rows)


def _of_runs(territory: Territory, year: int) -> Counter[str]:
    runs = Response.objects.of(territory).filter(guide=INCIDENT, is_exercise=False, opened_at__year=year)
    keys = list(runs.values_list("pk", flat=True))
    answers = Answer.objects.of(territory).filter(response__in=keys).order_by("pk")
    kinds, outcomes = (
        dict(answers.filter(question=question).values_list("response_id", "value"))
        for question in (KIND_FACT, OUTCOME)
    )
    labels = _labels()
    return Counter(
        labels.get(kinds.get(key) or "", UNKNOWN) for key in keys if outcomes.get(key) != FALSE_ALARM
    )


def _labels() -> dict[str, str]:
    runbook = library().guides.get(INCIDENT)
    facts = runbook.facts if isinstance(runbook, Runbook) else ()
    return {choice.key: choice.label for fact in facts if fact.key == "kind" for choice in fact.choices}


@act("incident.statistics", "statistiques d'incidents relues et publiées", right="cyber.accept")
def publish(
    territory: Territory, by: Person, year: int
) -> Recorded[IncidentStatistics] | Unchanged[IncidentStatistics]:
    """Publish the statistics of a past year, as they stand. Raises CyberError."""
    if year >= timezone.localdate().year:
        raise CyberError("Cette année n'est pas finie : publiez-la en janvier.")
    content = build(territory, year)
    if not content["rows"]:
        raise CyberError("Aucun incident n'est noté cette année-là : il n'y a rien à publier.")
    last = IncidentStatistics.objects.of(territory).filter(year=year).order_by("pk").last()
    if last is not None and last.content == content:
        return Unchanged(last)
    row: IncidentStatistics = IncidentStatistics.objects.create(
        territory=territory, year=year, content=content, by=by
    )
    return Recorded(row, {"year": year}, f"territory:{territory.pk}")
