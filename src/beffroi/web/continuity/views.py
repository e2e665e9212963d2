"""The home of continuity: what to do now, my service, what is not ready."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.guides.pages.listing import listed
from beffroi.web.platform.guards import requires
from beffroi.web.platform.open_entries import open_entries

from .home_blocks import lines_of

DOMAIN = "continuity"
DURING: Final = frozenset({"crises", "sheets", "restoration", "restart"})
AFTERWARDS: Final = frozenset({"rekeying", "billing"})
"""Pages of an outage, pages of the return; the other pages are for before."""
NEXT: Final = 3
"""Things to do that are said at once; the others are folded."""


@requires("continuity.read")
def home_page(request: HttpRequest) -> HttpResponse:
    """Three blocks in the order that a person needs; the pages of the room by moment; its registers, plans and papers, folded."""
    territory = request.territory
    entries = [
        each
        for each in open_entries(request.user, territory, "continuite")
        if each[0].url_name != "continuity"
    ]
    not_ready = lines_of("not_ready", request.user, territory)
    context = {
        "now": lines_of("now", request.user, territory),
        "service": lines_of("service", request.user, territory),
        "next": not_ready[:NEXT],
        "later": not_ready[NEXT:],
        "moments": (
            ("Se préparer", [each for each in entries if each[0].url_name not in DURING | AFTERWARDS]),
            ("Pendant une panne", [each for each in entries if each[0].url_name in DURING]),
            ("Revenir à la normale", [each for each in entries if each[0].url_name in AFTERWARDS]),
        ),
        "kinds": listed(request, territory, DOMAIN),
    }
    return render(request, "continuity/home.html", context)
