"""Pages of the workshop: services and their state, the grid of one service, the whole grid and its files."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.guides.errors import FaultsError
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.mandates import sentence
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..file_answers import pdf_answer
from . import analyses, outage_files, outages, services
from .cyber_answers import add_cyber_services, cyber_answer, cyber_only
from .forms import GridForm
from .impact import DURATIONS, in_words
from .outages import ServiceLine


@requires("continuity.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """The services and where the analysis of each stands, what is still to do first."""
    lines = outages.service_lines(request.territory)
    context = {
        "lines": sorted(lines, key=lambda line: (line.is_done, line.validation is not None)),
        "done": sum(line.is_done for line in lines),
        "first": next((line for line in lines if not line.is_done and not line.is_complete), None),
        "cyber": cyber_only(request.territory),
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/outages.html", context)


@requires("continuity.answer")
@require_POST
def begin_page(request: HttpRequest) -> HttpResponse:
    """Take the list that Beffroi proposes, or the services that were spoken of in the cyber register."""
    if request.POST.get("from") == "cyber":
        count = add_cyber_services(request.territory, request.user)
    else:
        count = services.begin(request.territory, request.user)
    messages.success(
        request,
        f"{counted(count, 'service ajouté', 'services ajoutés')}. Retirez ceux que vous ne rendez pas.",
    )
    return redirect("outages", request.territory.slug)


def _entry(request: HttpRequest, pk: int) -> RegisterEntry:
    rows = RegisterEntry.objects.of(request.territory).filter(register=services.REGISTER, removed_at=None)
    found: RegisterEntry | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
def service_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One service: its grid to fill in, or as it was validated."""
    return _show(request, _entry(request, pk))


def _show(request: HttpRequest, entry: RegisterEntry, form: GridForm | None = None) -> HttpResponse:
    line = outages.service_lines(request.territory, [entry])[0]
    grid = line.grid if line.is_done else line.draft_grid
    cyber = cyber_answer(entry)
    cyber_hours = cyber.hours if cyber is not None and not cyber.is_proposed else None
    context = {
        "line": line,
        "grid": grid,
        "cyber": cyber,
        "form": form or (GridForm(grid.answers, cyber_hours=cyber_hours) if not line.is_done else None),
        "durations": DURATIONS,
        "cells": list(zip(DURATIONS, outage_files.cells(line), strict=True)),
        "authority": sentence(line.validation.authority) if line.validation else "",
        "proposed": in_words(grid.proposed_hours),
        "unbearable": grid.unbearable_from,
        "next": _waiting(request, entry) if line.is_done else None,
        "permission": Permission(request.user, "continuity.answer", request.territory),
        "may_validate": Permission(
            request.user, "continuity.accept", request.territory, "valider les conséquences d'un arrêt"
        ),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "continuity/outage_service.html", context, status=status)


def _save(request: HttpRequest, entry: RegisterEntry) -> HttpResponse | None:
    """Store what was typed; the page with its faults where something is refused."""
    line = outages.service_lines(request.territory, [entry])[0]
    form = GridForm(line.draft_grid.answers, request.POST)
    try:
        analyses.save_cells(entry, request.user, form.values(), form.seen())
    except FaultsError as error:
        form.show(error.faults)
    except ContinuityError as error:
        messages.error(request, str(error))
        return redirect("outage-service", request.territory.slug, entry.pk)
    else:
        return None
    return _show(request, entry, form)


@requires("continuity.answer")
@require_POST
def save_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Store the grid; then the same page, or the next service that waits once the outage is confirmed."""
    entry = _entry(request, pk)
    if (faults := _save(request, entry)) is not None:
        return faults
    grid = outages.service_lines(request.territory, [entry])[0].draft_grid
    if grid.is_full and grid.hours is None:
        messages.info(request, "C'est enregistré. Confirmez la durée proposée, ou changez-la.")
    else:
        messages.success(request, "C'est enregistré.")
        if "next" in request.POST:
            return _next(request, entry)
    return redirect("outage-service", request.territory.slug, entry.pk)


@requires("continuity.accept")
@require_POST
def validate_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what is on the page, then validate it."""
    entry = _entry(request, pk)
    if (faults := _save(request, entry)) is not None:
        return faults
    try:
        row = analyses.validate(entry, request.user)
    except ContinuityError as error:
        form = GridForm(outages.service_lines(request.territory, [entry])[0].draft_grid.answers, request.POST)
        form.full_clean()
        form.errors.clear()
        add_field_error(form, error)
        return _show(request, entry, form)
    messages.success(request, f"Validé : {services.name_of(entry)}, {in_words(row.hours)} au plus.")
    return redirect("outage-service", request.territory.slug, entry.pk)


def _next(request: HttpRequest, entry: RegisterEntry) -> HttpResponse:
    """The page of the next service that waits; the list when none is left."""
    waiting = _waiting(request, entry)
    if waiting is None:
        return redirect("outages", request.territory.slug)
    return redirect("outage-service", request.territory.slug, waiting.entry.pk)


def _waiting(request: HttpRequest, entry: RegisterEntry) -> ServiceLine | None:
    """The next service of the list that nobody finished, round from this one."""
    lines = outages.service_lines(request.territory)
    rank = next((n for n, line in enumerate(lines) if line.entry.pk == entry.pk), 0)
    return next((line for line in (*lines[rank + 1 :], *lines[:rank]) if _is_to_fill(line)), None)


def _is_to_fill(line: ServiceLine) -> bool:
    return not line.is_done and not line.is_complete


@requires("continuity.answer")
@require_POST
def again_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the analysis again from the validated one."""
    entry = _entry(request, pk)
    try:
        analyses.begin_again(entry, request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
    return redirect("outage-service", request.territory.slug, pk)


@requires("continuity.read")
def grid_page(request: HttpRequest) -> HttpResponse:
    """Every service, what can wait the least first."""
    return render(request, "continuity/outage_grid.html", outage_files.grid_context(request.territory))


@requires("continuity.read")
def file_page(request: HttpRequest, form: str) -> HttpResponse:
    """The whole grid as a file. `form`: xlsx, ods, csv or pdf."""
    territory = request.territory
    if form != "pdf":
        return outage_files.export(territory, form)
    page = reverse("outage-grid", args=[territory.slug])
    return pdf_answer(request, lambda: outage_files.pdf(territory), "arrets-supportables", page)
