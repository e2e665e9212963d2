"""The territories room, as Django sees it."""

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "beffroi.web.territories"
    label = "territories"
    verbose_name = "Territoires"
