"""What the checks of mail say on a territory's home: a protection that got worse, until it is mended."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .. import home_state
from .domain_names import readable
from .verdicts import TITLES

TOPIC: Final = "mail"


def mail_cards(person: Person, territory: Territory) -> list[HomeCard]:
    if not may(person, "cyber.read", territory) or not home_state.waiting(territory).mail:
        return []
    acts = may(person, "cyber.answer", territory)
    return [
        HomeCard(
            title=f"Messagerie de {readable(row.name)} : moins protégée qu'avant",
            text=f"{', '.join(TITLES[key] for key in row.worsened)}. La lettre à votre prestataire est prête.",
            url=reverse("mail-domain", args=[territory.slug, row.pk]),
            order=30,
            section=Section.TO_DO if acts else Section.CHANGED,
            topic=TOPIC,
        )
        for row in home_state.worsened_domains(territory)
    ]
