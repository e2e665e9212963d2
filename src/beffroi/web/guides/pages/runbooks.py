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
from beffroi.guides.questions import Question
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission

from .. import presenting
from ..addresses import address, place_of
from ..errors import FaultsError, GuideError
from ..forms import QuestionForm, initial
from ..models import Response, answers_of
from ..opening import domain, guide_or_404, response_or_404, successor
from ..services import responses

AT_ONCE = 4
"""Facts asked for on the page of a run."""


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
    begun = successor(runbook, request.territory)
    begun = begun if isinstance(begun, Runbook) else runbook
    if request.method == "POST":
        run = responses.open_run(
            request.territory,
            request.user,
            begun,
            label=request.POST.get("label", ""),
            is_exercise=request.POST.get("exercise") == "1",
        )
        if begun is not runbook and not answers_of(run):
            responses.save_answers(run, request.user, runbook.assumed)
        return redirect(_to(run))
    steps = presenting.steps_to_read(runbook)
    context = {
        "guide": runbook,
        "domain": domain(runbook),
        "begun": begun,
        "moved": place_of(request.user, request.territory, begun) if begun is not runbook else None,
        "steps": steps,
        "runs": Response.objects.of(request.territory).filter(guide=key).select_related("opened_by")[:50],
        "permission": Permission(request.user, domain(runbook).answer, request.territory),
    }
    return render(request, "guides/runbook.html", context)


@requires("territory.enter")
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A run: the clocks, what to do now, the next facts to note."""
    run, runbook = _run(request, pk)
    return _render(request, run, runbook, _next_facts(run, runbook))


def _facts_under_way(runbook: Runbook) -> tuple[Question, ...]:
    """The facts that are noted as they happen: how it ends is asked with the end."""
    return tuple(each for each in runbook.facts if each.key != responses.OUTCOME)


def _next_facts(run: Response, runbook: Runbook) -> QuestionForm:
    """The next facts that nobody noted, those that are needed first."""
    known = answers_of(run)
    missing = [each for each in _facts_under_way(runbook) if each.key not in known]
    needed = [each for each in missing if each.required]
    return QuestionForm((needed or missing)[:AT_ONCE])


def _render(
    request: HttpRequest,
    run: Response,
    runbook: Runbook,
    form: QuestionForm,
    faulty: tuple[str, QuestionForm] | None = None,
    end_form: QuestionForm | None = None,
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
    clocks = presenting.running_clocks(run, runbook, facts, timezone.localdate())
    notes = presenting.clock_pages(request.user, run)
    context: dict[str, Any] = {
        "run": run,
        "guide": runbook,
        "runbook_url": address(run.territory, runbook),
        "domain": domain(runbook),
        "form": form,
        "known": presenting.known_rows(run, runbook),
        "total": len(runbook.facts),
        "clocks": [(each, notes.get(each.clock.key, "")) for each in clocks if each.deadline],
        "idle": [each for each in clocks if not each.deadline],
        "end_form": end_form or _end_form(runbook),
        "now": [(row, forms.get(row.step.key)) for row in rows if row.is_open and not run.closed_at],
        "later": [row for row in rows if not row.is_open and row.note is None and not run.closed_at],
        "done": [row for row in rows if row.note is not None],
        "step_count": len(rows),
        "links": presenting.run_links(run),
        "permission": Permission(request.user, domain(runbook).answer, request.territory),
    }
    wrong = bool(form.errors or (faulty and faulty[1].errors) or (end_form and end_form.errors))
    return render(request, "guides/run.html", context, status=422 if wrong else 200)


def _end_form(runbook: Runbook, data: Any = None) -> QuestionForm:
    question = responses.outcome_fact(runbook)
    return QuestionForm((question,) if question else (), data)


@requires("territory.enter")
def facts_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every fact on one page; posting notes those of the form, all or the next ones."""
    run, runbook = _run(request, pk)
    every = facts = _facts_under_way(runbook)
    if request.method == "POST" and request.POST.get("some"):
        facts = tuple(each for each in facts if each.key in request.POST.getlist("some"))
    form = QuestionForm(facts, request.POST or None, initial=initial(facts, answers_of(run)))
    if request.method == "POST":
        try:
            responses.save_answers(run, request.user, form.values())
        except FaultsError as error:
            form.show(error.faults)
        except GuideError as error:
            form.show([Fault("", str(error))])
        else:
            messages.success(request, "C'est noté. Les délais et les étapes sont à jour.")
            return redirect(_to(run))
        if len(facts) < len(every):
            return _render(request, run, runbook, form)
    context = {
        "run": run,
        "guide": runbook,
        "domain": domain(runbook),
        "form": form,
        "permission": Permission(request.user, domain(runbook).answer, request.territory),
    }
    return render(request, "guides/run_facts.html", context, status=422 if form.errors else 200)


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
        return _render(request, run, runbook, _next_facts(run, runbook), (step, form))
    except GuideError as error:
        messages.error(request, str(error))
    return redirect(_to(run, f"#etape-{step}"))


@requires("territory.enter")
@require_POST
def end_page(request: HttpRequest, pk: int) -> HttpResponse:
    """End a run; how it ended comes with the same form."""
    run, runbook = _run(request, pk)
    form = _end_form(runbook, request.POST)
    try:
        responses.end_run(run, request.user, form.values())
    except FaultsError as error:
        form.show(error.faults)
        return _render(request, run, runbook, _next_facts(run, runbook), end_form=form)
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
