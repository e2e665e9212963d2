"""The catalogue room, as Django sees it: its place in the navigation, its jobs, its cards on the home."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "beffroi.web.catalogue"
    label = "catalogue"
    verbose_name = "Données"

    def ready(self) -> None:
        from beffroi.web.territories import evidence, home, rooms, things
        from beffroi.web.ui.navigation import Entry, register

        from . import home as cards
        from . import work
        from .proofs import register_of_processing
        from .things import DATASETS

        register(Entry("donnees", "Données", "catalogue", "dataset.read", 0))
        work.register()
        rooms.register(
            rooms.Room(
                "catalogue", "Données", "Rassembler, décrire et publier des jeux de données.", ("dataset.",)
            )
        )
        home.register(cards.waiting)
        home.register(cards.held)
        things.register(DATASETS)
        evidence.register(register_of_processing)
