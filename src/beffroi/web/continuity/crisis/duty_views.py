"""Relief and support: for the director and logistics only; for everybody else these pages do not exist."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import Crisis
from . import cell, duty, roles
from .crisis_pages import address, base_context, crisis_or_404
from .forms import LimitsForm, ShiftForm


def _confidential(request: HttpRequest, pk: int) -> Crisis:
    crisis = crisis_or_404(request, pk)
    if not roles.may_read_confidential(crisis, request.user):
        raise Http404
    return crisis


@requires("continuity.answer")
def support_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Hours on duty, who passes a limit, the checklist, the contacts."""
    crisis = _confidential(request, pk)
    form = ShiftForm(duty.names(crisis))
    if request.method == "POST":
        form = ShiftForm(duty.names(crisis), request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                duty.plan_shift(crisis, request.user, data["name"], data["begins_at"], data["ends_at"])
            except ContinuityError as error:
                add_field_error(form, error)
            else:
                return redirect(address(crisis, "crisis-support"))
    context = base_context(request, crisis) | {
        "form": form,
        "limits": LimitsForm(initial={"day_limit": crisis.day_limit, "week_limit": crisis.week_limit}),
        "shifts": duty.shifts(crisis),
        "hours": duty.hours_on_duty(crisis),
        "items": duty.checklist(crisis),
        "law": duty.LAW,
        "contacts": reverse("register", args=[request.territory.slug, "support_contacts"]),
    }
    return render(request, "continuity/crisis_support.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
@require_POST
def shift_page(request: HttpRequest, pk: int, shift: UUID) -> HttpResponse:
    """A shift was done, or is cancelled."""
    crisis = _confidential(request, pk)
    if not crisis.shifts.filter(uuid=shift).exists():
        raise Http404
    try:
        duty.set_shift(crisis, request.user, shift, request.POST.get("state", ""))
    except ContinuityError as error:
        messages.error(request, str(error))
    return redirect(address(crisis, "crisis-support"))


@requires("continuity.answer")
@require_POST
def check_page(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    crisis = _confidential(request, pk)
    try:
        duty.check(crisis, request.user, item, done=request.POST.get("done") == "1")
    except ContinuityError as error:
        messages.error(request, str(error))
    return redirect(f"{address(crisis, 'crisis-support')}#liste")


@requires("continuity.answer")
@require_POST
def limits_page(request: HttpRequest, pk: int) -> HttpResponse:
    crisis = _confidential(request, pk)
    form = LimitsForm(request.POST)
    if form.is_valid():
        try:
            cell.set_limits(
                crisis, request.user, form.cleaned_data["day_limit"], form.cleaned_data["week_limit"]
            )
        except ContinuityError as error:
            messages.error(request, str(error))
    else:
        messages.error(request, "Une limite ne dépasse pas celle de la loi. Rien n'a été changé.")
    return redirect(address(crisis, "crisis-support"))


urlpatterns = [
    path("crise/<int:pk>/soutien/", support_page, name="crisis-support"),
    path("crise/<int:pk>/soutien/gardes/<uuid:shift>/", shift_page, name="crisis-shift"),
    path("crise/<int:pk>/soutien/liste/<slug:item>/", check_page, name="crisis-check"),
    path("crise/<int:pk>/soutien/limites/", limits_page, name="crisis-limits"),
]
