"""Pages of the restart order: what contradicts itself, the order by waves, the stopwatch of a run, papers and files."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.guides import Register, Runbook
from beffroi.web.guides import presenting, tables
from beffroi.web.guides.addresses import address
from beffroi.web.guides.errors import FaultsError, GuideError
from beffroi.web.guides.forms import QuestionForm
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui import printing

from ..errors import ContinuityError
from ..file_answers import pdf_answer
from . import drills, papers, services
from .registers import APPLICATIONS, SERVICES, restart_order
from .runbook import RESTART_ORDER

AT_FIRST = 8
"""Rows of the order that the page shows; the others are folded."""
AT_ONCE = 4
"""Steps that are signed off on the page of the stopwatch: the first that may begin."""


@requires("continuity.read")
def order_page(request: HttpRequest) -> HttpResponse:
    """What contradicts itself, then the order by waves, the services, the drills."""
    territory = request.territory
    order = restart_order(territory)
    context = papers.context_of(territory, order)
    first_waves, later_waves = papers.cut_waves(context["waves"], AT_FIRST)
    context |= {
        "first_waves": first_waves,
        "later_waves": later_waves,
        "applications_url": address(territory, guide(Register, APPLICATIONS)),
        "services_url": address(territory, guide(Register, SERVICES)),
        "drills": drills.history(territory),
        "permission": Permission(request.user, "continuity.answer", territory),
    }
    return render(request, "continuity/restart.html", context)


@requires("continuity.answer")
@require_POST
def begin_page(request: HttpRequest) -> HttpResponse:
    try:
        run = services.begin(
            request.territory,
            request.user,
            label=request.POST.get("label", ""),
            is_exercise=request.POST.get("exercise") == "1",
        )
    except ContinuityError as error:
        messages.error(request, str(error))
        return redirect("restart", slug=request.territory.slug)
    return redirect("restart-run", slug=request.territory.slug, pk=run.pk)


@requires("continuity.read")
def order_file(request: HttpRequest, form: str) -> HttpResponse:
    """The order as a PDF to print, or as a table."""
    order = restart_order(request.territory)
    page = reverse("restart", args=[request.territory.slug])
    if form == "pdf":
        text = papers.order_html(request.territory, order)
        return pdf_answer(request, lambda: printing.render_pdf(text), "remise-en-route", page)
    if form not in tables.MEDIA:
        raise Http404
    try:
        runbook = services.runbook_of(request.territory)
    except ContinuityError as error:
        messages.error(request, str(error))
        return redirect(page)
    rows = papers.rows(order)
    entries = [dict(zip(papers.HEADING, row, strict=True)) for row in rows]
    return tables.export(request.territory, runbook, form, papers.HEADING, rows, entries=entries)


def _run(request: HttpRequest, pk: int) -> tuple[Response, Runbook]:
    rows = Response.objects.of(request.territory).filter(guide=RESTART_ORDER)
    run = rows.select_related("edition", "opened_by", "closed_by").filter(pk=pk).first()
    runbook = run.edition.read() if run is not None else None
    if run is None or not isinstance(runbook, Runbook):
        raise Http404
    return run, runbook


@requires("continuity.read")
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The stopwatch of a run: what may begin, what is left, services back in time or late."""
    run, runbook = _run(request, pk)
    return _render(request, run, runbook)


def _render(
    request: HttpRequest, run: Response, runbook: Runbook, faulty: tuple[str, QuestionForm] | None = None
) -> HttpResponse:
    rows = presenting.step_rows(run, runbook, answers_of(run))
    ready = [row for row in rows if row.is_open and not run.closed_at]
    forms = {row.step.key: QuestionForm(row.step.note, prefix=row.step.key) for row in ready[:AT_ONCE]}
    if faulty:
        forms[faulty[0]] = faulty[1]
    context: dict[str, Any] = {
        "run": run,
        "runbook": runbook,
        "watch": services.stopwatch_of(run),
        "ready": [(row, forms[row.step.key]) for row in ready if row.step.key in forms],
        "ready_count": len(ready),
        "notes": {row.step.key: row.written for row in rows if row.written},
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/restart_run.html", context, status=422 if faulty else 200)


@requires("continuity.answer")
@require_POST
def step_page(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Sign a step off, from the page of the stopwatch."""
    run, runbook = _run(request, pk)
    known = next((each for each in runbook.steps if each.key == step), None)
    if known is None:
        raise Http404
    form = QuestionForm(known.note, request.POST, prefix=step)
    values = {each.key: request.POST.get(f"{step}-{each.key}", "") for each in known.note}
    try:
        responses.note_step(run, request.user, step, values)
    except FaultsError as error:
        form.show(error.faults)
        return _render(request, run, runbook, (step, form))
    except GuideError as error:
        messages.error(request, str(error))
    return redirect(reverse("restart-run", kwargs={"slug": run.territory.slug, "pk": run.pk}) + "#maintenant")


@requires("continuity.read")
def run_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The report of a run: aimed at beside measured."""
    run, _ = _run(request, pk)
    exercise = "exercice-" if run.is_exercise else ""
    page = reverse("restart-run", args=[request.territory.slug, pk])
    name = f"{exercise}but-contre-mesure-{pk}"
    return pdf_answer(request, lambda: printing.render_pdf(papers.run_html(run)), name, page)
