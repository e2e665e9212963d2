"""What crisis adds to the house: its place in the navigation, the card of a crisis under way, links of runs, its part of the kit."""

from beffroi.web.guides.presenting import register_clock_pages, register_origin, register_run_links
from beffroi.web.platform import emergency_banner, home_cards, home_signals
from beffroi.web.ui import navigation

from .. import home_blocks
from ..recovery_plans import sections
from . import cell, home_lines, kit_pages, plan_section
from .crisis_cards import crisis_cards
from .crisis_emergencies import crisis_emergencies
from .crisis_links import clock_pages, crisis_links, debrief_origin


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry("continuite", "Cellule de crise", "crises", "continuity.read", 6, room="continuity")
    )
    home_signals.register("continuity.crises", cell.watched_rows)
    emergency_banner.register("continuity.crises", 0, crisis_emergencies)
    home_cards.register(crisis_cards)
    home_cards.register_topic("crisis", "Crise en cours", "continuity.answer")
    register_run_links(crisis_links)
    register_clock_pages(clock_pages)
    register_origin(debrief_origin)
    home_blocks.register("crises", "now", 0, home_lines.under_way)
    home_blocks.register("crisis-roles", "not_ready", 20, home_lines.unprepared)
    kit_pages.register_parts()
    sections.register(plan_section.SECTION)
