"""Django application of the interface."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "beffroi.web.ui"
    label = "ui"
    verbose_name = "Interface"
