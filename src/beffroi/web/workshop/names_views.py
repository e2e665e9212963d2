"""The page where a person says which names of two files are the same school, street or sector.

In: the names that one file has and the other has not. Out: what the person confirmed; what is likely is proposed, with why.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from beffroi.hashing import text_sha256
from beffroi.web.platform.guards import requires

from . import cards, services
from .errors import WorkshopError
from .services.naming import Differing
from .views import require_own_system, to_system, use_here

MOST_OPTIONS = 6_000  # of all the lists of a page: beyond, each has its likeliest names only


@dataclass(frozen=True)
class Line:
    """One name to match: its field, what is chosen, and the names that may be."""

    field: str
    name: str
    chosen: str
    proposed: bool
    first: tuple[str, ...]
    others: list[str]


@dataclass(frozen=True)
class Group:
    title: str
    other: str
    lines: list[Line]
    known: int


@requires("system.bind")
def names_page(request: HttpRequest, system: str) -> HttpResponse:
    """Propose, and keep what is confirmed."""
    require_own_system(request, system)
    use = use_here(request, system)
    refused, found = "", []
    try:
        found = services.differing(use, request.user)
        if request.method == "POST":
            services.confirm(use, request.user, _chosen(request, found), found)
            messages.success(
                request, "Les noms sont rapprochés. Éprouvez maintenant le système sur le passé."
            )
            return redirect(to_system(request, "system-run", system))
    except WorkshopError as error:
        refused = str(error)
    context: dict[str, Any] = {
        "card": cards.card(request.territory, system),
        "groups": [_group(one, request) for one in found if one.unmatched],
        "checked": len(found),
        "refused": refused,
    }
    return render(request, "workshop/names.html", context, status=422 if refused else 200)


def _chosen(request: HttpRequest, found: list[Differing]) -> dict[str, dict[str, str]]:
    return {
        one.key: {
            unmatched.name: request.POST[field]
            for unmatched in one.unmatched
            if (field := _field(one, unmatched.name)) in request.POST
        }
        for one in found
        if one.unmatched
    }


def _field(one: Differing, name: str) -> str:
    """By the name itself: a name that a delivery brings meanwhile moves no answer to another."""
    return f"{one.key}.{text_sha256(name)[:16]}"


def _group(one: Differing, request: HttpRequest) -> Group:
    whole = len(one.unmatched) * len(one.known) <= MOST_OPTIONS
    lines = []
    for unmatched in one.unmatched:
        field = _field(one, unmatched.name)
        proposed = unmatched.likely and unmatched.name not in one.confirmed
        confirmed = one.confirmed.get(unmatched.name, unmatched.candidates[0] if proposed else "")
        chosen = request.POST.get(field, confirmed)
        first = unmatched.candidates
        if chosen and chosen not in first and chosen in one.known:
            first = (chosen, *first)
        others = [name for name in one.known if name not in first] if whole else []
        lines.append(Line(field, unmatched.name, chosen, proposed, first, others))
    return Group(one.schema.title, one.other.title, lines, len(one.known))
