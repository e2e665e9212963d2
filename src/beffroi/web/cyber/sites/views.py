"""Pages of watched sites: the list, one site, one alert, its forms; the static page that stands in for a site."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform.acts import act_of
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from ..models import SiteAlert, WatchedSite
from . import fallback_pages, reading, services
from .errors import SiteError
from .forms import FallbackForm, SettingsForm

MAX_ALERTS = 30

type Context = dict[str, Any]


def sites_page(request: HttpRequest) -> Context:
    """Every declared site, those with an alert first."""
    return {"lines": reading.lines(request.territory), "may_answer": _may_answer(request)}


def _may_answer(request: HttpRequest) -> bool:
    return may(request.user, "cyber.answer", request.territory)


def site_page(request: HttpRequest, site: WatchedSite, form: SettingsForm | None = None) -> Context:
    """One site: its state, what waits for a word, its settings as seen from outside, its availability."""
    alerts = list(
        SiteAlert.objects.of(site.territory).filter(site=site).select_related("answered_by")[:MAX_ALERTS]
    )
    active = [alert for alert in alerts if alert.is_open]
    return {
        "site": site,
        "form": form or settings_form(site),
        "active": active,
        "past": [alert for alert in alerts if not alert.is_open],
        "badge": reading.state_badge(site, active),
        "periods": reading.availability(site),
        "to_fix": [finding for finding in site.findings if finding["level"] in ("danger", "warn")],
        "in_order": [finding for finding in site.findings if finding["level"] not in ("danger", "warn")],
        "baselines": site.baselines.all(),
        "may_answer": _may_answer(request),
    }


def settings_form(site: WatchedSite, *sent: Any) -> SettingsForm:
    """The settings of a site as they are, or as they were sent."""
    settings = {name: getattr(site, name) for name in ("name", "provider", "interval")}
    return SettingsForm(*sent, initial=settings | {"pages": site.paths})


def alert_page(request: HttpRequest, alert: SiteAlert) -> Context:
    """One alert: what was seen, the two answers, and what to do when it is an intrusion."""
    return {
        "alert": alert,
        "site": alert.site,
        "is_change": alert.kind == SiteAlert.Kind.CHANGE,
        "is_intrusion": alert.answer == SiteAlert.Answer.INTRUSION,
        "may_answer": _may_answer(request) and alert.is_open and not alert.answer,
        "may_accept": _may_answer(request) and alert.is_open and alert.answer == SiteAlert.Answer.INTRUSION,
    }


_ANSWERS: dict[str, Callable[..., SiteAlert]] = {
    "normal": services.accept_change,
    "intrusion": services.report_intrusion,
    "seen": services.acknowledge,
}


@requires("cyber.answer")
@require_POST
def answer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer of a person to an alert."""
    alert = SiteAlert.objects.of(request.territory).filter(pk=pk).first()
    if alert is None:
        raise Http404
    if (chosen := _ANSWERS.get(request.POST.get("answer", ""))) is None:
        messages.error(request, "Choisissez une réponse. Rien n'a été enregistré.")
        return redirect("site-alert", request.territory.slug, pk)
    try:
        messages.success(request, act_of(chosen).sentence(chosen(alert, request.user)))
    except SiteError as error:
        messages.error(request, str(error))
    return redirect("site-alert", request.territory.slug, pk)


@requires("cyber.read")
def fallback_page(request: HttpRequest) -> HttpResponse:
    """The form of the static page, and the file itself once it is filled."""
    form = FallbackForm(request.POST or None, initial=fallback_pages.proposed(request.territory))
    if request.method == "POST" and form.is_valid():
        return HttpResponse(
            fallback_pages.render_page(form.cleaned_data),
            content_type="text/html; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="site-indisponible.html"'},
        )
    return render(request, "cyber/site_fallback.html", {"form": form}, status=422 if form.errors else 200)
