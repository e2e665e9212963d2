"""Card of re-keying on a territory's home: what waits to be typed again, to who may type it."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .pending import pending

TOPIC: Final = "rekeying"


def pending_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "continuity.answer", territory):
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
