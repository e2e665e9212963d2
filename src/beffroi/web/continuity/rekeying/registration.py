"""What re-keying adds to the house: its place in the navigation, its card on the home."""

from beffroi.web.platform import home_cards
from beffroi.web.ui import navigation

from .. import home_blocks
from . import cards, home_lines


def register() -> None:
    """Called once, when the application is ready."""
    cards.register_signals()
    home_cards.register(cards.pending_card)
    home_blocks.register("rekeying", "now", 10, home_lines.waiting)
    home_cards.register_topic(cards.TOPIC, "Feuilles à ressaisir", "continuity.answer")
    navigation.register(
        navigation.Entry(
            "continuite",
            "Ressaisie",
            "rekeying",
            "continuity.answer",
            62,
            room="continuity",
            text="Retaper les feuilles remplies pendant l'arrêt, sans en perdre une.",
        )
    )
