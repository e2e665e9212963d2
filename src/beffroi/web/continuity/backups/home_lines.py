"""What backups say on the home of the room, to who may read them: how many systems have no proven restore, the worst first."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import counted

from ..home_blocks import Line
from . import board
from .tool_backups import tool_backups


def without_proof(person: Person, territory: Territory) -> Iterator[Line]:
    if not may(person, "cyber.read", territory):
        return
    there = reverse("backups", args=[territory.slug])
    found = [line for line in board.lines(territory) if line.state is not board.State.PROVEN]
    if found:
        yield Line(
            f"Prouver une restauration de {counted(len(found), 'système', 'systèmes')}",
            there,
            f"{found[0].system.name} : {found[0].reason}",
            found[0].state.value,
        )
    if tools := tool_backups(territory):
        yield Line(
            f"Reprendre {counted(len(tools), 'sauvegarde', 'sauvegardes')} de vos outils",
            there,
            f"{tools[0].name} : dites sur quel support elle est.",
            board.State.UNKNOWN.value,
        )
