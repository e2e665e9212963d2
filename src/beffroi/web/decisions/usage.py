"""How proposals are used, in figures of the whole: whether people still judge what a system proposes (automation bias).

By system and month, never by person; nothing before staff were informed and consulted; nothing of a month that runs (two
readings would tell one decision), nor of a cell of fewer than 20 decisions or 3 people. Delays run from the proposal to the decision: no page keeps what somebody did meanwhile.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .errors import DecisionError
from .models import Decision, StaffConsultation
from .notices import titles_of

LEAST_DECISIONS = 20
LEAST_PEOPLE = 3
BIAS_FROM = 50  # decisions
BIAS_SHARE = 0.95  # accepted unchanged


@dataclass(frozen=True)
class Figures:
    """Shares (0..1) of one cell, and the median of hours between a proposal and its decision."""

    decisions: int
    accepted: float
    changed: float
    refused: float
    median_hours: float

    @property
    def biased(self) -> bool:
        """Nearly everything accepted as proposed, over many: « biais d'automatisation possible »."""
        return self.decisions >= BIAS_FROM and self.accepted > BIAS_SHARE


@dataclass(frozen=True)
class Cell:
    """One system in one month; `figures` is None where there are too few to speak of a whole, or to hide another month's."""

    title: str
    month: date
    figures: Figures | None


def consultation(territory: Territory) -> StaffConsultation | None:
    """The last one recorded: without it, nothing is shown."""
    found: StaffConsultation | None = StaffConsultation.objects.of(territory).select_related("by").first()
    return found


def cells(person: Person, territory: Territory) -> list[Cell] | None:
    """The figures, newest month first; None until staff were informed and consulted. Raises PermissionDenied."""
    require(person, "usage.read", territory)
    if consultation(territory) is None:
        return None
    rows = _counted(territory)
    found: dict[tuple[date, str], list[tuple[str, float]]] = defaultdict(list)
    people: dict[tuple[date, str], set[int]] = defaultdict(set)  # counted, then forgotten
    for system, verdict, who, at, made in rows.values_list(
        "proposal__system", "verdict", "person_id", "at", "proposal__created_at"
    ):
        key = (month_of(at), system)
        if key[0] >= month_of(timezone.now()):
            continue
        found[key].append((verdict, _hours(made, at)))
        people[key].add(who)
    titles = titles_of(territory, (system for _, system in found))
    cells = _without_remainder({key: _figures(found[key], len(people[key])) for key in found})
    return [
        Cell(titles[key[1]], key[0], cells[key])
        for key in sorted(found, key=lambda key: (-key[0].toordinal(), titles[key[1]]))
    ]


def month_of(moment: datetime) -> date:
    """Its first day."""
    return timezone.localdate(moment).replace(day=1)


def _without_remainder(
    cells: dict[tuple[date, str], Figures | None],
) -> dict[tuple[date, str], Figures | None]:
    """Hide the smallest month beside one that is hidden alone: the published year, less the eleven others, would tell it."""
    hidden = dict(cells)
    for year, system in {(month.year, system) for month, system in cells}:
        months = {key: figures for key, figures in cells.items() if (key[0].year, key[1]) == (year, system)}
        visible = {key: figures.decisions for key, figures in months.items() if figures is not None}
        if visible and len(months) - len(visible) == 1:
            hidden[min(visible, key=lambda key: (visible[key], key))] = None
    return hidden


def of_year(territory: Territory, system: str, year: int) -> Figures | None:
    """One system over a year that has ended; None for too few, before staff were consulted, or while the year runs.

    A whole year only: two periods of one's choice, one taken from the other, would tell of one decision.
    """
    if year >= timezone.localdate().year or consultation(territory) is None:
        return None
    rows = list(
        _counted(territory)
        .filter(proposal__system=system, at__year=year)
        .values_list("verdict", "person_id", "at", "proposal__created_at")
    )
    people = len({who for _, who, _, _ in rows})  # counted, then forgotten
    return _figures([(verdict, _hours(made, at)) for verdict, _, at, made in rows], people)


def _counted(territory: Territory) -> QuerySet[Decision]:
    """Offences are left out: those who see them are few."""
    rows: QuerySet[Decision] = Decision.objects.of(territory).exclude(proposal__offence=True)
    return rows


def _hours(made: datetime, at: datetime) -> float:
    return (at - made).total_seconds() / 3600


def _figures(rows: list[tuple[str, float]], people: int) -> Figures | None:
    if len(rows) < LEAST_DECISIONS or people < LEAST_PEOPLE:
        return None

    def share(verdict: str) -> float:
        return sum(recorded == verdict for recorded, _ in rows) / len(rows)

    return Figures(
        decisions=len(rows),
        accepted=share(Decision.Verdict.ACCEPT),
        changed=share(Decision.Verdict.CHANGE),
        refused=share(Decision.Verdict.REFUSE),
        median_hours=median(hours for _, hours in rows),
    )


def record_consultation(
    territory: Territory, person: Person, *, informed_on: date, consulted_on: date, body: str, reference: str
) -> StaffConsultation:
    """Write down that staff were told, and which body was heard: it opens the figures for the whole, never by person."""
    require(person, "usage.manage", territory)
    today = timezone.localdate()
    if informed_on > today or consulted_on > today:
        raise DecisionError(
            "Cette date est à venir : inscrivez ce qui a eu lieu. Rien n'a été enregistré.", "informed_on"
        )
    if not body.strip() or not reference.strip():
        raise DecisionError(
            "Donnez l'instance et la référence du procès-verbal. Rien n'a été enregistré.", "reference"
        )
    with transaction.atomic():
        row: StaffConsultation = StaffConsultation.objects.create(
            territory=territory,
            informed_on=informed_on,
            consulted_on=consulted_on,
            body=body.strip(),
            reference=reference.strip(),
            by=person,
        )
        details = {
            "told_on": informed_on.isoformat(),
            "consulted_on": consulted_on.isoformat(),
            "body": row.body,
        }
        ledger.append(territory, "usage.consult", person, f"consultation:{row.pk}", details)
    return row
