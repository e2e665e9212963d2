"""What the banner of every page says of crises: those under way, and closed ones that a legal deadline outlives; never an exercise."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.guides.presenting import next_clock
from beffroi.web.platform.emergency_banner import Emergency
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import Crisis
from . import cell


def crisis_emergencies(person: Person, territory: Territory) -> Iterator[Emergency]:
    """To who may read the cell."""
    if not may(person, "continuity.read", territory):
        return
    under_way, closed = cell.watched(territory)
    for crisis in under_way:
        if not crisis.is_exercise:
            yield _emergency(crisis, "Crise en cours")
    for crisis in closed:
        yield _emergency(crisis, "Crise close, délai à tenir")


def _emergency(crisis: Crisis, title: str) -> Emergency:
    if crisis.label != cell.default_label(crisis.activated_at):
        title = f"{title} : {crisis}"
    clock = next_clock(crisis.run) if crisis.run is not None else None
    return Emergency(
        title,
        reverse("crisis", args=[crisis.territory.slug, crisis.pk]),
        f"response:{crisis.run_id}" if crisis.run_id else "",
        clock.deadline if clock else None,
        clock.countdown if clock else "",
    )
