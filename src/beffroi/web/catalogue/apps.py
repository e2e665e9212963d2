"""The catalogue room, as Django sees it: its place in the navigation, its jobs, its cards on the home."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "beffroi.web.catalogue"
    label = "catalogue"
    verbose_name = "Données"

    def ready(self) -> None:
        from datetime import timedelta

        from beffroi.web.platform import duties, evidence, home, rooms, things
        from beffroi.web.ui.navigation import Entry, register

        from . import home as cards
        from . import work
        from .proofs import register_of_processing
        from .sources import home as source_cards
        from .sources import pushing
        from .sources import work as source_work
        from .things import DATASETS, SOURCES

        register(Entry("donnees", "Données", "catalogue", "dataset.read", 0))
        work.register()
        source_work.register()
        pushing.register()
        duties.register("sources", timedelta(minutes=1), source_work.start_due, apart=True)
        duties.register("late-deliveries", timedelta(hours=1), source_work.tell_late, apart=True)
        rooms.register(
            rooms.Room(
                "catalogue",
                "Données",
                "Rassembler, décrire et publier des jeux de données.",
                ("dataset.", "source."),
            )
        )
        home.register(cards.waiting)
        home.register(cards.held)
        home.register(source_cards.late)
        home.register(source_cards.failing)
        things.register(DATASETS)
        things.register(SOURCES)
        evidence.register(register_of_processing)
