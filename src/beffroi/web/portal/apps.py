"""The portal room, as Django sees it."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "beffroi.web.portal"
    label = "portal"
    verbose_name = "Portail public"

    def ready(self) -> None:
        from beffroi.web.platform import feature_switches

        feature_switches.register(
            feature_switches.Feature("portal", "Page publique", "Montrer aux habitants ce qui est publié.")
        )
