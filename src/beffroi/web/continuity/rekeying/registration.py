"""What re-keying adds to the house: places in the navigation, cards, jobs, clocks."""


def register() -> None:
    """Called once, when the application is ready."""
