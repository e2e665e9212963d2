"""Pages of the deliveries: depositing a file, correcting and confirming what was read of it, the list of what arrived."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from beffroi.lake.readers.corrections import NONE, Corrections
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission, may

from . import delivery_jobs, lifecycle
from .confirmation import describe_table, hides
from .deposits import deposit_files, report_deposit
from .errors import CatalogueError
from .forms import TableForm, UploadForm, table_forms, tables_for_other_datasets
from .lifecycle import TablePlan
from .lifecycle.file_storage import stored_file
from .lifecycle.receiving import find_duplicates
from .models import Dataset, Delivery, Snapshot
from .planning.table_proposals import is_outdated
from .reading_form import ReadingForm, reading_forms, wanted

A_PAGE = 50


@requires("dataset.deposit")
def upload(request: HttpRequest) -> HttpResponse:
    """Deposit files; each is stored at once, then read by a job of its own."""
    territory = request.territory
    wanted = request.POST.get("jeu") or request.GET.get("jeu", "")
    dataset = Dataset.objects.of(territory).filter(slug=wanted).first()
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            files, refused = form.uploads()
            deposit = deposit_files(territory, request.user, files, dataset.slug if dataset else "")
            if deposit.single is not None and not refused:
                return redirect("job", territory.slug, deposit.single.pk)
            reasons = [f"« {name} » n'a pas été gardé. {reason}" for name, reason in refused]
            reasons += deposit.refused
            if deposit.read or deposit.waiting:
                report_deposit(request, deposit, reasons)
                return redirect("deliveries", territory.slug)
            form.add_error("file", reasons)
    context = {"form": form, "dataset": dataset}
    return render(request, "catalogue/upload.html", context, status=422 if form.errors else 200)


@requires("dataset.read")
def deliveries(request: HttpRequest) -> HttpResponse:
    """Every file handed over and what became of it, the refused ones with their reason."""
    rows = Delivery.objects.of(request.territory).select_related("by")
    state = request.GET.get("etat", "")
    counts = {key: rows.filter(state=key).count() for key in Delivery.State.values}
    filters = [{"label": "Tous", "url": "?", "count": sum(counts.values()), "current": state not in counts}]
    labels = {
        "received": "Reçus",
        "staged": "À confirmer",
        "done": "Versés",
        "refused": "Refusés",
        "cancelled": "Abandonnés",
    }
    filters += [
        {"label": label, "url": f"?etat={key}", "count": counts[key], "current": key == state}
        for key, label in labels.items()
        if counts[key]
    ]
    if state in counts:
        rows = rows.filter(state=state)
    context = {
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "filters": filters,
        "may_deposit": Permission(request.user, "dataset.deposit", request.territory),
    }
    return render(request, "catalogue/deliveries.html", context)


def _delivery(request: HttpRequest, pk: int) -> Delivery:
    return get_object_or_404(Delivery.objects.of(request.territory).select_related("territory", "by"), pk=pk)


@requires("dataset.read")
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: to confirm when it was read, else what became of it."""
    found = _delivery(request, pk)
    if found.state == Delivery.State.STAGED and may(request.user, "dataset.deposit", request.territory):
        return _confirm(request, found)
    context = {
        "delivery": found,
        "duplicates": find_duplicates(found),
        "snapshots": found.snapshots.select_related("dataset").exclude(state=Snapshot.State.INTENDED),
        "erasable": found.state in {Delivery.State.RECEIVED, Delivery.State.REFUSED}
        and _may_erase(request, found),
        "readable": found.state in {Delivery.State.RECEIVED, Delivery.State.REFUSED}
        and stored_file(found).is_file()
        and may(request.user, "dataset.deposit", request.territory),
    }
    return render(request, "catalogue/delivery.html", context)


def _may_erase(request: HttpRequest, found: Delivery) -> bool:
    """Who may give a delivery up: the person who made it, or those who manage datasets; never once poured."""
    act = "dataset.deposit" if found.by_id == request.user.pk else "dataset.manage"
    poured = found.snapshots.exclude(state=Snapshot.State.UNDONE).exists()
    return may(request.user, act, request.territory) and not poured


