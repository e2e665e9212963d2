"""Backups in the recovery plan: each system, where its copies are, whether a restore was proven."""

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import joined

from ..recovery_plans import sections
from ..recovery_plans.sections import Block, Section
from . import board


def _blocks(territory: Territory) -> list[Block]:
    return sections.table(
        ("Système", "Copies", "État"),
        (
            (line.system.name, joined(str(each.copy) for each in line.copies), line.state.value)
            for line in board.lines(territory)
        ),
    )


SECTION = Section("backups", "Les sauvegardes", 60, frozenset({"pra"}), _blocks)
