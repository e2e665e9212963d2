"""The search, as Django sees it: its field in the header, its upkeep."""

from datetime import timedelta

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "beffroi.web.search"
    label = "search"
    verbose_name = "Recherche"

    def ready(self) -> None:
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.ui import navigation

        from . import help_sections, indexing, kinds, site_pages

        kinds.register(help_sections.HELP)
        kinds.register(site_pages.PAGES)
        help_sections.register(help_sections.sections_of_guides)
        navigation.register_search("search", kinds.acts)
        periodic_tasks.register("search", timedelta(days=7), indexing.rebuild_all, apart=True)
