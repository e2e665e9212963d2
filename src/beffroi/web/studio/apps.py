"""The studio room, as Django sees it."""

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "beffroi.web.studio"
    label = "studio"
    verbose_name = "Analyses"
