"""« Réglages »: what this person may set in the territory, and what is theirs alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform import feature_switches, first_steps
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may_host, may_somewhere
from beffroi.web.ui import navigation

from . import onboarding


@requires("territory.enter")
def settings_page(request: HttpRequest) -> HttpResponse:
    """The entries of the place that are open to this person, then their own account."""
    person, territory = request.user, request.territory

    def entries(place: str) -> list[tuple[navigation.Entry, str]]:
        found = navigation.entries_in(
            place,
            lambda act: (
                feature_switches.act_is_open(territory, act) and may_somewhere(person, act, territory)
            ),
            is_open=lambda room: feature_switches.is_open(territory, room),
        )
        return [(entry, entry.url(territory.slug)) for entry in found if entry.url_name != "settings"]

    hidden = request.COOKIES.get(onboarding.COOKIE) == onboarding.HIDDEN
    context = {
        "entries": entries("reglages"),
        "account": entries(navigation.ACCOUNT),
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
