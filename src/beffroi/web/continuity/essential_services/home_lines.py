"""What essential services say on the home of the room: how many there are, which have no validated outage."""

from typing import Final

from django.urls import reverse

from beffroi.text import fold_name
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from .outages import without_validated_outage
from .services import name_of, services_of

MOST_OWN: Final = 4


def services(person: Person, territory: Territory) -> list[Line]:
    """Those that this person answers for, by the names of the register; then all of them."""
    entries = services_of(territory)
    if not entries:
        return []
    name = fold_name(str(person))
    own = [
        entry
        for entry in entries
        if name in (fold_name(entry.values.get("head", "")), fold_name(entry.values.get("deputy", "")))
    ]
    return [
        *(
            Line(name_of(entry), reverse("outage-service", args=[territory.slug, entry.pk]))
            for entry in own[:MOST_OWN]
        ),
        Line(
            counted(len(entries), "service rendu", "services rendus"),
            reverse("outage-grid", args=[territory.slug]),
            "Ce qui peut attendre le moins d'abord.",
        ),
    ]


def without_outage(person: Person, territory: Territory) -> list[Line]:
    there = reverse("outages", args=[territory.slug])
    if not services_of(territory):
        text = "Beffroi en propose seize, à garder ou à retirer."
        return [Line("Dire quels services vous rendez", there, text)]
    waiting = without_validated_outage(territory)
    if not waiting:
        return []
    services = counted(len(waiting), "service", "services")
    return [Line(f"Valider la durée d'arrêt de {services}", there, badge="à faire")]
