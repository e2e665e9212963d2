"""Cards of continuity on a territory's home: how to begin, a test that is overdue, a plan to sign again. No query of its own."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .home_state import waiting

TOPIC: Final = "continuity"


def continuity_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """To those who prepare the degraded mode; what is to be signed, to those who may sign."""
    if not may(person, "continuity.answer", territory):
        return []
    now = waiting(territory)
    home = reverse("continuity", args=[territory.slug])
    if not now.services:
        text = (
            "Si tout s'arrête demain, que continuez-vous de rendre ? Commencez par la liste de vos services."
        )
        return [HomeCard("Continuité", text, home, order=180)]
    found = []
    if now.tests:
        there = reverse("continuity-tests", args=[territory.slug])
        text = "Le jour prévu est passé : faites-le, ou donnez-lui un autre jour."
        found.append(
            HomeCard(
                "Essai de continuité en retard", text, there, order=9, section=Section.TO_DO, topic=TOPIC
            )
        )
    if now.stale and may(person, "continuity.accept", territory):
        there = reverse("recovery-plans", args=[territory.slug])
        text = "Le dernier a plus d'un an. Lisez ce qui a changé, puis signez."
        found.append(
            HomeCard("Plan de continuité à signer", text, there, order=9, section=Section.TO_DO, topic=TOPIC)
        )
    if not found and (now.unvalidated or not now.signed):
        text = (
            "Des services n'ont pas de durée d'arrêt validée."
            if now.unvalidated
            else "Aucun plan n'est signé."
        )
        found.append(HomeCard("Continuité", text, home, order=180))
    return found
