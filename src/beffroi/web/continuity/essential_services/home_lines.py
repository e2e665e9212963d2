"""What essential services say on the home of the room: how many there are, which have no validated outage."""

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from .outages import without_validated_outage
from .services import services_of


def services(person: Person, territory: Territory) -> list[Line]:
    count = len(services_of(territory))
    there = reverse("outages", args=[territory.slug])
    if not count:
        return [
            Line("Dire quels services vous rendez", there, "Beffroi en propose seize, à garder ou à retirer.")
        ]
    return [
        Line(
            counted(count, "service rendu", "services rendus"),
            reverse("outage-grid", args=[territory.slug]),
            "Ce qui peut attendre le moins d'abord.",
        )
    ]


def without_outage(person: Person, territory: Territory) -> list[Line]:
    waiting = without_validated_outage(territory)
    if not waiting:
        return []
    text = counted(len(waiting), "service sans durée d'arrêt validée", "services sans durée d'arrêt validée")
    return [Line(text, reverse("outages", args=[territory.slug]), badge="à faire")]
