"""The studio room, as Django sees it: its place in the navigation, its card, what it forgets when data go."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class StudioConfig(AppConfig):
    name = "beffroi.web.studio"
    label = "studio"
    verbose_name = "Analyses"

    def ready(self) -> None:
        from beffroi.web.catalogue.models import Snapshot
        from beffroi.web.territories import home
        from beffroi.web.ui.navigation import Entry, register

        from .cards import boards_card

        register(Entry("analyses", "Analyses", "studio:boards", "board.read"))
        home.register(boards_card)
        post_save.connect(_forget_undone, sender=Snapshot, dispatch_uid="studio.forget")


def _forget_undone(instance: Any, **_: Any) -> None:
    """A delivery taken back takes with it the answers read from it."""
    from . import results

    if instance.state not in (instance.State.INTENDED, instance.State.DONE):
        results.forget([instance])
