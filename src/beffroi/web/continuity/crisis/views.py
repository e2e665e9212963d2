"""The cell: activated with two choices, its page with the journal's form at the top, its roles, its facts, its end."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.guides.errors import FaultsError
from beffroi.web.guides.forms import QuestionForm, initial
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission, may
from beffroi.web.ui import printing
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..file_answers import pdf_answer
from ..models import Crisis
from . import cell, debrief, duty, journal, legal_clocks, roles, service_states, wall
from .crisis_pages import address, base_context, crisis_or_404
from .forms import ActivateForm, CloseForm, IncidentForm, LineForm, RolesForm, ServiceForm

LATEST = 6


def _open_incidents(request: HttpRequest) -> list[Response]:
    if not may(request.user, "cyber.read", request.territory):
        return []
    return list(Response.objects.of(request.territory).filter(guide=INCIDENT, closed_at=None)[:20])


@requires("continuity.read")
def crises_page(request: HttpRequest) -> HttpResponse:
    """Crises under way, the button that activates the cell, what is prepared, past crises."""
    runs = _open_incidents(request)
    chosen = next((run for run in runs if str(run.pk) == request.GET.get("incident", "")), None)
    initial = {
        "cause": f"run-{chosen.pk}" if chosen else "",
        "nature": "exercise" if chosen and chosen.is_exercise else "",
    }
    form = ActivateForm(runs, initial=initial, under_way=cell.real_crisis(request.territory))
    return _crises(request, form)


def _crises(request: HttpRequest, form: ActivateForm) -> HttpResponse:
    context = {
        "open": cell.open_crises(request.territory),
        "past": Crisis.objects.of(request.territory).exclude(closed_at=None)[:50],
        "prepared": roles.state_of_list(request.territory),
        "form": form,
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/crises.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
@require_POST
def activate_page(request: HttpRequest) -> HttpResponse:
    runs = _open_incidents(request)
    form = ActivateForm(runs, request.POST, under_way=cell.real_crisis(request.territory))
    if form.is_valid():
        data = form.cleaned_data
        try:
            crisis = cell.activate(
                request.territory,
                request.user,
                label=data["label"],
                known=data["known"],
                is_exercise=data["nature"] == "exercise",
                run=form.run,
                incident=form.incident,
                another=data.get("another", False),
            )
        except ContinuityError as error:
            if error.field == "another":  # activated by somebody else since this page was read
                form = ActivateForm(runs, request.POST, under_way=cell.real_crisis(request.territory))
            add_field_error(form, error)
        else:
            return redirect(address(crisis))
    return _crises(request, form)


@requires("continuity.read")
def crisis_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the cell: write, then read."""
    return show_crisis(request, crisis_or_404(request, pk), LineForm())


def show_crisis(
    request: HttpRequest,
    crisis: Crisis,
    form: forms.Form,
    incident_form: IncidentForm | None = None,
    service_form: ServiceForm | None = None,
) -> HttpResponse:
    rows = journal.rows_in_order(crisis)
    context = base_context(request, crisis) | {
        "form": form,
        "entries": journal.latest_entries(rows, LATEST),
        "count": journal.counted_lines(rows),
        "roles": roles.current_roles(crisis),
        "clocks": legal_clocks.clocks(crisis),
        "may_stop": Permission(request.user, legal_clocks.STOP, request.territory),
        "reads_incidents": may(request.user, "cyber.read", request.territory),
        "is_confidential_reader": roles.may_read_confidential(crisis, request.user),
        "incident_form": (incident_form or IncidentForm(_open_incidents(request)))
        if crisis.is_open and crisis.run is None
        else None,
        "services": wall.services(crisis),
        "service_form": (service_form or ServiceForm(service_states.names(request.territory)))
        if crisis.is_open
        else None,
        "late": crisis.next_point_at is not None and crisis.next_point_at < timezone.now(),
    }
    wrong = any(each is not None and each.errors for each in (form, incident_form, service_form))
    return render(request, "continuity/crisis.html", context, status=422 if wrong else 200)


