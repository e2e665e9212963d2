"""The workshop, as Django sees it: its place in the navigation, its job, what it tells of the systems."""

from datetime import timedelta

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    name = "beffroi.web.workshop"
    label = "workshop"
    verbose_name = "Prévisions et alertes"

    def ready(self) -> None:
        from beffroi.web.catalogue import reading_purposes, usage_registry
        from beffroi.web.catalogue.publication import restrictions
        from beffroi.web.decisions import closing, corrections, notices, system_facts
        from beffroi.web.platform import evidence, feature_switches, home_cards, jobs
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.platform.rights import resources
        from beffroi.web.search import kinds
        from beffroi.web.ui import navigation

        from . import deciding, homecard, readers, search_documents
        from .cards import notice
        from .life import closed, judging
        from .proofs import systems
        from .resources import SYSTEMS
        from .services import examining, recording, regressing, schedules
        from .services.runs import KIND
        from .work import run_job

        navigation.register(
            navigation.Entry("services-ia", "Prévisions et alertes", "systems", "system.read", 10)
        )
        jobs.register(KIND, run_job)
        judging.install()
        jobs.register(examining.KIND, examining.run_job)
        jobs.register(recording.KIND, recording.run_job)
        periodic_tasks.register("forecasts", timedelta(minutes=1), schedules.start_due, apart=True)
        corrections.register_replayer(regressing.replay, regressing.origin)
        closing.register_closed(closed.why)
        notices.register(notice)
        notices.register_titles(deciding.titles)
        system_facts.register(deciding.facts)
        home_cards.register(homecard.morning_cards)
        home_cards.register(homecard.to_do_cards)
        home_cards.register_topic(
            homecard.TOPIC, "Services à l'essai, à revoir ou suspendus", "system.bind", "system.decide"
        )
        resources.register(SYSTEMS)
        kinds.register(search_documents.SYSTEMS)
        usage_registry.register_user(readers.uses)
        reading_purposes.register_bindings(readers.bound_for)
        restrictions.register(readers.publication_restriction)
        evidence.register(systems)
        feature_switches.register(
            feature_switches.Feature(
                "workshop",
                "Prévisions et alertes",
                "Prendre en service des systèmes d'IA, les éprouver, les exécuter.",
                ("system.",),
            )
        )
