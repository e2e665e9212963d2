"""The catalogue room, as Django sees it."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "beffroi.web.catalogue"
    label = "catalogue"
    verbose_name = "Données"
