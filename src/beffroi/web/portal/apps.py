"""The portal room, as Django sees it."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "beffroi.web.portal"
    label = "portal"
    verbose_name = "Portail public"

    def ready(self) -> None:
        from beffroi.web.cyber import teleservices
        from beffroi.web.platform import feature_switches

        teleservices.register(
            teleservices.OnlineService(
                "Contester une décision",
                "portal-contest",
                "Toute personne conteste une décision prise avec l'aide d'un service, sans compte.",
                ("contact",),
            )
        )
        teleservices.register(
            teleservices.OnlineService(
                "Suivre une contestation",
                "portal-contest-follow",
                "Qui a contesté lit la réponse avec son code.",
                ("contact",),
            )
        )
        feature_switches.register(
            feature_switches.Feature("portal", "Page publique", "Montrer aux habitants ce qui est publié.")
        )
