"""The operations room, as Django sees it."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "beffroi.web.operations"
    label = "operations"
    verbose_name = "Exploitation"
