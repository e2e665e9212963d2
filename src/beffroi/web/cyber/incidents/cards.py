"""What the home of a territory says first: an incident under way; to a CSIRT, the requests that nobody has qualified yet."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import State, Ticket
from ..overview import open_incidents
from .services import KIND

TOPIC: Final = "incidents"


def incident_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """One card an incident under way, one for the queue of a CSIRT; those who only read see what is under way."""
    if not may(person, "cyber.read", territory):
        return []
    section = Section.TO_DO if may(person, "cyber.answer", territory) else Section.CHANGED
    cards = [
        HomeCard(
            "Incident en cours",
            "Les étapes, les délais et qui appeler.",
            reverse("guide-run", args=[territory.slug, run.pk]),
            order=1,
            section=section,
            topic=TOPIC,
        )
        for run in open_incidents(territory)[:3]
    ]
    if territory.kind == KIND and (
        count := Ticket.objects.of(territory).filter(state=State.TO_QUALIFY).count()
    ):
        text = "demande à qualifier." if count == 1 else "demandes à qualifier."
        url = reverse("cyber-tickets", args=[territory.slug])
        cards.append(HomeCard("Demandes d'aide", text, url, count, order=2, section=section, topic=TOPIC))
    return cards
