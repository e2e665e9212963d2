"""The home of continuity: what to do now, my service, what is ready and what is not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.guides.pages.listing import listed
from beffroi.web.platform.guards import requires
from beffroi.web.platform.open_entries import open_entries

DOMAIN = "continuity"


@requires("continuity.read")
def home_page(request: HttpRequest) -> HttpResponse:
    """The pages of the room, then its registers, plans and papers, folded."""
    territory = request.territory
    entries = [
        each
        for each in open_entries(request.user, territory, "securite")
        if each[0].room == DOMAIN and each[0].url_name != "continuity"
    ]
    context = {"entries": entries, "kinds": listed(request, territory, DOMAIN)}
    return render(request, "continuity/home.html", context)
