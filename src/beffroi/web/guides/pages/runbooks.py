"""Runbooks: begin a run, note facts and steps as they happen, see the clocks; print it before one needs it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Runbook
from beffroi.guides.questionnaire import Fault
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission

from .. import presenting
from ..errors import FaultsError, GuideError
from ..forms import QuestionForm, initial
from ..models import Response, answers_of
from ..opening import domain, guide_or_404, response_or_404
from ..services import responses


def _run(request: HttpRequest, pk: int) -> tuple[Response, Runbook]:
    response, found = response_or_404(request, pk)
    if not isinstance(found, Runbook):
        raise Http404
    return response, found


def _to(run: Response, anchor: str = "") -> str:
    return reverse("guide-run", kwargs={"slug": run.territory.slug, "pk": run.pk}) + anchor


@requires("territory.enter")
def runbook_page(request: HttpRequest, key: str) -> HttpResponse:
    """What to do, step by step, to read and print before; the runs of it; buttons to begin one, real or exercise."""
    runbook = guide_or_404(request, Runbook, key)
    if request.method == "POST":
        run = responses.open_response(
            request.territory,
            request.user,
            runbook,
            label=request.POST.get("label", ""),
            is_exercise=request.POST.get("exercise") == "1",
        )
        return redirect(_to(run))
    context = {
        "guide": runbook,
        "domain": domain(runbook),
        "roles": {role.key: role.title for role in runbook.roles},
        "steps": [
            (step, next((r.title for r in runbook.roles if r.key == step.role), "")) for step in runbook.steps
        ],
        "runs": Response.objects.of(request.territory).filter(guide=key).select_related("opened_by")[:50],
        "permission": Permission(request.user, domain(runbook).answer, request.territory),
    }
    return render(request, "guides/runbook.html", context)


@requires("territory.enter")
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A run: the clocks, the facts, the steps that may begin now."""
    run, runbook = _run(request, pk)
    form = QuestionForm(runbook.facts, initial=initial(runbook.facts, answers_of(run)))
    return _render(request, run, runbook, form)


def _render(
    request: HttpRequest,
    run: Response,
    runbook: Runbook,
    form: QuestionForm,
    faulty: tuple[str, QuestionForm] | None = None,
) -> HttpResponse:
    facts = answers_of(run)
    rows = presenting.step_rows(run, runbook, facts)
    forms = {
        row.step.key: QuestionForm(row.step.note, prefix=row.step.key)
        for row in rows
        if row.step.note and row.is_open
    }
    if faulty:
        forms[faulty[0]] = faulty[1]
    context: dict[str, Any] = {
        "run": run,
        "guide": runbook,
        "domain": domain(runbook),
        "form": form,
        "facts": presenting.rows(run, runbook),
        "clocks": presenting.running_clocks(run, runbook, facts, timezone.localdate()),
        "steps": [(row, forms.get(row.step.key)) for row in rows],
        "done": sum(row.note is not None for row in rows),
        "evidence": run.evidence.select_related("by"),
        "permission": Permission(request.user, domain(runbook).answer, request.territory),
    }
    wrong = bool(form.errors or (faulty and faulty[1].errors))
    return render(request, "guides/run.html", context, status=422 if wrong else 200)


@requires("territory.enter")
@require_POST
def facts_page(request: HttpRequest, pk: int) -> HttpResponse:
    run, runbook = _run(request, pk)
    form = QuestionForm(runbook.facts, request.POST)
    try:
        responses.save_answers(run, request.user, form.values())
    except FaultsError as error:
        form.show(error.faults)
        return _render(request, run, runbook, form)
    except GuideError as error:
        form.show([Fault("", str(error))])
        return _render(request, run, runbook, form)
    messages.success(request, "C'est noté. Les délais sont à jour.")
    return redirect(_to(run, "#delais"))


@requires("territory.enter")
@require_POST
def step_page(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Note a step as done, or take it back (`done=0`)."""
    run, runbook = _run(request, pk)
    known = next((each for each in runbook.steps if each.key == step), None)
    if known is None:
        raise Http404
    done = request.POST.get("done", "1") == "1"
    form = QuestionForm(known.note, request.POST, prefix=step)
    values = {each.key: request.POST.get(f"{step}-{each.key}", "") for each in known.note}
    try:
        responses.note_step(run, request.user, step, values, done=done)
    except FaultsError as error:
        form.show(error.faults)
        return _render(
            request,
            run,
            runbook,
            QuestionForm(runbook.facts, initial=initial(runbook.facts, answers_of(run))),
            (step, form),
        )
    except GuideError as error:
        messages.error(request, str(error))
    return redirect(_to(run, f"#etape-{step}"))


@requires("territory.enter")
@require_POST
def end_page(request: HttpRequest, pk: int) -> HttpResponse:
    run, _ = _run(request, pk)
    try:
        responses.close_response(run, request.user)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est terminé. Tout ce qui a été noté reste lisible ici.")
    return redirect(_to(run))


urlpatterns = [
    path("deroules/<slug:key>/", runbook_page, name="runbook"),
    path("deroules/en-cours/<int:pk>/", run_page, name="guide-run"),
    path("deroules/en-cours/<int:pk>/faits/", facts_page, name="guide-run-facts"),
    path("deroules/en-cours/<int:pk>/etapes/<slug:step>/", step_page, name="guide-run-step"),
    path("deroules/en-cours/<int:pk>/terminer/", end_page, name="guide-run-end"),
]