@requires("continuity.answer")
@require_POST
def incident_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Link an incident under way, or open the one of a crisis that turns out to be cyber."""
    crisis = crisis_or_404(request, pk)
    form = IncidentForm(_open_incidents(request), request.POST)
    if form.is_valid():
        try:
            cell.link_incident(crisis, request.user, form.run or form.incident)
        except ContinuityError as error:
            if crisis.run is None and crisis.is_open:
                add_field_error(form, error)
                return show_crisis(request, crisis, LineForm(), form)
            messages.error(request, str(error))
        return redirect(address(crisis))
    return show_crisis(request, crisis, LineForm(), form)


@requires("continuity.answer")
@require_POST
def service_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a service is: its degraded mode begun, stopped, working again."""
    crisis = crisis_or_404(request, pk)
    form = ServiceForm(service_states.names(request.territory), request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            service_states.note(crisis, request.user, data["name"], data["state"])
        except ContinuityError as error:
            if crisis.is_open:
                add_field_error(form, error)
                return show_crisis(request, crisis, LineForm(), service_form=form)
            messages.error(request, str(error))
        return redirect(address(crisis))
    return show_crisis(request, crisis, LineForm(), service_form=form)


@requires("continuity.read")
def roles_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has each role, and the act that takes several at once."""
    crisis = crisis_or_404(request, pk)
    rows = roles.current_roles(crisis)
    free = [row.key for row in rows if row.holder is None]
    return _roles(request, crisis, RolesForm(_role_choices(), initial={"roles": free}))


def _role_choices() -> list[tuple[str, str]]:
    return list(roles.role_titles().items())


def _roles(request: HttpRequest, crisis: Crisis, form: RolesForm) -> HttpResponse:
    context = base_context(request, crisis) | {
        "rows": roles.current_roles(crisis),
        "history": crisis.assignments.select_related("by").order_by("-pk")[:50],
        "titles": roles.role_titles(),
        "form": form,
    }
    return render(request, "continuity/crisis_roles.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
@require_POST
def take_roles_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take roles, or write somebody in; « all » takes those that nobody has."""
    crisis = crisis_or_404(request, pk)
    form = RolesForm(_role_choices(), request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            roles.assign(
                crisis,
                request.user,
                data["roles"],
                name=data["name"],
                is_deputy=data["is_deputy"],
                since=data["since"],
            )
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            return redirect(address(crisis))
    return _roles(request, crisis, form)


@requires("continuity.answer")
@require_POST
def release_role_page(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    try:
        roles.release(crisis, request.user, role)
    except ContinuityError as error:
        messages.error(request, str(error))
    return redirect(address(crisis, "crisis-roles"))


@requires("continuity.read")
def calling_page(request: HttpRequest) -> HttpResponse:
    """The calling list, to print."""
    context = {
        "calls": roles.calling_list(request.territory),
        "prepared": roles.state_of_list(request.territory),
        "register": reverse("register", args=[request.territory.slug, roles.REGISTER]),
    }
    return render(request, "continuity/crisis_calling.html", context)


@requires("continuity.read")
def calling_pdf_page(request: HttpRequest) -> HttpResponse:
    """The same on one sheet."""
    context = {
        "calls": roles.calling_list(request.territory),
        "territory": request.territory,
        "today": timezone.localdate(),
        "style": printing.style(),
    }
    text = render_to_string("continuity/crisis_calling_document.html", context)
    page = reverse("crisis-calling", args=[request.territory.slug])
    return pdf_answer(request, lambda: printing.render_pdf(text), "liste-d-appel", page)


@requires("continuity.answer")
def facts_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is established: messages are filled from here."""
    crisis = crisis_or_404(request, pk)
    found = crisis.facts.edition.read()
    questions = responses.questions_of(found)
    form = QuestionForm(questions, initial=initial(questions, answers_of(crisis.facts)))
    if request.method == "POST":
        form = QuestionForm(questions, request.POST)
        try:
            journal.require_open(crisis)
            responses.save_answers(crisis.facts, request.user, form.values())
        except FaultsError as error:
            form.show(error.faults)
        except ContinuityError as error:
            form.full_clean()
            add_field_error(form, error)
        else:
            messages.success(request, "Les faits sont enregistrés. Les messages à écrire en partent.")
            return redirect(address(crisis, "crisis-messages"))
    context = base_context(request, crisis) | {"form": form, "guide": found}
    return render(request, "continuity/crisis_facts.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
def close_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The end of a crisis, then the questions of its debrief."""
    crisis = crisis_or_404(request, pk)
    form = CloseForm(request.POST or None)
    if request.method == "POST":
        try:
            cell.close(crisis, request.user, knowing="knowing" in request.POST)
        except ContinuityError as error:
            if not error.field:
                messages.error(request, str(error))
                return redirect(address(crisis, "crisis-debrief"))
            form = CloseForm(request.POST)
            add_field_error(form, error)
        else:
            return redirect(address(crisis, "crisis-debrief"))
    context = base_context(request, crisis) | {"form": form, "left": cell.clocks_left(crisis)}
    return render(request, "continuity/crisis_close.html", context, status=422 if form.errors else 200)


@requires("continuity.read")
def debrief_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the crisis teaches: its questions, what they propose, hours on duty in all."""
    crisis = crisis_or_404(request, pk)
    hours, is_over = duty.totals(crisis)
    context = base_context(request, crisis) | {
        "answers": debrief.answers_in_force(crisis),
        "lessons": debrief.lessons(crisis),
        "written": debrief.written(crisis),
        "plan": debrief.PLAN,
        "hours": hours,
        "is_over": is_over,
    }
    return render(request, "continuity/crisis_debrief.html", context)


@requires("continuity.answer")
@require_POST
def debrief_plan_page(request: HttpRequest, pk: int) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    try:
        added = debrief.propose(crisis, request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            f"{counted(added, 'action mise', 'actions mises')} au plan."
            if added
            else "Rien de nouveau : ces actions sont déjà au plan.",
        )
    return redirect(address(crisis, "crisis-debrief"))


def _path(route: str, view: Any, name: str) -> Any:
    return path(f"crise/{route}", view, name=name)


urlpatterns = [
    _path("", crises_page, "crises"),
    _path("activer/", activate_page, "crisis-activate"),
    _path("liste-d-appel/", calling_page, "crisis-calling"),
    _path("liste-d-appel.pdf", calling_pdf_page, "crisis-calling-pdf"),
    _path("<int:pk>/", crisis_page, "crisis"),
    _path("<int:pk>/incident/", incident_page, "crisis-incident"),
    _path("<int:pk>/services/", service_page, "crisis-service"),
    _path("<int:pk>/roles/", roles_page, "crisis-roles"),
    _path("<int:pk>/roles/prendre/", take_roles_page, "crisis-roles-take"),
    _path("<int:pk>/roles/<slug:role>/rendre/", release_role_page, "crisis-role-release"),
    _path("<int:pk>/faits/", facts_page, "crisis-facts"),
    _path("<int:pk>/clore/", close_page, "crisis-close"),
    _path("<int:pk>/retour/", debrief_page, "crisis-debrief"),
    _path("<int:pk>/retour/plan/", debrief_plan_page, "crisis-debrief-plan"),
]
