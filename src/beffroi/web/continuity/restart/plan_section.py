"""The restart order in the recovery plan, and what its drills gave."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from ..recovery_plans import sections
from ..recovery_plans.sections import Block, Section
from .drills import dated_results
from .papers import context_of
from .registers import restart_order


def _blocks(territory: Territory) -> list[Block]:
    order = restart_order(territory)
    if not order.placed:
        return []
    tried = ((french_date(each.day, hour=False), each.summary) for each in dated_results(territory))
    return [
        SafeString(render_to_string("continuity/restart_waves.html", context_of(territory, order))),
        *sections.table(("Jour", "Ce que l'essai a donné"), tried),
    ]


SECTION = Section("restart", "L'ordre de remise en route", 45, frozenset({"pra"}), _blocks)
