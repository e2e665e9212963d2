"""Sheets of the degraded mode in the continuity plan: which service has one, approved when, tried when."""

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import joined

from ..recovery_plans import sections
from ..recovery_plans.sections import BOTH, Block, Section
from .sheets import sheets


def _blocks(territory: Territory) -> list[Block]:
    rows = (
        (sheet.service, sheet.state[0], sheet.trial_state[0], joined(sheet.minimum))
        for sheet in sheets(territory)
    )
    return sections.table(("Service", "Fiche", "Essai", "Le minimum à tenir"), rows)


SECTION = Section("sheets", "Servir sans ordinateur", 35, BOTH, _blocks)
