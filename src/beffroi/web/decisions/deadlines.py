"""Deadlines of decisions: the hour by which an order leaves, set by system; after it nothing of that day is decided any more.

What concerns a person has no such hour, nor a trial on days already past. The only writer of `Deadline`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import NamedResource, may, require
from beffroi.web.ui.formats import SPACE

from .errors import DecisionError
from .models import Deadline, Proposal

MOST_DAYS_BEFORE = 60


def by_system(territory: Territory) -> dict[str, Deadline]:
    return {deadline.system: deadline for deadline in Deadline.objects.of(territory)}


def may_set(person: Person, territory: Territory, system: str) -> bool:
    return may(person, "system.bind", _resource(territory, system))


def set_deadline(
    territory: Territory, system: str, person: Person, at: time | None, days_before: int = 0
) -> Deadline | None:
    """Set the hour, or take it away (`at` None). Raises PermissionDenied, DecisionError."""
    require(person, "system.bind", _resource(territory, system))
    if not 0 <= days_before <= MOST_DAYS_BEFORE:
        raise DecisionError(
            f"Donnez un nombre de jours entre 0 (le jour même) et {MOST_DAYS_BEFORE}. Rien n'a changé.",
            "days_before",
        )
    rows = Deadline.objects.of(territory).filter(system=system)
    with transaction.atomic():
        if at is None:
            deadline = None
            rows.delete()
        else:
            values = {"at": at, "days_before": days_before, "by": person, "changed_at": timezone.now()}
            deadline, _ = Deadline.objects.update_or_create(
                territory=territory, system=system, defaults=values
            )
        ledger.append(
            territory,
            "decision.deadline",
            person,
            f"system:{system}",
            {"at": at.isoformat("minutes") if at else None, "days_before": days_before},
        )
    return deadline


def _resource(territory: Territory, system: str) -> NamedResource:
    return NamedResource(territory, f"system:{system}")


def is_over(proposal: Proposal, deadline: Deadline | None, now: datetime) -> bool:
    """Whether it came too late, or was not decided in time."""
    if deadline is None or proposal.due is None or not proposal.concerns_nobody:
        return False
    timely = timezone.localdate(proposal.created_at) <= proposal.due
    return timely and now >= deadline.moment(proposal.due)


def check(proposals: Sequence[Proposal]) -> None:
    """Raise unless each of these, of one territory, may still be decided at this hour."""
    if not any(proposal.due and proposal.concerns_nobody for proposal in proposals):
        return
    now, known = timezone.now(), by_system(proposals[0].territory)
    for proposal in proposals:
        deadline = known.get(proposal.system)
        if is_over(proposal, deadline, now):
            raise DecisionError(
                f"« {proposal.subject} » : l'heure limite est passée. "
                "Rien n'a été enregistré. Faites comme sans le service."
            )


def moment_in_words(moment: datetime, now: datetime) -> str:
    """« aujourd'hui, 10 h 30 », « demain, 10 h 30 », « vendredi 4 décembre, 10 h 30 »."""
    local, today = timezone.localtime(moment), timezone.localdate(now)
    near = {today: "aujourd'hui", today + timedelta(days=1): "demain", today - timedelta(days=1): "hier"}
    day = near.get(local.date()) or day_in_words(local.date())
    return f"{day}, {hour_in_words(local.time())}"


def day_in_words(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{date_format(day, 'l')} {number} {date_format(day, 'F')}".lower()


def hour_in_words(hour: time) -> str:
    return f"{hour.hour}{SPACE}h" + (f"{SPACE}{hour.minute:02d}" if hour.minute else "")