def _confirm(request: HttpRequest, found: Delivery) -> HttpResponse:
    """What was found, what is proposed and why; the person confirms or corrects, then the job pours."""
    plans = lifecycle.load_plans(found)
    data = request.POST if request.method == "POST" else None
    forms, readings = table_forms(found, plans, request.user, data), _readings(request, found, plans, data)
    corrected = data is not None and all(reading.is_valid() for reading in readings) and wanted(readings)
    if data is not None and not corrected and (other_datasets := tables_for_other_datasets(forms)):
        # What that dataset's files have taught is looked at before anything is poured.
        drafts = {form.plan.index: form.draft() for form in forms}
        job = delivery_jobs.start_join(found, request.user, other_datasets, drafts)
        return redirect("job", request.territory.slug, job.pk)
    trouble = ""
    validity = [
        form.is_valid() for form in (*readings, *forms)
    ]  # each one, so that every error shows at once
    valid = data is not None and all(validity)
    if valid and (corrections := wanted(readings)):
        # What would be poured is what was seen: the file is first read again as it is said.
        return _start_correction(request, found, corrections, forms)
    if valid:
        choices = [choice for form in forms if (choice := form.choice()) is not None]
        if choices:
            job = delivery_jobs.start_pour(found, request.user, choices)
            return redirect("job", request.territory.slug, job.pk)
        trouble = "Aucune table n'est cochée. Cochez celles à verser, ou abandonnez cette livraison."
    return _render_confirmation(request, found, plans, forms, readings, trouble)


def _render_confirmation(
    request: HttpRequest,
    found: Delivery,
    plans: list[TablePlan],
    forms: list[TableForm],
    readings: list[ReadingForm],
    trouble: str = "",
) -> HttpResponse:
    invalid = bool(trouble) or any(form.is_bound and not form.is_valid() for form in (*forms, *readings))
    context = {
        "delivery": found,
        "tables": [
            describe_table(form, reading, request.territory, sees_people=_sees_people(request, found))
            for form, reading in zip(forms, readings, strict=True)
        ],
        "duplicates": find_duplicates(found),
        "trouble": trouble,
        "invalid": invalid,
        "erasable": _may_erase(request, found),
        "rows_expired": not all(plan.at_hand for plan in plans),
        "outdated": any(is_outdated(request.territory, plan.match) for plan in plans),
    }
    return render(request, "catalogue/confirm.html", context, status=422 if invalid else 200)


def _sees_people(request: HttpRequest, found: Delivery) -> bool:
    return found.by_id == request.user.pk or may(request.user, "dataset.read_personal", found)


def _readings(
    request: HttpRequest, found: Delivery, plans: list[TablePlan], data: Any = None
) -> list[ReadingForm]:
    sees = _sees_people(request, found)
    return reading_forms(
        plans, {plan.index: not hides(plan, found.territory, sees_people=sees) for plan in plans}, data
    )


def _start_correction(
    request: HttpRequest, found: Delivery, corrections: dict[int, Corrections], forms: list[TableForm]
) -> HttpResponse:
    drafts = {form.plan.index: form.draft() for form in forms}
    job = delivery_jobs.start_correct(found, request.user, corrections, drafts)
    return redirect("job", request.territory.slug, job.pk)


@requires("dataset.deposit")
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the tables again with the person's corrections, or without any (« automatique »: the table's index)."""
    found = _delivery(request, pk)
    if found.state != Delivery.State.STAGED:
        messages.error(request, "Ce fichier n'attend pas de confirmation : sa lecture ne se corrige plus.")
        return redirect("delivery", request.territory.slug, pk)
    plans = lifecycle.load_plans(found)
    forms = table_forms(found, plans, request.user, request.POST)
    back = request.POST.get("automatique", "")
    if back in {str(plan.index) for plan in plans}:
        return _start_correction(request, found, {int(back): NONE}, forms)
    readings = _readings(request, found, plans, request.POST)
    if not all(reading.is_valid() for reading in readings):
        return _render_confirmation(request, found, plans, forms, readings)
    if corrections := wanted(readings):
        return _start_correction(request, found, corrections, forms)
    messages.info(request, "Vous n'avez rien corrigé : la lecture est la même.")
    return redirect("delivery", request.territory.slug, pk)


@requires("dataset.deposit")
@require_POST
def read_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the stored file again: after an undo, or when the catalogue has changed."""
    found = _delivery(request, pk)
    if found.state == Delivery.State.DONE:
        messages.error(request, "Ce fichier est déjà versé. Rien n'a changé.")
        return redirect("delivery", request.territory.slug, pk)
    job = delivery_jobs.start_stage(found, request.user)
    return redirect("job", request.territory.slug, job.pk)


@requires("dataset.deposit")
@require_POST
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a delivery up before it is poured."""
    found = _delivery(request, pk)
    if found.by_id != request.user.pk and not may(request.user, "dataset.manage", request.territory):
        raise Http404
    try:
        lifecycle.cancel(found, request.user)
    except CatalogueError as error:
        messages.error(request, str(error))
        return redirect("delivery", request.territory.slug, pk)
    messages.success(request, f"La livraison de « {found.file_name} » est abandonnée. Aucun jeu n'a changé.")
    return redirect("deliveries", request.territory.slug)
