"""Card of re-keying on a territory's home: what waits to be typed again, to who may type it."""

from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import RekeyingBatch, ScannedPage
from .pending import pending

TOPIC: Final = "rekeying"
SIGNALS: Final = ("continuity.batches", "continuity.scans")


def _batches(territory: Territory) -> QuerySet[RekeyingBatch]:
    rows: QuerySet[RekeyingBatch] = RekeyingBatch.objects.of(territory)
    return rows.filter(closed_at=None, is_exercise=False)


def _scans(territory: Territory) -> QuerySet[ScannedPage]:
    rows: QuerySet[ScannedPage] = ScannedPage.objects.of(territory)
    return rows.filter(range=None, erased_at=None)


def register_signals() -> None:
    for key, rows in zip(SIGNALS, (_batches, _scans), strict=True):
        home_signals.register(key, rows)


def pending_card(person: Person, territory: Territory) -> HomeCard | None:
    if not home_signals.is_any(territory, *SIGNALS) or not may(person, "continuity.answer", territory):
        return None
    found = pending(territory)
    if not found.total:
        return None
    return HomeCard(
        "À ressaisir",
        f"{found.words()}.",
        reverse("rekeying", args=[territory.slug]),
        found.total,
        order=20,
        section=Section.TO_DO,
        topic=TOPIC,
    )
