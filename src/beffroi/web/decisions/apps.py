"""The decisions room, as Django sees it."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "beffroi.web.decisions"
    label = "decisions"
    verbose_name = "Décisions"
