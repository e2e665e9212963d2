"""The cyber room, as Django sees it: the path of a small town, its inventory, its incidents, its mail, posts and sites."""

from datetime import timedelta

from django.apps import AppConfig


class CyberConfig(AppConfig):
    name = "beffroi.web.cyber"
    label = "cyber"
    verbose_name = "Sécurité"

    def ready(self) -> None:
        from beffroi.web.guides.domains import Domain, register
        from beffroi.web.guides.presenting import register_entry_links
        from beffroi.web.platform import feature_switches
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.ui.navigation import Entry
        from beffroi.web.ui.navigation import register as enter

        from . import home_state, teleservices
        from .incidents import registration as incidents
        from .inventory import registration as inventory
        from .mail import registration as mail
        from .overview import figures
        from .sites import registration as sites

        register(
            Domain(
                "cyber",
                "Sécurité",
                "securite",
                "cyber",
                "cyber.read",
                "cyber.answer",
                "cyber.accept",
                figures,
            )
        )
        feature_switches.register(
            feature_switches.Feature(
                "cyber",
                "Sécurité",
                "Suivre le parcours de sécurité, tenir l'inventaire, conduire un incident.",
                ("cyber.",),
            )
        )
        enter(Entry("securite", "Sécurité", "cyber", "cyber.read", 0, room="cyber"))
        enter(
            Entry(
                "securite",
                "Scripts de lecture",
                "cyber-scripts",
                "cyber.read",
                35,
                room="cyber",
                text="Lister un poste sans rien taper : le texte des scripts, leur empreinte, qui les a essayés.",
            )
        )
        home_state.register()
        register_entry_links(teleservices.site_links)
        periodic_tasks.register("teleservices", timedelta(days=1), teleservices.report_all, apart=True)
        for noun in (incidents, inventory, mail, sites):
            noun.register()
