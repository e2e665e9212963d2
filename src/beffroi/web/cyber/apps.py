"""The cyber room, as Django sees it: the path of a small town, its inventory, its incidents, its mail, posts and sites."""

from django.apps import AppConfig


class CyberConfig(AppConfig):
    name = "beffroi.web.cyber"
    label = "cyber"
    verbose_name = "Sécurité"

    def ready(self) -> None:
        from datetime import timedelta

        from beffroi.web.guides.domains import Domain, register
        from beffroi.web.guides.presenting import register_run_links
        from beffroi.web.platform import feature_switches
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.ui.navigation import Entry
        from beffroi.web.ui.navigation import register as enter

        from .incidents.links import incident_links
        from .incidents.services import end_overdue_shares
        from .overview import figures

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
        register_run_links(incident_links)
        enter(Entry("securite", "Sécurité", "cyber", "cyber.read", 0, room="cyber"))
        enter(Entry("securite", "Incidents", "cyber-incidents", "cyber.read", 10, room="cyber"))
        enter(Entry("securite", "Qui appeler", "cyber-calls", "territory.enter", 80, room="cyber"))
        periodic_tasks.register("incident-shares", timedelta(hours=1), end_overdue_shares, apart=True)
        feature_switches.register(
            feature_switches.Feature(
                "cyber",
                "Sécurité",
                "Suivre le parcours de sécurité, tenir l'inventaire, conduire un incident.",
                ("cyber.",),
            )
        )
