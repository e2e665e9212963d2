"""The territories room, as Django sees it."""

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "beffroi.web.territories"
    label = "territories"
    verbose_name = "Territoires"

    def ready(self) -> None:
        from beffroi.web.ui.navigation import Entry, register

        from . import bearer, guards, home, ledger_work, rooms  # noqa: F401  (rooms: its check joins the guards)
        from .place_views import deed_card

        guards.also(bearer.stays_home)
        ledger_work.register()
        register(Entry("accueil", "Accueil", "territory", "territory.enter", 0))
        register(Entry("transparence", "Registre des actes", "ledger", "ledger.read", 50))
        register(Entry("reglages", "Personnes", "people", "member.invite", 0))
        register(Entry("reglages", "Collectivité", "place", "territory.settings", 10))
        register(Entry("reglages", "Jetons", "tokens", "member.invite", 50))
        home.register(deed_card)
