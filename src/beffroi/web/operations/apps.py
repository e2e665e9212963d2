"""The operations room, as Django sees it."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "beffroi.web.operations"
    label = "operations"
    verbose_name = "Exploitation"

    def ready(self) -> None:
        from beffroi.web.platform import first_steps
        from beffroi.web.ui.navigation import Entry, register

        from . import backup_jobs, backup_views

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
        first_steps.register(backup_views.backup_step)
        backup_jobs.register()
