"""The cyber room, as Django sees it: the path of a small town, its inventory, its incidents, its mail, posts and sites."""

from django.apps import AppConfig


class CyberConfig(AppConfig):
    name = "beffroi.web.cyber"
    label = "cyber"
    verbose_name = "Sécurité"

    def ready(self) -> None:
        from beffroi.web.guides.domains import Domain, register
        from beffroi.web.platform import feature_switches, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.ui import navigation

        from .inventory import cards as inventory_cards
        from .inventory import watching

        register(
            Domain("cyber", "Sécurité", "securite", "cyber", "cyber.read", "cyber.answer", "cyber.accept")
        )
        feature_switches.register(
            feature_switches.Feature(
                "cyber",
                "Sécurité",
                "Suivre le parcours de sécurité, tenir l'inventaire, conduire un incident.",
                ("cyber.",),
            )
        )
        navigation.register(
            navigation.Entry("securite", "Postes et serveurs", "devices", "cyber.read", 30, room="cyber")
        )
        home_cards.register(inventory_cards.silent_card)
        home_cards.register_topic(inventory_cards.TOPIC, "Machines silencieuses", "cyber.answer")
        periodic_tasks.register("silent-machines", watching.EVERY, watching.check_all, apart=True)
