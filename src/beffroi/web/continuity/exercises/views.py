"""Pages of exercises: choose a scenario, run it, receive its injects, observe."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides.runbook import Runbook
from beffroi.web.guides.models import Response
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..file_answers import pdf_answer
from . import exercise_acts, papers, playable_page, services
from .forms import ImproviseForm, ReactionForm
from .presenting import Course, course, short_title
from .timeline import SPEEDS

AT_FIRST: Final = 5
"""Injects to come that the board shows; the others are folded."""


def exercise_or_404(request: HttpRequest, pk: int) -> tuple[Response, Runbook]:
    """An exercise of this territory, with its scenario in the edition that is played."""
    rows = Response.objects.of(request.territory).select_related("edition", "territory", "opened_by")
    run = rows.filter(pk=pk, is_exercise=True).first()
    found = run.edition.read() if run is not None else None
    if run is None or not isinstance(found, Runbook) or not found.injects:
        raise Http404
    return run, found


def scenario_or_404(key: str) -> Runbook:
    found = services.scenario(key)
    if found is None:
        raise Http404
    return found


def to(name: str, run: Response) -> str:
    return reverse(name, kwargs={"slug": run.territory.slug, "pk": run.pk})


@requires("continuity.read")
def exercises_page(request: HttpRequest) -> HttpResponse:
    """The scenarios, and the exercises that were played, the last first."""
    scenarios = services.scenarios()
    runs = Response.objects.of(request.territory).filter(
        guide__in=[each.id for each in scenarios], is_exercise=True
    )
    titles = {each.id: short_title(each.title) for each in scenarios}
    played = [(run, titles[run.guide]) for run in runs.select_related("opened_by", "exercise_import")[:50]]
    return render(request, "continuity/exercises.html", {"scenarios": scenarios, "played": played})


@requires("continuity.read")
def scenario_page(request: HttpRequest, key: str) -> HttpResponse:
    """A scenario: what it is about, its documents to print; a button to begin."""
    found = scenario_or_404(key)
    if request.method == "POST":
        run = services.begin(request.territory, request.user, found, request.POST.get("label", ""))
        return redirect(to("exercise", run))
    context = {
        "guide": found,
        "documents": papers.DOCUMENTS,
        "minutes": int(found.injects[-1].minute),
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/exercise_scenario.html", context)


@requires("continuity.read")
def document_file(request: HttpRequest, key: str, document: str) -> HttpResponse:
    """A document of a scenario, to print before: facilitator, players, observers, chronogram."""
    found = scenario_or_404(key)
    if document not in papers.DOCUMENTS:
        raise Http404
    return pdf_answer(
        request,
        lambda: papers.pdf(found, document, request.territory),
        f"{playable_page.name(found)}-{document}",
        reverse("exercise-scenario", kwargs={"slug": request.territory.slug, "key": key}),
    )


@requires("continuity.read")
def facilitator_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The board of the facilitator: the clock, the next inject, the chronogram, what players do."""
    run, scenario = exercise_or_404(request, pk)
    return _facilitator(request, course(run, scenario), ImproviseForm(scenario))


def _facilitator(request: HttpRequest, now: Course, improvise: ImproviseForm) -> HttpResponse:
    context: dict[str, Any] = {
        "course": now,
        "run": now.run,
        "guide": now.scenario,
        "speeds": SPEEDS,
        "improvise": improvise,
        "next_rows": now.coming[:AT_FIRST],
        "later_rows": now.coming[AT_FIRST:],
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    status = 422 if improvise.errors else 200
    return render(request, "continuity/exercise.html", context, status=status)


@requires("continuity.answer")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What the facilitator does: start, pause, resume, speed, send, postpone, skip, improvise, end."""
    run, scenario = exercise_or_404(request, pk)
    what = request.POST.get("act", "")
    improvise = ImproviseForm(scenario, request.POST) if what == "improvise" else ImproviseForm(scenario)
    try:
        if what not in exercise_acts.FACILITATOR_ACTS:
            raise ContinuityError("Choisissez ce que vous faites. Rien n'a été changé.")
        if what == "improvise" and not improvise.is_valid():
            return _facilitator(request, course(run, scenario), improvise)
        services.record(run, request.user, what, request.POST.dict())
    except ContinuityError as error:
        if what == "improvise":
            add_field_error(improvise, error)
            return _facilitator(request, course(run, scenario), improvise)
        messages.error(request, str(error))
    return redirect(to("exercise-debrief" if what == "end" else "exercise", run))


@requires("continuity.read")
def player_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What players receive, as screens; of one role where the address says which (`?role=`). They say what they do."""
    run, scenario = exercise_or_404(request, pk)
    role = request.GET.get("role", "")
    if role not in {"", *(each.key for each in scenario.roles)}:
        raise Http404
    form = ReactionForm(scenario, request.POST if request.method == "POST" else None, initial={"role": role})
    if request.method == "POST" and form.is_valid():
        try:
            services.record(run, request.user, "reaction", request.POST.dict())
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "C'est noté.")
            return redirect(f"{to('exercise-player', run)}?role={role}")
    now = course(run, scenario)
    context = {
        "course": now,
        "run": run,
        "guide": scenario,
        "role": role,
        "role_title": next((each.title for each in scenario.roles if each.key == role), ""),
        "received": now.delivered(role),
        "form": form,
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/exercise_player.html", context, status=422 if form.errors else 200)


@requires("continuity.read")
def observer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The grid of an observer: each inject received, what was expected, what was seen."""
    run, scenario = exercise_or_404(request, pk)
    if request.method == "POST":
        try:
            services.record(run, request.user, "observation", request.POST.dict())
        except ContinuityError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "C'est noté.")
        return redirect(f"{to('exercise-observer', run)}#message-{request.POST.get('inject', '')[:60]}")
    now = course(run, scenario, timezone.now())
    context = {
        "course": now,
        "run": run,
        "guide": scenario,
        "received": now.delivered(),
        "verdicts": exercise_acts.VERDICTS.items(),
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/exercise_observer.html", context)
