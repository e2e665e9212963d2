"""What the restart order says on the home of the room: how many things contradict each other."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from .registers import application_entries, restart_order


def contradictions(_person: Person, territory: Territory) -> Iterator[Line]:
    there = reverse("restart", args=[territory.slug])
    if not application_entries(territory):
        yield Line(
            "Inscrire les applications et ce qu'elles attendent",
            there,
            "L'ordre de remise en route s'en déduit.",
        )
    elif found := restart_order(territory).contradictions:
        yield Line(
            counted(
                len(found), "contradiction dans la remise en route", "contradictions dans la remise en route"
            ),
            there,
        )
