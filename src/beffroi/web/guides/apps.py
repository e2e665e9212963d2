"""The guides, as Django sees them: questionnaires, registers, runbooks, plans and papers that a territory fills in and follows."""

from django.apps import AppConfig


class GuidesConfig(AppConfig):
    name = "beffroi.web.guides"
    label = "guides"
    verbose_name = "Questionnaires et registres"

    def ready(self) -> None:
        from .domains import Domain, register

        register(
            Domain(
                "general",
                "Questionnaires et registres",
                "decisions",
                "guides",
                "guide.read",
                "guide.answer",
                "guide.accept",
            )
        )
