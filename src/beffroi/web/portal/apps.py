"""The portal room, as Django sees it."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "beffroi.web.portal"
    label = "portal"
    verbose_name = "Portail public"
