"""What essential services add to the house: their place in the navigation, the way from an entry to its analysis, the home."""

from django.urls import reverse

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.presenting import register_entry_links
from beffroi.web.ui import navigation

from .. import home_blocks
from . import home_lines
from .services import REGISTER


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "securite",
            "Conséquences d'un arrêt",
            "outages",
            "continuity.read",
            70,
            room="continuity",
            text="En atelier : ce que coûte l'arrêt de chaque service, et combien de temps on peut le supporter.",
        )
    )
    register_entry_links(_analysis_link)
    home_blocks.register("essential_services", "service", 10, home_lines.services)
    home_blocks.register("outages", "not_ready", 10, home_lines.without_outage)


def _analysis_link(entry: RegisterEntry) -> list[tuple[str, str]]:
    """Beside a service of the register, the page of what its outage costs."""
    if entry.register != REGISTER:
        return []
    there = reverse("outage-service", kwargs={"slug": entry.territory.slug, "pk": entry.pk})
    return [("Ce que coûte son arrêt", there)]
