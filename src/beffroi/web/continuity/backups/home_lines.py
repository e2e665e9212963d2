"""What backups say on the home of the room, to who may read them: how many systems have no proven restore, the worst first."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from . import board


def without_proof(person: Person, territory: Territory) -> Iterator[Line]:
    lines = board.lines(territory) if may(person, "cyber.read", territory) else []
    found = [line for line in lines if line.state is not board.State.PROVEN]
    if found:
        yield Line(
            f"Prouver une restauration de {counted(len(found), 'système', 'systèmes')}",
            reverse("backups", args=[territory.slug]),
            f"{found[0].system.name} : {found[0].reason}",
            found[0].state.value,
        )
