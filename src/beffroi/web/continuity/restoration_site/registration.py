"""What the restoration page adds to the house: places in the navigation, cards, jobs, its part of the offline kit."""

from beffroi.web.platform import home_cards, home_signals
from beffroi.web.ui import navigation

from ..crisis import wall
from ..offline_kit import parts
from . import cards, kit_part, sending
from .wall_states import published_states


def register() -> None:
    """Called once, when the application is ready."""
    sending.register()
    parts.register(kit_part.PART)
    parts.register(kit_part.EDITOR)
    wall.register_services(published_states)
    home_signals.register(cards.SIGNAL, cards.pages)
    home_cards.register(cards.draft_card)
    home_cards.register_topic(cards.TOPIC, "Page des habitants", "continuity.publish")
    navigation.register(
        navigation.Entry(
            "continuite",
            "Page des habitants",
            "restoration",
            "continuity.read",
            60,
            room="continuity",
            text="Dire aux habitants ce qui marche, ce qui est arrêté et quoi faire, même sans la plateforme.",
        )
    )
