"""Statements that wait for their check, told to whoever may check them: on the home of the territory and on that of the room."""

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..home_blocks import Line
from ..models import BillingStatement
from .services import ACT

TOPIC: Final = "billing"
SIGNAL: Final = "continuity.statements"
MOST: Final = 10


def waiting(territory: Territory) -> QuerySet[BillingStatement]:
    """Statements that may be checked: nothing impossible in them, neither replaced nor erased."""
    rows: QuerySet[BillingStatement] = BillingStatement.objects.of(territory)
    replaced = rows.exclude(replaces=None).values("replaces")
    return rows.filter(checked_at=None, erased_at=None, result__blocking=0).exclude(pk__in=replaced)


def _to_check(person: Person, territory: Territory) -> list[BillingStatement]:
    """Those that this person did not prepare, the first ones, if they may check."""
    if not home_signals.is_any(territory, SIGNAL) or not may(person, ACT, territory):
        return []
    return list(waiting(territory).exclude(by=person)[:MOST])


def card(person: Person, territory: Territory) -> HomeCard | None:
    found = _to_check(person, territory)
    if not found:
        return None
    one = len(found) == 1
    there = reverse("billing-statement", args=[territory.slug, found[0].pk])
    return HomeCard(
        "État de facturation à contrôler" if one else "États de facturation à contrôler",
        f"{found[0].label}." if one else "Préparés par quelqu'un d'autre : relisez-les avant l'export.",
        there if one else reverse("billing", args=[territory.slug]),
        len(found),
        order=22,
        section=Section.TO_DO,
        topic=TOPIC,
    )


def lines(person: Person, territory: Territory) -> Iterator[Line]:
    for each in _to_check(person, territory):
        there = reverse("billing-statement", args=[territory.slug, each.pk])
        yield Line("État de facturation à contrôler", there, f"{each.label}.", look="info")
