"""What the home of a territory says first: a crisis under way, before everything else."""

from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import french_date

from ..models import Crisis
from . import cell, legal_clocks


def crisis_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """One card a crisis under way, with its most urgent legal deadline; one a closed crisis that a deadline outlives."""
    if not home_signals.is_any(territory, "continuity.crises") or not may(
        person, "continuity.read", territory
    ):
        return []
    under_way, closed = cell.watched(territory)
    section = Section.TO_DO if may(person, "continuity.answer", territory) else Section.CHANGED
    return [
        HomeCard(
            "EXERCICE de crise en cours" if crisis.is_exercise else "Crise en cours",
            urgent_first(
                crisis,
                f"Cellule active depuis le {french_date(crisis.activated_at)}. Le journal, les rôles, le mur.",
            ),
            reverse("crisis", args=[territory.slug, crisis.pk]),
            order=0,
            section=section,
            topic="crisis",
            about=f"response:{crisis.run_id}" if crisis.run_id else "",
        )
        for crisis in under_way[:3]
    ] + [
        HomeCard(
            "Délai d'une crise close",
            f"{legal_clocks.most_urgent(crisis)}. « {crisis} » est close ; ce délai court encore.",
            reverse("crisis", args=[territory.slug, crisis.pk]),
            order=0,
            section=section,
            topic="crisis",
            about=f"response:{crisis.run_id}" if crisis.run_id else "",
        )
        for crisis in closed
    ]


def urgent_first(crisis: Crisis, words: str) -> str:
    """These words, after the most urgent legal deadline of the crisis."""
    urgent = legal_clocks.most_urgent(crisis)
    return f"{urgent}. {words}" if urgent else words
