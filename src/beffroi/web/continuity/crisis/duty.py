"""Relief of the people on duty, and the support of agents: hours, warnings at a limit, a checklist. Confidential.

Only who is director or has logistics reads this. Names come from the cell; nothing is typed: no word of health can be stored.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.guides.library import guide
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import Crisis, DutyShift, SupportCheck
from . import journal, roles

CHECKLIST: Final = "crisis_support"
LONGEST: Final = timedelta(hours=24)
LAW: Final = (
    "Agents publics : décret n° 2000-815 du 25 août 2000, article 3 (10 heures par jour, 48 heures par semaine, 11 heures de repos). "
    "Salariés : code du travail, articles L. 3121-18 et L. 3121-20. Lus le 29 novembre 2026."
)


def require_confidential(crisis: Crisis, person: Person) -> None:
    """Raises PermissionDenied for who is neither director nor in charge of logistics."""
    require(person, "continuity.answer", crisis.territory)
    if not roles.may_read_confidential(crisis, person):
        raise PermissionDenied("Ces heures sont réservées au directeur de crise et à la logistique.")


def names(crisis: Crisis) -> list[str]:
    """Who may be put on duty: whoever has or had a role, and those of the calling list."""
    found = [row.name for row in crisis.assignments.all() if row.name]
    for call in roles.calling_list(crisis.territory):
        found += [call.holder, *(name for name, _ in call.deputies)]
    return sorted({name for name in found if name})


def shifts(crisis: Crisis) -> list[DutyShift]:
    """Every shift as it stands, those that were cancelled left out, in the order of their hours."""
    last = {row.uuid: row for row in DutyShift.objects.of(crisis.territory).filter(crisis=crisis)}
    found = [row for row in last.values() if row.state != DutyShift.State.CANCELLED]
    return sorted(found, key=lambda row: (row.begins_at, row.name))


def plan_shift(crisis: Crisis, by: Person, name: str, begins_at: datetime, ends_at: datetime) -> DutyShift:
    """Plan hours of a person of the cell."""
    if name not in names(crisis):
        raise ContinuityError("Choisissez une personne de la cellule ou de la liste d'appel.", "name")
    return _write(crisis, by, None, name, begins_at, ends_at, DutyShift.State.PLANNED)


def set_shift(
    crisis: Crisis,
    by: Person,
    uuid: UUID,
    state: str,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> DutyShift:
    """Say that a shift was done, with its real hours, or is cancelled."""
    found = next((row for row in shifts(crisis) if row.uuid == uuid), None)
    if found is None or state not in (DutyShift.State.DONE, DutyShift.State.CANCELLED):
        raise ContinuityError("Cette garde n'existe pas, ou est annulée. Rien n'a été changé.")
    return _write(crisis, by, uuid, found.name, begins_at or found.begins_at, ends_at or found.ends_at, state)


@act("crisis.duty", "heures de garde prévues, faites ou annulées", right=journal.ANSWER)
def _write(
    crisis: Crisis,
    by: Person,
    uuid: UUID | None,
    name: str,
    begins_at: datetime,
    ends_at: datetime,
    state: str,
) -> Recorded[DutyShift]:
    require_confidential(crisis, by)
    if not begins_at < ends_at <= begins_at + LONGEST:
        raise ContinuityError("Une garde finit après son début, et dure 24 heures au plus.", "ends_at")
    row: DutyShift = DutyShift.objects.create(
        territory=crisis.territory,
        crisis=crisis,
        name=name,
        begins_at=begins_at,
        ends_at=ends_at,
        state=state,
        by=by,
        **({"uuid": uuid} if uuid is not None else {}),
    )
    # Neither who nor when: a ledger is read by others than the director.
    return Recorded(row, {"shift": str(row.uuid), "state": state})


@dataclass(frozen=True)
class DutyHours:
    """Hours of one person: those of each day and week that pass a limit are named."""

    name: str
    total: float
    long_days: list[tuple[date, float]]
    long_weeks: list[tuple[date, float]]

    @property
    def is_over(self) -> bool:
        return bool(self.long_days or self.long_weeks)


def hours_on_duty(crisis: Crisis) -> list[DutyHours]:
    """Hours of each person, planned and done, two shifts that overlap counted once; who passes a limit first."""
    by_name: dict[str, list[DutyShift]] = defaultdict(list)
    for row in shifts(crisis):
        by_name[row.name].append(row)
    found = [_hours(crisis, name, rows) for name, rows in by_name.items()]
    return sorted(found, key=lambda each: (not each.is_over, each.name))


def _hours(crisis: Crisis, name: str, rows: list[DutyShift]) -> DutyHours:
    days: dict[date, float] = defaultdict(float)
    weeks: dict[date, float] = defaultdict(float)
    reached: datetime | None = None
    for row in sorted(rows, key=lambda each: each.begins_at):
        begins_at = max(row.begins_at, reached) if reached else row.begins_at
        reached = max(row.ends_at, reached) if reached else row.ends_at
        day = timezone.localdate(begins_at)
        while begins_at < row.ends_at:
            midnight = timezone.make_aware(datetime.combine(day + timedelta(1), time()))
            end = min(midnight, row.ends_at)
            hours = (end - begins_at).total_seconds() / 3600
            days[day] += hours
            weeks[day - timedelta(days=day.weekday())] += hours
            begins_at, day = end, day + timedelta(1)
    return DutyHours(
        name,
        sum(days.values()),
        [(day, hours) for day, hours in sorted(days.items()) if hours > crisis.day_limit],
        [(day, hours) for day, hours in sorted(weeks.items()) if hours > crisis.week_limit],
    )


@dataclass(frozen=True)
class SupportItem:
    key: str
    title: str
    text: str
    done: SupportCheck | None


def checklist(crisis: Crisis) -> list[SupportItem]:
    """The items of the checklist, and who ticked them last."""
    rows = SupportCheck.objects.of(crisis.territory).filter(crisis=crisis).select_related("by")
    last = {row.item: row for row in rows}
    return [
        SupportItem(
            step.key, step.title, step.text, row if (row := last.get(step.key)) and row.done else None
        )
        for step in guide(Runbook, CHECKLIST).steps
    ]


@act("crisis.support", "soutien des agents : point de la liste", right=journal.ANSWER)
def check(crisis: Crisis, by: Person, item: str, *, done: bool) -> Recorded[SupportCheck]:
    """Tick an item, or take it back."""
    require_confidential(crisis, by)
    if item not in {step.key for step in guide(Runbook, CHECKLIST).steps}:
        raise ContinuityError("Ce point n'est pas dans la liste.")
    row: SupportCheck = SupportCheck.objects.create(
        territory=crisis.territory, crisis=crisis, item=item, done=done, by=by
    )
    return Recorded(row, {"item": item, "done": done})


def totals(crisis: Crisis) -> tuple[float, bool]:
    """For the debrief, no name: hours in all, and whether a limit was passed."""
    rows = hours_on_duty(crisis)
    return sum(row.total for row in rows), any(row.is_over for row in rows)
