"""« Santé »: of the host, and of a territory that runs its own instance. What is wrong first, each with what to do."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires, requires_host
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.tenancy import hosting

from .health import checks, report, stored


@requires_host("host.enter")
def host_page(request: HttpRequest) -> HttpResponse:
    return _page(request, reverse("host-health-check"))


@requires_host("host.enter")
@require_POST
def host_check(request: HttpRequest) -> HttpResponse:
    return _check(request, reverse("host-health"))


@requires("territory.export")
def page(request: HttpRequest) -> HttpResponse:
    _require_own(request.territory)
    return _page(request, reverse("instance-health-check", args=[request.territory.slug]))


@requires("territory.export")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    _require_own(request.territory)
    return _check(request, reverse("instance-health", args=[request.territory.slug]))


def _require_own(territory: Territory) -> None:
    if not hosting.hosts_itself(territory, hosting.in_force(territory)):
        raise PermissionDenied("La santé de l'instance est suivie par votre hébergeur.")


def _page(request: HttpRequest, check_url: str) -> HttpResponse:
    made = report.stored(settings.HOME)
    context = {
        "report": made,
        "stale": made is not None and checks.is_stale(made),
        "share": stored.share_text(made.share) if made else "",
        "check_url": check_url,
    }
    return render(request, "operations/health.html", context)


def _check(request: HttpRequest, back: str) -> HttpResponse:
    made = checks.check_now(look=True)
    if made.problems:
        messages.warning(request, f"Vérifié : {made.summary}.")
    else:
        messages.success(request, "Vérifié : tout va bien.")
    return redirect(back)


def health_card(person: Person, territory: Territory) -> HomeCard | None:
    """What is wrong with the instance, on the home of who runs it alone."""
    if not may(person, "territory.export", territory):
        return None
    if not hosting.hosts_itself(territory, hosting.in_force_for_request(territory)):
        return None
    made = report.stored(settings.HOME)
    bad = [check for check in made.problems if check.state == report.State.BAD] if made else []
    if not bad:
        return None
    return HomeCard(
        title="Santé de l'instance",
        text=f"{bad[0].title} : {bad[0].text}",
        url=reverse("instance-health", args=[territory.slug]),
        count=len(bad),
        order=5,
        section=Section.TO_DO,
    )
