"""What essential services add to the house: their place in the navigation, the way from an entry to its analysis, the home."""

from django.urls import reverse

from beffroi.web.guides.addresses import register_working_page
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.presenting import register_entry_links
from beffroi.web.ui import navigation

from .. import home_blocks
from . import cyber_answers, home_lines
from .impact import in_words
from .services import REGISTER, name_of


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "continuite",
            "Conséquences d'un arrêt",
            "outages",
            "continuity.read",
            70,
            room="continuity",
            text="En atelier : ce que coûte l'arrêt de chaque service, et combien de temps on peut le supporter.",
        )
    )
    register_entry_links(_analysis_link)
    register_working_page(REGISTER, "Conséquences d'un arrêt", "outages", "continuity.read")
    home_blocks.register("essential_services", "service", 10, home_lines.services)
    home_blocks.register("outages", "not_ready", 10, home_lines.without_outage)


def _analysis_link(entry: RegisterEntry) -> list[tuple[str, str]]:
    """Beside a service of the register, or of the cyber one on its outage, the page of what that outage costs."""
    slug = entry.territory.slug
    if entry.register == REGISTER:
        return [("Ce que coûte son arrêt", reverse("outage-service", args=[slug, entry.pk]))]
    if entry.register != cyber_answers.REGISTER:
        return []
    found = cyber_answers.analysed_service(entry)
    if found is None:
        return [("Continuité : conséquences d'un arrêt, durée par durée", reverse("outages", args=[slug]))]
    service, validation = found
    until = f", {in_words(validation.hours)} au plus, validé" if validation else ""
    return [
        (
            f"Continuité : arrêt de « {name_of(service)} »{until}",
            reverse("outage-service", args=[slug, service.pk]),
        )
    ]
