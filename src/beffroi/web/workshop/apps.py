"""The workshop room, as Django sees it."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "beffroi.web.workshop"
    label = "workshop"
    verbose_name = "Services d'IA"
