"""What service sheets add to the house: their places in the navigation."""

from beffroi.web.guides.addresses import register_working_page
from beffroi.web.ui.navigation import Entry
from beffroi.web.ui.navigation import register as register_entry

from .. import home_blocks
from ..recovery_plans import sections
from . import home_lines, plan_section
from .sheets import REGISTER


def register() -> None:
    """Called once, when the application is ready."""
    sections.register(plan_section.SECTION)
    home_blocks.register("own-sheets", "service", 20, home_lines.own_sheets)
    home_blocks.register("sheets", "not_ready", 15, home_lines.to_approve)
    register_working_page(REGISTER, "Fiches du mode dégradé", "sheets", "continuity.read")
    register_entry(
        Entry(
            "continuite",
            "Fiches du mode dégradé",
            "sheets",
            "continuity.read",
            6,
            room="continuity",
            text="Une fiche par service : le minimum à tenir sans ordinateur, approuvée et essayée.",
        )
    )
