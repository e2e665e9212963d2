"""Django application of the studio: its navigation entry, home card, periodic tasks and signal handlers."""

from typing import Any

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "beffroi.web.studio"
    label = "studio"
    verbose_name = "Analyses"

    def ready(self) -> None:
        from datetime import timedelta

        from beffroi.web.catalogue import dataset_sections, lineage, usage_registry
        from beffroi.web.catalogue.publication import authorisations
        from beffroi.web.catalogue.signals import arrived, withdrawn
        from beffroi.web.platform import feature_switches, first_steps, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.search import kinds
        from beffroi.web.ui.navigation import Entry, register

        from . import dataset_uses, search_documents
        from .cards import boards_card
        from .editing import drafts
        from .first_answer_step import first_answer_step
        from .materialized import dataset_lineage, materialization, refresh_jobs
        from .proposing import views as proposing

        register(Entry("analyses", "Analyses", "boards", "board.read", 0))
        register(
            Entry("analyses", "Nouvelle analyse", "new-analysis", "recipe.edit", 10, short_menu="Demander")
        )
        first_steps.register(first_answer_step)
        home_cards.register(boards_card)
        kinds.register(search_documents.BOARDS)
        kinds.register(search_documents.ANALYSES)
        feature_switches.register(
            feature_switches.Feature(
                "studio",
                "Analyses",
                "Composer des analyses et des tableaux de bord sans code.",
                ("board.", "recipe."),
            )
        )
        periodic_tasks.register("drafts", timedelta(days=1), drafts.forget_untouched, apart=True)
        dataset_sections.register(dataset_sections.SectionProvider(proposing.offered, proposing.section))
        withdrawn.connect(_forget, dispatch_uid="studio.forget")
        refresh_jobs.register()
        arrived.connect(refresh_jobs.on_delivery, dispatch_uid="studio.results.arrived")
        withdrawn.connect(refresh_jobs.on_withdrawal, dispatch_uid="studio.results.withdrawn")
        periodic_tasks.register(
            "results", timedelta(minutes=10), refresh_jobs.refresh_stale_results, apart=True
        )
        lineage.register(dataset_lineage.lineage_of)
        authorisations.register_disclosure_control(materialization.disclosure_controlled_by)
        usage_registry.register_user(dataset_uses.dataset_uses)


def _forget(dataset: Any, **_: Any) -> None:
    """Purge the cached results of a dataset whose delivery was withdrawn."""
    from . import result_cache

    result_cache.purge(dataset)
