"""The operations room, as Django sees it."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "beffroi.web.operations"
    label = "operations"
    verbose_name = "Exploitation"

    def ready(self) -> None:
        from beffroi.web.platform import first_steps, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.ui.navigation import Entry, register

        from . import backup_jobs, backup_views, health_views, own_backup_copies
        from .health import checks

        register(
            Entry(
                "reglages",
                "Sauvegarde",
                "backup",
                "territory.export",
                40,
                text="La dernière, et sa copie ailleurs.",
            )
        )
        register(
            Entry(
                "reglages",
                "Santé de l'instance",
                "instance-health",
                "territory.export",
                45,
                text="Ce qui va, ce qui demande un geste.",
            )
        )
        first_steps.register(backup_views.backup_step)
        home_cards.register(health_views.health_card)
        periodic_tasks.register("health", checks.EVERY, checks.check_now, apart=True)
        backup_jobs.register()
        own_backup_copies.fill()
