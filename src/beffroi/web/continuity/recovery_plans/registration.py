"""What recovery plans add to the house: places in the navigation, sections of their own, the home, cards of what is overdue."""

from beffroi.web.platform import home_cards
from beffroi.web.ui import navigation

from .. import home_blocks
from ..offline_kit import parts
from . import cards, home_lines, home_state, kit_pages, own_sections


def register() -> None:
    """Called once, when the application is ready."""
    for label, url_name, order, text in (
        (
            "Plans de reprise et de continuité",
            "recovery-plans",
            71,
            "Ce qui est signé, ce qui a changé depuis.",
        ),
        (
            "Essais",
            "continuity-tests",
            72,
            "Ce que l'on essaie avant d'en avoir besoin, et ce que cela corrige.",
        ),
    ):
        navigation.register(
            navigation.Entry(
                "continuite", label, url_name, "continuity.read", order, room="continuity", text=text
            )
        )
    own_sections.register_all()
    parts.register(kit_pages.PART)
    home_blocks.register("plans", "not_ready", 20, home_lines.plans)
    home_blocks.register("tests", "not_ready", 30, home_lines.tests)
    home_state.register()
    home_cards.register(cards.continuity_cards)
    home_cards.register_topic(cards.TOPIC, "Continuité : essais et plans", "continuity.answer")
