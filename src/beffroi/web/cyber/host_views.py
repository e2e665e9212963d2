"""The helper's view of security: towns by stage, late actions, what expired; the answers of those that share them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from beffroi.web.guides.models import ProgressShare
from beffroi.web.guides.offers.services import shared
from beffroi.web.platform.guards import requires_host

from .views import DOMAIN


@requires_host("host.propose")
def towns_page(request: HttpRequest) -> HttpResponse:
    """Every town: its stage and figures where it shares them, those that are late first."""
    rows = shared(DOMAIN)
    showing = [(town, row) for town, row in rows if row is not None]
    showing.sort(key=lambda each: (-_trouble(each[1]), each[0].name))
    context = {
        "towns": showing,
        "silent": [town for town, row in rows if row is None],
        "late": sum(row.figures.get("late", 0) for _, row in showing),
    }
    return render(request, "cyber/host_towns.html", context)


def _trouble(row: ProgressShare) -> int:
    figures = row.figures
    return int(figures.get("incidents", 0) * 1000 + figures.get("late", 0) * 10 + figures.get("expired", 0))


@requires_host("host.propose")
def town_page(request: HttpRequest, which: str) -> HttpResponse:
    """The answers of a town that shares them."""
    row = (
        ProgressShare.objects.filter(
            territory__slug=which, domain=DOMAIN, until=None, level=ProgressShare.Level.ANSWERS
        )
        .select_related("territory")
        .first()
    )
    if row is None:
        raise Http404
    return render(
        request, "cyber/host_town.html", {"row": row, "town": row.territory, "figures": row.figures}
    )


urlpatterns = [
    path("hote/securite/", towns_page, name="host-cyber"),
    path("hote/securite/<slug:which>/", town_page, name="host-cyber-town"),
]
