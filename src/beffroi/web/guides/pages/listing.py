"""Everything that a person may fill in or follow here, by subject and kind."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from beffroi.guides import Guide
from beffroi.web.platform.guards import requires
from beffroi.web.platform.home_cards import HomeCard
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..addresses import KINDS, address
from ..domains import GENERAL, all_domains
from ..library import library
from ..models import RegisterEntry, Response
from ..opening import readable, successor


@dataclass(frozen=True)
class Listed:
    """A guide in a list: its address, and in how many responses it was filled in, the last one when."""

    guide: Guide
    url: str
    count: int = 0
    open: int = 0
    last: object = None


def listed(request: HttpRequest, territory: Territory, domain: str) -> list[tuple[str, list[Listed]]]:
    """The guides of a domain that the reader may see, by kind."""
    rows = Response.objects.of(territory).values("guide")
    facts = {
        row["guide"]: row
        for row in rows.annotate(
            count=Count("pk"), open=Count("pk", filter=Q(closed_at=None)), last=Max("opened_at")
        )
    }
    entries = set(
        RegisterEntry.objects.of(territory)
        .filter(removed_at=None)
        .values_list("register", flat=True)
        .distinct()
    )
    found: list[tuple[str, list[Listed]]] = []
    for kind, (title, url_name) in KINDS.items():
        each = [
            Listed(guide, address(territory, guide, url_name), *_facts(facts.get(guide.id)))
            for guide in library().guides.values()
            if type(guide) is kind
            and guide.domain == domain
            and readable(request.user, guide, territory)
            and _is_here(guide, territory, facts, entries)
        ]
        if each:
            found.append((title, each))
    return found


def _is_here(guide: Guide, territory: Territory, facts: Mapping[str, object], entries: Set[str]) -> bool:
    """Whether a list of guides names this one: one that moved to another, only where something was written in it."""
    return guide.id in facts or guide.id in entries or successor(guide, territory) is None


def _facts(row: dict[str, object] | None) -> tuple[int, int, object]:
    return (row["count"], row["open"], row["last"]) if row else (0, 0, None)  # type: ignore[return-value]


@requires("territory.enter")
def list_page(request: HttpRequest) -> HttpResponse:
    """The guides of no subject of its own, and where those of the others are."""
    others = [
        each
        for each in all_domains()
        if each.key != GENERAL and may(request.user, each.read, request.territory)
    ]
    context = {"kinds": listed(request, request.territory, GENERAL), "others": others}
    return render(request, "guides/list.html", context)


def guides_card(person: Person, territory: Territory) -> HomeCard | None:
    """The way to this page, from the home of a territory."""
    if not may(person, "guide.read", territory):
        return None
    text = "Contrats, échéances légales, obligations, départ d'un agent : à remplir, suivre, imprimer."
    return HomeCard("Questionnaires et registres", text, reverse("guides", args=[territory.slug]), order=200)


urlpatterns = [path("", list_page, name="guides")]
