"""What mail adds to the house: its place in the navigation, its checks of each week, its card on the home."""

from datetime import timedelta

from beffroi.web.platform import home_cards
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui import navigation

from . import check_jobs, home_card


def register() -> None:
    check_jobs.register()
    periodic_tasks.register("mail-checks", timedelta(minutes=10), check_jobs.start_due, apart=True)
    home_cards.register(home_card.mail_cards)
    home_cards.register_topic(home_card.TOPIC, "La messagerie de la collectivité", "cyber.answer")
    navigation.register(navigation.Entry("securite", "Messagerie", "mail", "cyber.read", 60, room="cyber"))
