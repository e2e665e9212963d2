"""Django application of the platform."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "beffroi.web.platform"
    label = "platform"
    verbose_name = "Socle"

    def ready(self) -> None:
        from . import feature_switches, guards  # noqa: F401  (feature_switches: its check joins the guards)
        from .api import authentication
        from .ledger import verification_job

        guards.register_check(authentication.check_token_scope)
        verification_job.register()
