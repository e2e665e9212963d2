"""The home of continuity: what to do now, my service, what is not ready."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.guides.pages.listing import listed
from beffroi.web.platform.guards import requires
from beffroi.web.platform.open_entries import open_entries

from .home_blocks import lines_of

DOMAIN = "continuity"


@requires("continuity.read")
def home_page(request: HttpRequest) -> HttpResponse:
    """Three blocks in the order that a person needs; the pages of the room; its registers, plans and papers, folded."""
    territory = request.territory
    entries = [
        each
        for each in open_entries(request.user, territory, "securite")
        if each[0].room == DOMAIN and each[0].url_name != "continuity"
    ]
    context = {
        "now": lines_of("now", request.user, territory),
        "service": lines_of("service", request.user, territory),
        "not_ready": lines_of("not_ready", request.user, territory),
        "entries": entries,
        "kinds": listed(request, territory, DOMAIN),
    }
    return render(request, "continuity/home.html", context)
