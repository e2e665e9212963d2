"""What the restart order adds to the house: its page, the links of its runs, its pages in the offline kit."""

from django.urls import reverse

from beffroi.web.guides.addresses import register_own_page
from beffroi.web.guides.models import Response
from beffroi.web.guides.presenting import register_run_links
from beffroi.web.ui import navigation

from .. import home_blocks
from ..offline_kit import parts
from ..recovery_plans import sections
from . import home_lines, plan_section
from .papers import kit_pages, sealed_kit_pages
from .runbook import RESTART_ORDER


def run_links(run: Response) -> list[tuple[str, str]]:
    """The stopwatch of a restart and its report; nothing beside another run."""
    if run.guide != RESTART_ORDER:
        return []
    where = [run.territory.slug, run.pk]
    return [
        ("Chronomètre", reverse("restart-run", args=where)),
        ("Compte rendu : but contre mesuré (PDF)", reverse("restart-run-pdf", args=where)),
    ]


def register() -> None:
    """Called once, when the application is ready."""
    register_own_page(RESTART_ORDER, "restart")
    register_run_links(run_links)
    sections.register(plan_section.SECTION)
    home_blocks.register("restart", "not_ready", 35, home_lines.contradictions)
    navigation.register(
        navigation.Entry("continuite", "Remise en route", "restart", "continuity.read", 12, room="continuity")
    )
    parts.register(parts.Part("restart", "Ordre de remise en route", 40, kit_pages))
    parts.register(
        parts.Part("restart-people", "Remise en route : qui sait, comment", 41, sealed_kit_pages, sealed=True)
    )
