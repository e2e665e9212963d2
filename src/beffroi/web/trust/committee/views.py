"""Pages of the ethics committee: its composition and sessions, and its opinion on one system."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.decisions.services import DecisionError
from beffroi.web.platform.guards import requires
from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.views import use_here

from ..errors import TrustError
from ..legal import reading
from ..models import BodyDecision, Opinion, Seat, Session
from . import composition, services
from .forms import InterestForm, LeaveForm, OpinionForm, OverruleForm, SeatForm, SessionForm
from .gates import judge


def _seats(request: HttpRequest) -> list[Seat]:
    return composition.seats_on(request.territory, timezone.localdate())


def _may_speak(request: HttpRequest, use: SystemUse) -> list[Seat]:
    """The seats for which this person may write a declaration down."""
    if may(request.user, "committee.manage", use):
        return composition.started_seats(request.territory)
    return [seat for seat in _seats(request) if seat.person_id == request.user.pk]


def _works(request: HttpRequest) -> bool:
    return any(may(request.user, act, request.territory) for act in ("committee.manage", "opinion.record"))


def committee_page(request: HttpRequest, **forms: Form) -> dict[str, Any]:
    """Who sits, whether the committee may give opinions, its sessions and its opinions."""
    territory, seats, today = request.territory, _seats(request), timezone.localdate()
    sat = composition.started_seats(territory)
    return {
        "seats": seats,
        "former": [seat for seat in sat if seat not in seats],
        "coming": Seat.objects.of(territory).filter(since__gt=today),
        "sat": sat,
        "faults": composition.faults(seats),
        "sessions": Session.objects.of(territory)[:50],
        "opinions": [
            (opinion, reading.title(opinion.use))
            for opinion in Opinion.objects.of(territory).select_related("use", "session")[:50]
        ],
        "waiting": until_next_act(territory, "trust.waiting_opinions", lambda: _waiting(territory, today)),
        "may_manage": may(request.user, "committee.manage", territory),
        "seat_form": forms.get("seat") or SeatForm(territory),
        "session_form": forms.get("session") or SessionForm(territory),
        "leave_form": forms.get("leave") or LeaveForm(),
        "errors_of": next((form for form in forms.values() if form.errors), None),
    }


def _waiting(territory: Territory, today: date) -> list[reading.Line]:
    return [line for line in reading.register(territory, today) if not judge(line.use).open]


@requires("committee.manage")
@require_POST
def leave_page(request: HttpRequest, pk: int) -> HttpResponse:
    seat = Seat.objects.of(request.territory).filter(pk=pk).first()
    if seat is None:
        raise Http404
    form = LeaveForm(request.POST)
    if form.is_valid():
        try:
            services.leave(seat, request.user, **form.cleaned_data)
        except TrustError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"Le siège de {seat.name} finit le {seat.until:%d/%m/%Y}.")
            return redirect(reverse("committee", kwargs={"slug": request.territory.slug}))
    return render(request, "trust/committee.html", committee_page(request, leave=form), status=422)


def _to(request: HttpRequest, system: str) -> HttpResponse:
    return redirect(reverse("committee-system", kwargs={"slug": request.territory.slug, "system": system}))


def system_page(request: HttpRequest, use: SystemUse, **forms: Form) -> dict[str, Any]:
    """The interests declared about one system, the opinions on it, and what the elected body decided."""
    seats = _seats(request)
    declared = composition.declared(use)
    opinions = list(use.opinions.select_related("session"))
    overruled = {d.opinion_id: d for d in BodyDecision.objects.of(use.territory).filter(opinion__in=opinions)}
    own_uses = _may_speak(request, use) if _works(request) else []
    opinion_form = forms.get("opinion") or OpinionForm(use)
    return {
        "use": use,
        "title": reading.title(use),
        "judged": judge(use),
        "result": reading.as_of(use, timezone.localdate()),
        "members": [(seat, declared.get(seat.pk)) for seat in seats],
        "faults": composition.faults(seats),
        "opinions": [(opinion, overruled.get(opinion.pk)) for opinion in opinions],
        "may_manage": may(request.user, "committee.manage", use),
        "may_opine": may(request.user, "opinion.record", use),
        "may_decide": may(request.user, "system.decide", use),
        "sessions": opinion_form.sessions,
        "interest_form": forms.get("interest") or (InterestForm(own_uses) if own_uses else None),
        "opinion_form": opinion_form,
        "overrule_form": forms.get("overrule") or OverruleForm(),
        "errors_of": next((form for form in forms.values() if form.errors), None),
    }


def _refused(request: HttpRequest, use: SystemUse, **forms: Form) -> HttpResponse:
    return render(request, "trust/committee_system.html", system_page(request, use, **forms), status=422)


@requires("system.read")
@require_POST
def interest_page(request: HttpRequest, system: str) -> HttpResponse:
    if not _works(request):
        raise Http404
    use = use_here(request, system)
    seats = _may_speak(request, use)
    form = InterestForm(seats, request.POST)
    if form.is_valid():
        seat = next(seat for seat in seats if str(seat.pk) == form.cleaned_data["seat"])
        conflict = form.cleaned_data["conflict"] == "yes"
        try:
            services.declare(use, seat, request.user, conflict=conflict, words=form.cleaned_data["words"])
        except TrustError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "La déclaration est inscrite.")
            return _to(request, system)
    return _refused(request, use, interest=form)


@requires("system.decide")
@require_POST
def overrule_page(request: HttpRequest, pk: int) -> HttpResponse:
    opinion = Opinion.objects.of(request.territory).select_related("use").filter(pk=pk).first()
    if opinion is None:
        raise Http404
    form = OverruleForm(request.POST)
    if form.is_valid():
        try:
            services.overrule(opinion, request.user, **form.cleaned_data)
        except (TrustError, DecisionError) as error:
            add_field_error(form, error)
        else:
            messages.success(request, "La délibération est inscrite et publique.")
            return _to(request, opinion.use.system)
    return _refused(request, opinion.use, overrule=form)
