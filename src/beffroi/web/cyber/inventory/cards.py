"""What the home of a territory says of silent machines: to the administrator, then to the security officer."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import has_role, may

from .. import home_state

TOPIC: Final = "silent-machines"


def silent_card(person: Person, territory: Territory) -> HomeCard | None:
    """The silences of which nobody took charge; who is not the administrator sees those that went on."""
    if not may(person, "cyber.answer", territory) or not home_state.waiting(territory).machines:
        return None
    silent = home_state.silent_machines(territory)
    if not has_role(person, "administrator", territory):
        silent = silent.exclude(escalated_at=None)
    count = silent.count()
    if not count:
        return None
    text = "machine ne donne plus signe." if count == 1 else "machines ne donnent plus signe."
    url = reverse("devices", args=[territory.slug])
    return HomeCard(
        "Machines silencieuses", text, url, count=count, order=15, section=Section.TO_DO, topic=TOPIC
    )
