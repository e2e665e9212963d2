"""Card of the restoration page on the spokesperson's home: a draft that waits, two announcements to choose between, a copy that failed."""

from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import RestorationSite
from . import reading, sending
from .document import conflicts
from .services import PUBLISH

TOPIC: Final = "restoration"
SIGNAL: Final = "continuity.residents-page"


def pages(territory: Territory) -> QuerySet[RestorationSite]:
    rows: QuerySet[RestorationSite] = RestorationSite.objects.of(territory)
    return rows.filter(is_exercise=False)


def draft_card(person: Person, territory: Territory) -> HomeCard | None:
    if not home_signals.is_any(territory, SIGNAL) or not may(person, PUBLISH, territory):
        return None
    site = reading.site_of(territory)
    if site is None:
        return None
    document, publication = reading.draft(site), reading.last_publication(site)
    text = ""
    if twice := conflicts(document):
        text = f"Deux annonces se contredisent pour {len(twice)} service{'s' if len(twice) > 1 else ''} : choisissez."
    elif document.updates and (publication is None or publication.sha256 != reading.digest(document)):
        text = "Un brouillon attend : rien ne sort sans vous."
    elif publication is not None and sending.targets(publication):
        text = "La dernière publication n'est pas arrivée partout."
    if not text:
        return None
    return HomeCard(
        "Page des habitants à publier",
        text,
        reverse("restoration", args=[territory.slug]),
        order=7,
        section=Section.TO_DO,
        topic=TOPIC,
    )
