"""What sheets say on the home of the room: mine, and how many are not approved."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from .sheets import sheets


def own_sheets(_person: Person, territory: Territory) -> Iterator[Line]:
    yield Line(
        "Mon service aujourd'hui",
        reverse("own-service", args=[territory.slug]),
        "Le minimum à tenir sans ordinateur.",
    )


def to_approve(_person: Person, territory: Territory) -> Iterator[Line]:
    every = sheets(territory)
    waiting = [sheet for sheet in every if sheet.approval is None]
    if not every:
        yield Line(
            "Commencer les fiches du mode dégradé",
            reverse("sheets", args=[territory.slug]),
            "Beffroi en propose dix-sept.",
        )
    elif waiting:
        yield Line(
            counted(len(waiting), "fiche à approuver", "fiches à approuver"),
            reverse("sheets", args=[territory.slug]),
        )
