"""What the home of a territory says first: a crisis under way, before everything else."""

from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import french_date

from . import cell


def crisis_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """One card a crisis under way."""
    if not home_signals.is_any(territory, "continuity.crises") or not may(
        person, "continuity.read", territory
    ):
        return []
    section = Section.TO_DO if may(person, "continuity.answer", territory) else Section.CHANGED
    return [
        HomeCard(
            "EXERCICE de crise en cours" if crisis.is_exercise else "Crise en cours",
            f"Cellule active depuis le {french_date(crisis.activated_at)}. Le journal, les rôles, le mur.",
            reverse("crisis", args=[territory.slug, crisis.pk]),
            order=0,
            section=section,
            topic="crisis",
        )
        for crisis in cell.open_crises(territory)[:3]
    ]
