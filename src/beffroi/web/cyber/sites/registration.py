"""What watched sites bring to the site: their job, their clock, their card, their place in the navigation."""

from datetime import timedelta

from beffroi.web.platform import home_cards
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui import navigation

from . import cards, site_checks


def register() -> None:
    site_checks.register()
    periodic_tasks.register("sites", timedelta(minutes=1), site_checks.start_due, apart=True)
    periodic_tasks.register("sites-history", timedelta(days=1), site_checks.forget_old_checks, apart=True)
    home_cards.register(cards.alerts_card)
    home_cards.register_topic(cards.TOPIC, "Surveillance des sites web", "cyber.answer")
    navigation.register(
        navigation.Entry(
            "securite",
            "Sites web",
            "sites",
            "cyber.read",
            60,
            room="cyber",
            text="Savoir si vos sites répondent, s'ils ont changé, et quoi demander à votre prestataire.",
        )
    )
