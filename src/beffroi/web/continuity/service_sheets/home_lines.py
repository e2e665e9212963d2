"""What sheets say on the home of the room: mine, and how many are not approved."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from .sheets import has_begun, register, sheets


def own_sheets(_person: Person, territory: Territory) -> Iterator[Line]:
    yield Line(
        "Mon service aujourd'hui",
        reverse("own-service", args=[territory.slug]),
        "Le minimum à tenir sans ordinateur.",
    )


def to_approve(_person: Person, territory: Territory) -> Iterator[Line]:
    there = reverse("sheets", args=[territory.slug])
    if not has_begun(territory):
        proposed = len(register().rows)
        yield Line("Commencer les fiches du mode dégradé", there, f"Beffroi en propose {proposed}.")
    elif waiting := sum(sheet.approval is None for sheet in sheets(territory)):
        yield Line(f"Approuver {counted(waiting, 'fiche', 'fiches')}", there)
