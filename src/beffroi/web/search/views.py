"""Page of the search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from beffroi.language.search.queries import MOST_CHARACTERS
from beffroi.web.platform.guards import requires

from . import services

KIND = "genre"


@require_GET
@requires("territory.enter")
def results(request: HttpRequest) -> HttpResponse:
    """What the territory has about some words, by kind; all of one kind when the address says which."""
    text = request.GET.get("q", "").strip()[:MOST_CHARACTERS]
    kind = request.GET.get(KIND, "")
    found = services.search(request.territory, request.user, text, kind=kind)  # type: ignore[attr-defined,arg-type]
    return render(request, "search/results.html", {"query": text, "found": found, "kind": kind})
