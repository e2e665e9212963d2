"""Scope of a provider session: it opens the territory of that provider only, and never the pages of the host."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.platform.models import Territory

from .arrivals import only_by_provider
from .factors import own_means
from .origin import provider_session


def restrict_to_provider_territory(
    request: HttpRequest, territory: Territory, _act: str
) -> HttpResponse | None:
    """The guards' check: elsewhere, a means of the person's own is asked."""
    origin = provider_session(request)
    if origin is None or origin["territory"] == territory.pk or not only_by_provider(request):
        return None
    context = {"place": territory, "own_means": own_means(request.user), "next": request.path}
    return render(request, "tenancy/signin/other_territory.html", context, status=403)


def refuse_host_pages(request: HttpRequest, _act: str) -> HttpResponse | None:
    """The host's pages ask for a means of the person's own: no territory's provider vouches for its host's operators."""
    if not only_by_provider(request):
        return None
    context = {"place": None, "own_means": own_means(request.user), "next": request.path}
    return render(request, "tenancy/signin/other_territory.html", context, status=403)
