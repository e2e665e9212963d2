"""What paper forms add to the house: their place in the navigation, their part of the offline kit."""

from beffroi.web.continuity.offline_kit import parts
from beffroi.web.ui import navigation

from . import kit_pages


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "continuite",
            "Formulaires papier",
            "paper-forms",
            "continuity.read",
            60,
            room="continuity",
            text="Imprimer des feuilles numérotées, et savoir ce que chacune est devenue.",
        )
    )
    parts.register(parts.Part("paper-forms", "Formulaires papier", 40, kit_pages.pages))
