"""What machines add to the house: their place in the navigation, the card of silent ones, the clock that looks for them."""

from beffroi.web.platform import home_cards
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui import navigation

from . import cards, watching


def register() -> None:
    navigation.register(
        navigation.Entry("securite", "Postes et serveurs", "devices", "cyber.read", 30, room="cyber")
    )
    home_cards.register(cards.silent_card)
    home_cards.register_topic(cards.TOPIC, "Machines silencieuses", "cyber.answer")
    periodic_tasks.register("silent-machines", watching.EVERY, watching.check_all, apart=True)
