"""The territories room, as Django sees it."""

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "beffroi.web.territories"
    label = "territories"
    verbose_name = "Territoires"

    def ready(self) -> None:
        from beffroi.web.ui.navigation import Entry, register

        from . import ledger_work

        ledger_work.register()

        register(Entry("accueil", "Accueil", "territory", "territory.enter", 0))
        register(Entry("transparence", "Registre des actes", "ledger", "ledger.read", 50))
        register(Entry("reglages", "Personnes", "people", "member.invite", 0))
