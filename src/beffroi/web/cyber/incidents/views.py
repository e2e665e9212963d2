"""Incidents of a territory: those under way, their drafts of notices, what is entrusted to a CSIRT, the statistics of a year."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Paper
from beffroi.web.guides.library import library
from beffroi.web.guides.models import Response
from beffroi.web.platform.forms import Day
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from ..errors import CyberError
from ..home_state import INCIDENT
from ..models import IncidentShare, IncidentStatistics, State, Ticket
from ..overview import name_incidents
from . import services, statistics

FIRST_YEAR = 2000


class EntrustForm(forms.Form):
    """To whom, what, until when."""

    use_required_attribute = False
    csirt = forms.ChoiceField(
        label="À quel CSIRT", error_messages={"invalid_choice": "Choisissez un CSIRT de la liste."}
    )
    facts = forms.MultipleChoiceField(
        label="Ce que vous lui montrez aussi", widget=forms.CheckboxSelectMultiple, required=False
    )
    until = Day(
        label="Jusqu'au",
        help_text="Ce jour compris. Vous pouvez reprendre avant.",
        error_messages={"required": "Dites jusqu'à quel jour le CSIRT peut lire ces faits."},
    )

    def __init__(self, run: Response, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["csirt"].choices = [(each.code, each.name) for each in services.csirts()]  # type: ignore[attr-defined]
        self.fields["facts"].choices = [  # type: ignore[attr-defined]
            (key, f"{label} {value}")
            for key, label, value in services.shareable(run)
            if key not in services.ALWAYS
        ]
        if not self.fields["facts"].choices:  # type: ignore[attr-defined]
            del self.fields["facts"]


class FollowForm(forms.Form):
    """What a CSIRT does with a request."""

    use_required_attribute = False
    state = forms.ChoiceField(
        label="Suite", choices=[(each.value, each.label) for each in (State.REFERRED, State.CLOSED)],
        widget=forms.RadioSelect,
    )  # fmt: skip
    referred_to = VisibleCharField(label="Orientée vers", max_length=200, required=False)
    text = VisibleCharField(
        label="Ce que vous dites à la commune", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


@requires("cyber.read")
def incidents_page(request: HttpRequest) -> HttpResponse:
    """Incidents and exercises, the last first; the years to count."""
    runs = (
        Response.objects.of(request.territory).filter(guide=INCIDENT).select_related("opened_by", "edition")
    )
    years = sorted({timezone.localtime(run.opened_at).year for run in runs}, reverse=True)
    context = {
        "runs": name_incidents(list(runs[:100])),
        "years": years,
        "published": IncidentStatistics.objects.of(request.territory)[:10],
        "permission": Permission(request.user, "cyber.answer", request.territory),
    }
    return render(request, "cyber/incidents.html", context)


def _run(request: HttpRequest, pk: int) -> Response:
    rows = Response.objects.of(request.territory).filter(guide=INCIDENT)
    run: Response | None = rows.select_related("edition", "territory").filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


@requires("cyber.read")
def notices_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The drafts of notices of an incident, and what is entrusted to a CSIRT."""
    run = _run(request, pk)
    return _notices(request, run, EntrustForm(run))


def _notices(request: HttpRequest, run: Response, form: EntrustForm) -> HttpResponse:
    papers = [
        each for each in library().guides.values() if isinstance(each, Paper) and INCIDENT in each.guides()
    ]
    shares = IncidentShare.objects.of(request.territory).filter(run=run).prefetch_related("steps__person")
    context = {
        "run": run,
        "papers": papers,
        "shares": shares,
        "always": [each for each in services.shareable(run) if each[0] in services.ALWAYS],
        "form": form if services.csirts() and not run.is_exercise else None,
        "permission": Permission(request.user, "cyber.answer", request.territory),
    }
    return render(request, "cyber/notices.html", context, status=422 if form.errors else 200)


