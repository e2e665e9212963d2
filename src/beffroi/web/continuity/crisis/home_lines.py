"""What the crisis cell says on the home of the room: a crisis under way, in red; roles that nobody prepared."""

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted, french_date

from ..home_blocks import Line
from . import cell, crisis_cards, legal_clocks, roles


def under_way(person: Person, territory: Territory) -> list[Line]:
    """Crises under way with their most urgent legal deadline, then closed ones that a deadline outlives."""
    open_ones, closed_ones = cell.watched(territory)
    closed = [
        Line(
            str(crisis),
            reverse("crisis", args=[territory.slug, crisis.pk]),
            f"Crise close. {legal_clocks.most_urgent(crisis)}.",
            "délai à tenir",
            "danger",
        )
        for crisis in closed_ones
    ]
    return [
        Line(
            str(crisis),
            reverse("crisis", args=[territory.slug, crisis.pk]),
            crisis_cards.urgent_first(
                crisis, f"Cellule active depuis le {french_date(crisis.activated_at)}."
            ),
            "EXERCICE" if crisis.is_exercise else "crise en cours",
            "warn" if crisis.is_exercise else "danger",
        )
        for crisis in open_ones[:5]
    ] + closed


def unprepared(person: Person, territory: Territory) -> list[Line]:
    missing = sum(not (call.holder and call.phone) for call in roles.calling_list(territory))
    if not missing:
        return []
    there = reverse("crisis-calling", args=[territory.slug])
    roles_of_crisis = counted(missing, "rôle de crise", "rôles de crise")
    return [
        Line(
            f"Donner un nom et un numéro à {roles_of_crisis}",
            there,
            "Le jour venu, chacun doit savoir qui appeler.",
            "à compléter",
        )
    ]
