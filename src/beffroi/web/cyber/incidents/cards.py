"""What the home of a territory says first: an incident under way; to a CSIRT, the requests that are not closed."""

from typing import Final

from django.urls import reverse

from beffroi.web.guides import presenting
from beffroi.web.guides.models import Response
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import counted

from ..home_state import running_incidents, waiting
from ..models import State, Ticket
from .services import KIND

TOPIC: Final = "incidents"


def _with_deadline(run: Response, words: str) -> str:
    """These words, after the most urgent legal deadline of the incident."""
    urgent = presenting.most_urgent(run)
    return f"{urgent}. {words}" if urgent else words


def incident_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """One card an incident under way, one for the queue of a CSIRT; those who only read see what is under way."""
    if not may(person, "cyber.read", territory):
        return []
    section = Section.TO_DO if may(person, "cyber.answer", territory) else Section.CHANGED
    cards = [
        HomeCard(
            "Incident en cours",
            _with_deadline(run, "Les étapes, les délais et qui appeler."),
            reverse("guide-run", args=[territory.slug, run.pk]),
            order=1,
            section=section,
            topic=TOPIC,
            about=f"response:{run.pk}",
        )
        for run in (running_incidents(territory) if waiting(territory).incidents else [])[:3]
    ]
    if territory.kind == KIND:
        states = list(
            Ticket.objects.of(territory).exclude(state=State.CLOSED).values_list("state", flat=True)
        )
        if states:
            new = states.count(State.TO_QUALIFY)
            text = f"{new} à qualifier, {counted(len(states) - new, 'orientée', 'orientées')}."
            url = reverse("cyber-tickets", args=[territory.slug])
            cards.append(
                HomeCard("Demandes d'aide", text, url, len(states), order=2, section=section, topic=TOPIC)
            )
    return cards
