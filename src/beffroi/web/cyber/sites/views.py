"""Pages of watched sites: the list, one site, one alert, its forms; the static page that stands in for a site."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import JobError
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..models import SiteAlert, WatchedSite
from . import fallback_pages, reading, services
from .errors import SiteError
from .forms import DeclareForm, FallbackForm, SettingsForm

MAX_ALERTS = 30


@requires("cyber.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Every declared site, those with an alert first."""
    context = {"lines": reading.lines(request.territory), "may_answer": _may_answer(request)}
    return render(request, "cyber/sites.html", context)


def _may_answer(request: HttpRequest) -> bool:
    return may(request.user, "cyber.answer", request.territory)


@requires("cyber.answer")
def declare_page(request: HttpRequest) -> HttpResponse:
    form = DeclareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            site = services.declare(request.territory, request.user, **form.cleaned_data)
        except SiteError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"« {site} » est déclaré. La première visite part dans la minute.")
            return redirect("site", request.territory.slug, site.pk)
    return render(request, "cyber/site_declare.html", {"form": form}, status=422 if form.errors else 200)


def _site(request: HttpRequest, pk: int) -> WatchedSite:
    found: WatchedSite | None = (
        WatchedSite.objects.of(request.territory)
        .exclude(state=WatchedSite.State.REMOVED)
        .select_related("declared_by")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


@requires("cyber.read")
def site_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One site: its state, what waits for a word, its settings as seen from outside, its availability."""
    site = _site(request, pk)
    return _show_site(
        request,
        site,
        SettingsForm(
            initial={name: getattr(site, name) for name in ("name", "provider", "interval")}
            | {"pages": site.paths}
        ),
    )


def _show_site(request: HttpRequest, site: WatchedSite, form: SettingsForm) -> HttpResponse:
    alerts = list(
        SiteAlert.objects.of(site.territory).filter(site=site).select_related("answered_by")[:MAX_ALERTS]
    )
    active = [alert for alert in alerts if alert.is_open]
    context = {
        "site": site,
        "form": form,
        "active": active,
        "past": [alert for alert in alerts if not alert.is_open],
        "badge": reading.state_badge(site, active),
        "periods": reading.availability(site),
        "to_fix": [finding for finding in site.findings if finding["level"] in ("danger", "warn")],
        "in_order": [finding for finding in site.findings if finding["level"] not in ("danger", "warn")],
        "baselines": site.baselines.all(),
        "may_answer": _may_answer(request),
    }
    return render(request, "cyber/site.html", context, status=422 if form.errors else 200)


@requires("cyber.answer")
@require_POST
def settings_page(request: HttpRequest, pk: int) -> HttpResponse:
    site, form = _site(request, pk), SettingsForm(request.POST)
    if form.is_valid():
        try:
            services.change(site, request.user, **form.cleaned_data)
        except SiteError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Les réglages sont enregistrés. Une visite part dans la minute.")
            return redirect("site", request.territory.slug, site.pk)
    return _show_site(request, site, form)


def _act(request: HttpRequest, pk: int, act: Callable[..., Any], done: str) -> HttpResponse:
    """Do one act on a site, and go back to its page."""
    site = _site(request, pk)
    try:
        act(site, request.user)
    except (SiteError, JobError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done.format(site=site))
    if act is services.remove:
        return redirect("sites", request.territory.slug)
    return redirect("site", request.territory.slug, pk)


@requires("cyber.answer")
@require_POST
def visit_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.visit_now, "La visite part. Rechargez cette page dans une minute.")


@requires("cyber.answer")
@require_POST
def pause_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.pause, "« {site} » n'est plus visité.")


@requires("cyber.answer")
@require_POST
def resume_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.resume, "« {site} » est de nouveau visité.")


@requires("cyber.answer")
@require_POST
def remove_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk, services.remove, "« {site} » est retiré. Déclarez-le à nouveau si vous changez d'avis."
    )


def _alert(request: HttpRequest, pk: int) -> SiteAlert:
    found: SiteAlert | None = (
        SiteAlert.objects.of(request.territory).select_related("site", "answered_by").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    return found


@requires("cyber.read")
def alert_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert: what was seen, the two answers, and what to do when it is an intrusion."""
    alert = _alert(request, pk)
    context = {
        "alert": alert,
        "site": alert.site,
        "is_change": alert.kind == SiteAlert.Kind.CHANGE,
        "is_intrusion": alert.answer == SiteAlert.Answer.INTRUSION,
        "may_answer": _may_answer(request) and alert.is_open and not alert.answer,
        "may_accept": _may_answer(request) and alert.is_open and alert.answer == SiteAlert.Answer.INTRUSION,
    }
    return render(request, "cyber/site_alert.html", context)


_ANSWERS: dict[str, tuple[Callable[..., SiteAlert], str]] = {
    "normal": (services.accept_change, "C'est noté : ce changement fait désormais partie de la normale."),
    "intrusion": (services.report_intrusion, "C'est noté. Voici quoi faire maintenant."),
    "seen": (
        services.acknowledge,
        "C'est noté. L'alerte se fermera seule quand tout sera rentré dans l'ordre.",
    ),
}


@requires("cyber.answer")
@require_POST
def answer_page(request: HttpRequest, pk: int) -> HttpResponse:
    alert = _alert(request, pk)
    if (chosen := _ANSWERS.get(request.POST.get("answer", ""))) is None:
        messages.error(request, "Choisissez une réponse. Rien n'a été enregistré.")
        return redirect("site-alert", request.territory.slug, pk)
    act, done = chosen
    try:
        act(alert, request.user)
    except SiteError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
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
