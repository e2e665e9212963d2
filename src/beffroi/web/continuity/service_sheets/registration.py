"""What service sheets add to the house: their places in the navigation."""

from beffroi.web.ui.navigation import Entry
from beffroi.web.ui.navigation import register as register_entry


def register() -> None:
    """Called once, when the application is ready."""
    register_entry(
        Entry(
            "securite",
            "Fiches du mode dégradé",
            "sheets",
            "continuity.read",
            6,
            room="continuity",
            text="Une fiche par service : le minimum à tenir sans ordinateur, approuvée et essayée.",
        )
    )
