"""What backups add to the house: their place in the navigation, their card, their topic, their job, their clock."""

from datetime import timedelta

from beffroi.web.platform import home_cards
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui import navigation

from ..offline_kit import parts
from . import backup_alerts, cards, kit_pages, reading_jobs


def register() -> None:
    """Called once, when the application is ready."""
    reading_jobs.register()
    parts.register(kit_pages.PART)
    periodic_tasks.register("backups", timedelta(hours=1), reading_jobs.start_due, apart=True)
    home_cards.register(cards.backups_card)
    home_cards.register_topic(backup_alerts.TOPIC, "Sauvegardes à regarder", "cyber.answer")
    navigation.register(
        navigation.Entry(
            "securite",
            "Sauvegardes",
            "backups",
            "cyber.read",
            30,
            room="continuity",
            text="Savoir si chaque système est sauvegardé, et si sa sauvegarde se restaure vraiment.",
        )
    )
