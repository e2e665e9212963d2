"""What is to be done this month: what expires in registers, what plans want, decisions to look at again, what third parties sent.

In: a territory and the subjects to look at. Out: lines in the order of their days; many of one kind are one line.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Plan, Register
from beffroi.guides.register import Expiring, expiring
from beffroi.web.guides.contributions.targets import target_of
from beffroi.web.guides.library import library
from beffroi.web.guides.models import Arbitration, Contribution, FollowedAction, RegisterEntry
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

SOON: Final = timedelta(days=31)
MOST_APART: Final = 3
"""Entries of a register that expire for the same reason: beyond, one line says how many."""


@dataclass(frozen=True)
class Due:
    """Something to do this month: what, where, by when; `days`: negative once it is past. `entries`: days of each, in a line of many."""

    title: str
    what: str
    url: str
    day: date
    days: int
    entries: tuple[int, ...] = ()

    @property
    def overdue(self) -> int:
        """How many are past."""
        return sum(days < 0 for days in self.entries or (self.days,))


def due_this_month(territory: Territory, domains: tuple[str, ...] = ("cyber",)) -> list[Due]:
    """What these domains want done by now or within a month, the oldest first: five queries."""
    today = timezone.localdate()
    found = [
        *_expiring(territory, domains, today),
        *_planned(territory, domains, today),
        *_to_decide_again(territory, domains, today),
        *_to_check(territory, domains, today),
    ]
    return sorted(found, key=lambda each: each.day)


def _expiring(territory: Territory, domains: tuple[str, ...], today: date) -> list[Due]:
    registers = {
        each.id: each
        for each in library().guides.values()
        if isinstance(each, Register) and each.domain in domains and each.expiries
    }
    entries: dict[str, list[RegisterEntry]] = {}
    for row in RegisterEntry.objects.of(territory).filter(register__in=registers, removed_at=None):
        entries.setdefault(row.register, []).append(row)
    found = []
    for key, rows in entries.items():
        by_reason: dict[str, list[Expiring]] = {}
        for each in expiring(registers[key], [row.values for row in rows], today):
            by_reason.setdefault(each.expiry.key, []).append(each)
        keys = {id(row.values): row.pk for row in rows}
        for several in by_reason.values():
            found += _lines(territory, registers[key], several, keys)
    return found


def _lines(
    territory: Territory, register: Register, several: list[Expiring], keys: dict[int, int]
) -> list[Due]:
    """One line an entry; one for all where they are many. `keys`: of the rows, by the identity of their values."""
    title, first = several[0].expiry.title, several[0]
    if len(several) > MOST_APART:
        url = reverse("register", args=[territory.slug, register.id])
        what = counted(len(several), register.entry, register.entries)
        return [Due(title, what, url, first.day, first.days, tuple(each.days for each in several))]
    return [
        Due(
            title,
            register.label_of(each.entry),
            reverse("register-entry", args=[territory.slug, register.id, keys[id(each.entry)]]),
            each.day,
            each.days,
        )
        for each in several
    ]


def _planned(territory: Territory, domains: tuple[str, ...], today: date) -> list[Due]:
    """Actions that were retained and are due."""
    plans = {
        each.id for each in library().guides.values() if isinstance(each, Plan) and each.domain in domains
    }
    actions = FollowedAction.objects.of(territory).filter(
        plan__in=plans, state__in=("accepted", "begun"), due_on__lte=today + SOON
    )
    return [
        Due(
            "Action du plan",
            str(action),
            reverse("plan", args=[territory.slug, action.plan]),
            action.due_on,
            (action.due_on - today).days,
        )
        for action in actions
    ]


def _to_decide_again(territory: Territory, domains: tuple[str, ...], today: date) -> list[Due]:
    """Decisions that asked to be looked at again by now, where nobody decided since."""
    rows = Arbitration.objects.of(territory).select_related("response", "entry").order_by("pk")
    last = {(row.response_id, row.entry_id): row for row in rows}
    found = []
    for row in last.values():
        guide = library().guides.get(row.response.guide if row.response else row.entry.register)
        if row.until is None or row.until > today + SOON or guide is None or guide.domain not in domains:
            continue
        if row.response is not None:
            what, url = str(row.response), reverse("response", args=[territory.slug, row.response_id])
        elif row.entry.removed_at is None and isinstance(guide, Register):
            what = guide.label_of(row.entry.values)
            url = reverse("register-entry", args=[territory.slug, guide.id, row.entry_id])
        else:
            continue
        found.append(Due("Décision à revoir", what, url, row.until, (row.until - today).days))
    return found


def _to_check(territory: Territory, domains: tuple[str, ...], today: date) -> list[Due]:
    """What third parties sent and nobody checked, by address."""
    rows = Contribution.objects.of(territory).filter(state=Contribution.State.WAITING)
    links = {
        row.link_id: row
        for row in rows.select_related("link__response__edition", "link__action").order_by("-pk")
    }
    found = []
    for row in links.values():
        guide = library().guides.get(row.link.guide)
        if guide is not None and guide.domain in domains:
            target = target_of(row.link)
            url = target.addresses(territory.slug)
            # It waits for nobody's day: it is of today until somebody checks it.
            found.append(Due(f"Envoi à relire : {target.title}", row.link.name, url, today, 0))
    return found
