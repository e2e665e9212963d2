"""The catalogue room, as Django sees it: its place in the navigation, its jobs, its cards on the home."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "beffroi.web.catalogue"
    label = "catalogue"
    verbose_name = "Données"

    def ready(self) -> None:
        from datetime import timedelta

        from beffroi.web.platform import evidence, feature_switches, first_steps, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.platform.rights import resources
        from beffroi.web.search import kinds
        from beffroi.web.tenancy.signin.factors import register_personal_content
        from beffroi.web.ui.navigation import Entry, register

        from . import catalogue_cards as cards
        from . import delivery_jobs, first_file_step, guide_registers, search_documents
        from .grants import has_personal_data
        from .publication import cards as publication_cards
        from .publication import restrictions
        from .register_evidence import publication_requests, register_of_processing
        from .role_resources import DATASETS, SOURCES
        from .sources import fetch_jobs as source_work
        from .sources import pushing, source_cards

        register(Entry("donnees", "Données", "catalogue", "dataset.read", 0))
        guide_registers.register()
        register(
            Entry("donnees", "Déposer un fichier", "upload", "dataset.deposit", 10, short_menu="Déposer")
        )
        delivery_jobs.register()
        source_work.register()
        pushing.register()
        periodic_tasks.register("sources", timedelta(minutes=1), source_work.start_due, apart=True)
        periodic_tasks.register(
            "restricted-publications", timedelta(hours=1), restrictions.close_all_restricted, apart=True
        )
        periodic_tasks.register("late-deliveries", timedelta(hours=1), source_work.notify_late, apart=True)
        feature_switches.register(
            feature_switches.Feature(
                "catalogue",
                "Données",
                "Rassembler, décrire et publier des jeux de données.",
                ("dataset.", "publication.", "source."),
            )
        )
        first_steps.register(first_file_step.first_file_step)
        home_cards.register(cards.confirmations_card)
        home_cards.register(cards.arrivals_card)
        home_cards.register(publication_cards.opinions_card)
        home_cards.register(publication_cards.decisions_card)
        home_cards.register(publication_cards.closings_card)
        home_cards.register(cards.datasets_card)
        home_cards.register(source_cards.late_card)
        home_cards.register(source_cards.failing_card)
        home_cards.register_topic(cards.TOPIC, "Fichiers à confirmer", "dataset.deposit")
        home_cards.register_topic(
            restrictions.TOPIC,
            "Publications à autoriser, ou fermées",
            "dataset.publish",
            "publication.advise",
            "publication.decide",
        )
        home_cards.register_topic(
            source_cards.TOPIC, "Livraisons en retard et sources en panne", "source.read"
        )
        register_personal_content(has_personal_data)
        kinds.register(search_documents.DATASETS)
        resources.register(DATASETS)
        resources.register(SOURCES)
        evidence.register(register_of_processing)
        evidence.register(publication_requests)
