"""What billing statements add to the house: their place in the navigation."""

from beffroi.web.ui import navigation


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "securite", "États de facturation", "billing", "continuity.bill", 75, room="continuity"
        )
    )
