"""What exercises add to the house: their place in the navigation, their pages in the offline kit."""

from beffroi.web.ui import navigation

from . import kit_pages


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "continuite", "Exercices de crise", "exercises", "continuity.read", 70, room="continuity"
        )
    )
    kit_pages.register_parts()
