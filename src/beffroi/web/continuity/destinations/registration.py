"""What destinations add to the house: places in the navigation, cards, jobs, clocks."""

from datetime import timedelta

from beffroi.web.platform import home_cards, home_signals
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui import navigation

from . import cards, trial_jobs


def register() -> None:
    """Called once, when the application is ready."""
    trial_jobs.register()
    periodic_tasks.register("destination-trials", timedelta(hours=1), trial_jobs.start_due, apart=True)
    home_signals.register(cards.SIGNAL, cards.failed_trials)
    home_cards.register(cards.trial_card)
    home_cards.register_topic(cards.TOPIC, "Copies hors de la mairie", "continuity.answer")
    navigation.register(
        navigation.Entry(
            "continuite",
            "Destinations",
            "destinations",
            "continuity.read",
            70,
            room="continuity",
            text="Où partent le kit hors ligne et la page des habitants, et si ces endroits répondent encore.",
        )
    )
