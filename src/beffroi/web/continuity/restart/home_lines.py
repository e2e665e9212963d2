"""What the restart order says on the home of the room: how many things contradict each other, and how many are to be completed."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from .registers import restart_order


def contradictions(_person: Person, territory: Territory) -> Iterator[Line]:
    there = reverse("restart", args=[territory.slug])
    order = restart_order(territory)
    if not order.placed:
        yield Line(
            "Inscrire les applications et ce qu'elles attendent",
            there,
            "L'ordre de remise en route s'en déduit.",
        )
        return
    where = "dans la remise en route"
    if found := len(order.opposed):
        yield Line(f"Lever {counted(found, 'contradiction', 'contradictions')} {where}", there)
    if found := len(order.incomplete):
        yield Line(f"Compléter {counted(found, 'point', 'points')} {where}", f"{there}#completer")
