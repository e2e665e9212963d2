"""The platform, as Django sees it."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "beffroi.web.platform"
    label = "platform"
    verbose_name = "Socle"

    def ready(self) -> None:
        from . import bearer, guards, ledger_work, rooms  # noqa: F401  (rooms: its check joins the guards)

        guards.also(bearer.stays_home)
        ledger_work.register()
