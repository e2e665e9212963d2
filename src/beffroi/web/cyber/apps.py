"""The cyber room, as Django sees it: the path of a small town, its inventory, its incidents, its mail, posts and sites."""

from datetime import timedelta

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

        from .mail import check_jobs, home_card

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
        check_jobs.register()
        periodic_tasks.register("mail-checks", timedelta(minutes=10), check_jobs.start_due, apart=True)
        home_cards.register(home_card.mail_cards)
        home_cards.register_topic(home_card.TOPIC, "La messagerie de la collectivité", "cyber.answer")
        navigation.register(
            navigation.Entry("securite", "Messagerie", "mail", "cyber.read", 60, room="cyber")
        )