@requires("cyber.answer")
@require_POST
def entrust_page(request: HttpRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    form = EntrustForm(run, request.POST)
    if form.is_valid():
        csirt = next(each for each in services.csirts() if each.code == form.cleaned_data["csirt"])
        chosen = form.cleaned_data.get("facts", [])
        try:
            services.entrust(run, request.user, csirt, chosen, form.cleaned_data["until"])
        except CyberError as error:
            add_field_error(form, error)
        else:
            messages.success(
                request, f"{csirt.name} lit ces faits jusqu'au {form.cleaned_data['until']:%d/%m/%Y}."
            )
            return redirect(reverse("cyber-notices", kwargs={"slug": request.territory.slug, "pk": pk}))
    return _notices(request, run, form)


@requires("cyber.answer")
@require_POST
def take_back_page(request: HttpRequest, pk: int, share: int) -> HttpResponse:
    row = IncidentShare.objects.of(request.territory).filter(run=_run(request, pk), pk=share).first()
    if row is None:
        raise Http404
    services.take_back(row, request.user)
    messages.success(request, "C'est repris : le CSIRT ne lit plus ces faits.")
    return redirect(reverse("cyber-notices", kwargs={"slug": request.territory.slug, "pk": pk}))


@requires("cyber.read")
def tickets_page(request: HttpRequest) -> HttpResponse:
    """The queue of a CSIRT: to qualify, referred, closed; the first state that has requests, unless one is chosen."""
    counts = dict(Ticket.objects.of(request.territory).values_list("state").annotate(count=Count("pk")))
    chosen = request.GET.get("etat", "")
    state = (
        chosen
        if chosen in State.values
        else next((each for each in State if counts.get(each)), State.TO_QUALIFY)
    )
    context = {
        "tickets": Ticket.objects.of(request.territory).filter(state=state)[:200],
        "state": state,
        "filters": [(each.value, each.label, counts.get(each, 0)) for each in State],
    }
    return render(request, "cyber/tickets.html", context)


@requires("cyber.read")
def ticket_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what was entrusted, what was done, what to do next."""
    ticket = Ticket.objects.of(request.territory).filter(pk=pk).first()
    if ticket is None:
        raise Http404
    form = FollowForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.follow(ticket, request.user, data["state"], data["text"], data["referred_to"])
        except CyberError as error:
            add_field_error(form, error)
        else:
            reads = (
                "la commune le lit" if ticket.is_open else "la commune ne le lit pas : son partage est fini"
            )
            messages.success(request, f"C'est noté, et {reads}.")
            return redirect(request.path)
    context = {
        "ticket": ticket,
        "facts": ticket.facts if ticket.is_open else [],
        "steps": ticket.steps.select_related("person"),
        "form": form,
        "permission": Permission(request.user, "cyber.answer", request.territory),
    }
    return render(request, "cyber/ticket.html", context, status=422 if form.errors else 200)


@requires("cyber.read")
def statistics_page(request: HttpRequest, year: int) -> HttpResponse:
    """The figures of a year before they are public; small counts are not shown, even here."""
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404
    if request.method == "POST":
        try:
            statistics.publish(request.territory, request.user, year)
        except CyberError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "C'est publié.")
        return redirect(request.path)
    context = {
        "content": statistics.build(request.territory, year),
        "published": IncidentStatistics.objects.of(request.territory)
        .filter(year=year)
        .select_related("by")
        .first(),
        "is_past": year < timezone.localdate().year,
        "permission": Permission(request.user, "cyber.accept", request.territory),
    }
    return render(request, "cyber/statistics.html", context)


urlpatterns = [
    path("incidents/", incidents_page, name="cyber-incidents"),
    path("incidents/<int:pk>/", notices_page, name="cyber-notices"),
    path("incidents/<int:pk>/confier/", entrust_page, name="cyber-entrust"),
    path("incidents/<int:pk>/reprendre/<int:share>/", take_back_page, name="cyber-take-back"),
    path("incidents/annees/<int:year>/", statistics_page, name="cyber-statistics"),
    path("demandes/", tickets_page, name="cyber-tickets"),
    path("demandes/<int:pk>/", ticket_page, name="cyber-ticket"),
]
