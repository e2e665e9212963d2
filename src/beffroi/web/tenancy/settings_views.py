"""« Réglages »: what this person may set in the territory, and what is theirs alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform import first_steps
from beffroi.web.platform.guards import requires
from beffroi.web.platform.open_entries import open_entries
from beffroi.web.platform.rights import may_host
from beffroi.web.ui import navigation

from . import onboarding


@requires("territory.enter")
def settings_page(request: HttpRequest) -> HttpResponse:
    """The entries of the place that are open to this person, then their own account."""
    person, territory = request.user, request.territory

    hidden = request.COOKIES.get(onboarding.COOKIE) == onboarding.HIDDEN
    context = {
        "entries": [
            each for each in open_entries(person, territory, "reglages") if each[0].url_name != "settings"
        ],
        "account": open_entries(person, territory, navigation.ACCOUNT),
        "runs_host": may_host(person, "host.enter"),
        "hidden_steps": hidden and first_steps.concern(person, territory),
    }
    return render(request, "tenancy/settings.html", context)


@requires("territory.settings")
@require_POST
def hide_first_steps(request: HttpRequest) -> HttpResponse:
    """Hide the first steps on the home page, or show them again (`montrer`)."""
    response = redirect("territory", request.territory.slug)
    return onboarding.hide(request, response, request.territory, hidden="montrer" not in request.POST)
