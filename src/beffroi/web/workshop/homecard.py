"""What the workshop says on a territory's home: a system that still needs something before it can serve."""

from django.urls import reverse

from beffroi.systems import registry
from beffroi.web.territories.home import HomeCard
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import may, may_somewhere

from . import gates
from .models import SystemUse


def to_do_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may_somewhere(person, "system.bind", territory):
        return None
    for use in SystemUse.objects.of(territory).select_related("supervisor", "processing"):
        try:
            manifest = registry.get(use.system).manifest
        except registry.UnknownSystem:
            continue
        if not may(person, "system.bind", use):
            continue
        closed = gates.before_forecast(use, manifest)
        if closed:
            return HomeCard(
                title=f"Service d'IA : {manifest.title}",
                text=closed[0],
                url=reverse("system", kwargs={"slug": territory.slug, "system": use.system}),
                order=60,
            )
    return None
