"""The roles of the crisis cell in both plans: functions and what each does, no name."""

from beffroi.web.platform.models import Territory

from ..recovery_plans import sections
from ..recovery_plans.sections import BOTH, Block, Section
from .roles import role_purposes, role_titles


def _blocks(_territory: Territory) -> list[Block]:
    purposes = role_purposes()
    return sections.table(
        ("Rôle", "Ce qu'il fait"), ((title, purposes.get(key)) for key, title in role_titles().items())
    )


SECTION = Section("crisis-roles", "La cellule de crise", 55, BOTH, _blocks)
