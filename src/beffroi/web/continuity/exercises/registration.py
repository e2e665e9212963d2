"""What exercises add to the house: their place in the navigation."""

from beffroi.web.ui import navigation


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "securite", "Exercices de crise", "exercises", "continuity.read", 70, room="continuity"
        )
    )
