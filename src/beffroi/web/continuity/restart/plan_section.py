"""The restart order in the recovery plan."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from beffroi.web.platform.models import Territory

from ..recovery_plans.sections import Block, Section
from .papers import context_of
from .registers import restart_order


def _blocks(territory: Territory) -> list[Block]:
    order = restart_order(territory)
    if not order.placed:
        return []
    return [SafeString(render_to_string("continuity/restart_waves.html", context_of(territory, order)))]


SECTION = Section("restart", "L'ordre de remise en route", 45, frozenset({"pra"}), _blocks)
