"""The catalogue room, as Django sees it: its place in the navigation, its jobs, its cards on the home."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "beffroi.web.catalogue"
    label = "catalogue"
    verbose_name = "Données"

    def ready(self) -> None:
        from datetime import timedelta

        from beffroi.web.platform import evidence, feature_switches, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.platform.rights import resources
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
        periodic_tasks.register("sources", timedelta(minutes=1), source_work.start_due, apart=True)
        periodic_tasks.register("late-deliveries", timedelta(hours=1), source_work.tell_late, apart=True)
        feature_switches.register(
            feature_switches.Room(
                "catalogue",
                "Données",
                "Rassembler, décrire et publier des jeux de données.",
                ("dataset.", "source."),
            )
        )
        home_cards.register(cards.waiting)
        home_cards.register(cards.held)
        home_cards.register(source_cards.late)
        home_cards.register(source_cards.failing)
        resources.register(DATASETS)
        resources.register(SOURCES)
        evidence.register(register_of_processing)
