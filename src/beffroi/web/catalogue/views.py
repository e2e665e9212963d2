"""Pages of the datasets: the list, one dataset, its card, its deliveries, its exports, the purposes of reading."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from beffroi.lake.readers.corrections import Corrections
from beffroi.web.platform.acts import act_of
from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import download
from beffroi.web.platform.request_cache import store_read
from beffroi.web.platform.rights import Permission, may

from . import dataset_sections, lifecycle, lineage, past_states, row_queries, usage_registry
from .dataset_lists import listing
from .dataset_presentation import describe_drift, described_columns, described_rows, labels_of_key, sentence
from .dataset_rows import Selection, correction_links
from .errors import CatalogueError
from .forms import CardForm, PurposeForm
from .grants import consultation, declare_purpose, may_read_rows
from .guide_registers import purpose_of_entry, unopened_processings
from .lifecycle.dataset_cards import missing_to_publish
from .models import Dataset, Processing, SavedCorrections, Snapshot, current_snapshot
from .past_states import State
from .publication.restrictions import restriction_of
from .publication.status import publication_status
from .reading_changes import describe_corrections
from .reading_purposes import OF_THE_HOUSE, bind, opened_by, purposes_of, unbind
from .sources.source_lists import feeding


@requires("dataset.read")
def catalogue(request: HttpRequest) -> HttpResponse:
    """The territory's datasets: search, filters, order."""
    context = listing(request.territory, request.GET)
    context["may_deposit"] = Permission(request.user, "dataset.deposit", request.territory)
    context["may_manage"] = may(request.user, "dataset.manage", request.territory)
    context["publications"] = any(
        may(request.user, act, request.territory)
        for act in ("dataset.publish", "publication.advise", "publication.decide")
    )
    context["may_see_sources"] = may(request.user, "source.read", request.territory)
    return render(request, "catalogue/catalogue.html", context)


def find_dataset(request: HttpRequest, slug: str) -> Dataset:
    """The dataset of this territory, or 404."""
    found = (
        Dataset.objects.of(request.territory).select_related("territory", "owner").filter(slug=slug).first()
    )
    if found is None:
        raise Http404
    return found


def purpose_of(request: HttpRequest, dataset: Dataset) -> Processing | None:
    """The purpose named in the address; for ordinary data, the keeping of the catalogue."""
    if key := request.GET.get("finalite"):
        return Processing.objects.of(request.territory).filter(key=key).first()
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
        return None
    return consultation(request.territory)


@requires("dataset.read")
def dataset(request: HttpRequest, dataset: str) -> HttpResponse:
    """One dataset: what it is and its state, its columns, its first rows, where it comes from."""
    found = find_dataset(request, dataset)
    snapshots = list(found.snapshots.select_related("delivery", "by").exclude(state=Snapshot.State.INTENDED))
    for snapshot in snapshots:
        snapshot.territory = found.territory
    in_force = [s for s in snapshots if s.state == Snapshot.State.DONE]
    current = in_force[0] if in_force else None
    store_read(current_snapshot, current, found)
    person, territory = request.user, request.territory
    state, unknown = _state(request, found, current)
    displayed = state.snapshot
    file = displayed.last_file if displayed else None
    files = sum(s.correction is None and s.number <= displayed.number for s in in_force) if displayed else 0
    poured = next((s for s in in_force if str(s.number) == request.GET.get("verse")), None)
    providers = dataset_sections.available_providers(request, found) if current and not state.past else []
    expanded = poured is not None or "graphiques" in request.GET
    context: dict[str, Any] = {
        "dataset": found,
        "current": current,
        "displayed": displayed,
        "past": state.past,
        "past_day": state.day,
        "unknown_state": unknown,
        "poured": poured,
        "sections": [provider.make(request, found) for provider in providers] if expanded else [],
        "may_ask_charts": bool(providers) and not expanded,
        "comparable": len(in_force) > 1,
        "previous": next((s for s in in_force if displayed and s.number < displayed.number), None),
        "snapshots": snapshots,
        "sentence": sentence(found, displayed, files, past=state.past),
        "columns": described_columns(displayed) if displayed else [],
        "file": file,
        "may_deposit": may(person, "dataset.deposit", territory) and not found.computed,
        "may_manage": may(person, "dataset.manage", found),
        "lineage": lineage.of(found, person),
        "uses": usage_registry.summarize_uses(found, person),
        "may_undo": current is not None and lifecycle.may_undo(person, current),
        "may_publish": Permission(person, "dataset.publish", found),
        "missing": missing_to_publish(found),
        "restriction": restriction_of(found),
        "publication": publication_status(found, person) if found.opens_by_decision else None,
        "saved_corrections": [
            _describe_saved(row) for row in found.saved_corrections.select_related("snapshot", "by")
        ],
        "sources": feeding(found) if may(person, "source.read", territory) else [],
        **(_preview(request, found, displayed) if displayed else {}),
    }
    if displayed and context.get("cells") and not state.past:
        context |= correction_links(
            found,
            displayed,
            context["purpose"],
            context["rows"],
            context["cells"],
            may_deposit=context["may_deposit"],
        )
    return render(request, "catalogue/dataset.html", context)


def _state(request: HttpRequest, found: Dataset, current: Snapshot | None) -> tuple[State, str]:
    """The state that the address asks for, or the one in force and why."""
    try:
        return past_states.state_of(
            found, request.GET.get(past_states.VERSION, ""), request.GET.get(past_states.DAY, "")
        ), ""
    except past_states.NoSuchState as error:
        return State(current), str(error)


def _preview(request: HttpRequest, found: Dataset, displayed: Snapshot) -> dict[str, Any]:
    """A page of rows, or why there is none: a page that cannot read its rows still shows everything else."""
    purpose = purpose_of(request, found)
    context: dict[str, Any] = {"purpose": purpose, "may_read_rows": may_read_rows(request.user, found)}
    if found.sensitivity == Dataset.Sensitivity.PERSONAL:
        context["purposes"] = purposes_of(found) if context["may_read_rows"] else []
    if purpose is None:
        return context
    number = int(page) if (page := request.GET.get("page", "1")).isdecimal() and len(page) < 9 else 1
    number = max(1, min(number, row_queries.MOST_PAGES))
    selection = Selection(request.GET)
    try:
        rows = row_queries.page_of_rows(
            request.user,
            found,
            purpose,
            number,
            snapshot=displayed,
            only=selection.only,
            order=selection.order,
        )
    except CatalogueError as error:
        return {**context, "failure": str(error), "selection": selection}
    described = described_rows(rows, number)
    described["heads"] = selection.with_links(described["heads"])
    described["lines"] = [(row, None) for row in described["cells"]]
    return {
        **context,
        **described,
        "selection": selection,
        "masked": len(displayed.columns) - len(rows.columns),
    }


@requires("dataset.manage")
def card(request: HttpRequest, dataset: str) -> HttpResponse:
    """Correct the card."""
    found = find_dataset(request, dataset)
    if not may(request.user, "dataset.manage", found):
        raise Http404
    form = CardForm(request.POST or None, instance=find_dataset(request, dataset))
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.edit_card(
                found, request.user, **{name: form.cleaned_data[name] for name in form.fields}
            )
        except CatalogueError as error:
            form.add_error(None, str(error))
        else:
            found.refresh_from_db(fields=["published_at"])
            closed = form.instance.published_at is not None and found.published_at is None
            messages.success(
                request, f"La fiche est à jour.{' La publication s’est fermée.' if closed else ''}"
            )
            return redirect("dataset", request.territory.slug, found.slug)
    context = {"dataset": found, "form": form}
    return render(request, "catalogue/card.html", context, status=422 if form.errors else 200)


def _then_dataset(request: HttpRequest, found: Dataset, act: Any, done: str) -> HttpResponse:
    """Do the act and go back to the dataset, with what happened."""
    try:
        act()
    except CatalogueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("dataset", request.territory.slug, found.slug)


@requires("dataset.publish")
@require_POST
def publish(request: HttpRequest, dataset: str) -> HttpResponse:
    found = find_dataset(request, dataset)
    done = (
        f"« {found.title} » est publié : tout le monde peut le consulter sur la page publique du territoire."
    )
    return _then_dataset(request, found, lambda: lifecycle.publish(found, request.user), done)


@requires("dataset.publish")
@require_POST
def unpublish(request: HttpRequest, dataset: str) -> HttpResponse:
    found = find_dataset(request, dataset)
    done = (
        f"« {found.title} » n'est plus public. Ses données sont intactes ; vous pouvez le publier à nouveau."
    )
    return _then_dataset(request, found, lambda: lifecycle.unpublish(found, request.user), done)


def _describe_saved(row: SavedCorrections) -> dict[str, Any]:
    labels = {column["name"]: column["label"] for column in row.columns}
    lines = describe_corrections(Corrections.from_dict(row.corrections), labels)
    return {"row": row, "since": timezone.localdate(row.at), "lines": lines}


@requires("dataset.deposit")
@require_POST
def forget_corrections(request: HttpRequest, dataset: str, saved: int) -> HttpResponse:
    """The next files are read by the reader alone; what was poured stays as it is."""
    found = find_dataset(request, dataset)
    row = get_object_or_404(SavedCorrections.objects.of(request.territory), dataset=found, pk=saved)
    if not may(request.user, "dataset.deposit", found):
        raise Http404
    done = "Ces corrections ne seront plus appliquées aux fichiers suivants. Les lignes versées n'ont pas changé."
    return _then_dataset(request, found, lambda: lifecycle.forget_corrections(row, request.user), done)


def _snapshot(request: HttpRequest, dataset: str, number: int) -> Snapshot:
    query = Snapshot.objects.of(request.territory).select_related("dataset__territory", "delivery", "by")
    return get_object_or_404(
        query.exclude(state=Snapshot.State.INTENDED), dataset__slug=dataset, number=number
    )


@requires("dataset.deposit")
@require_POST
def undo(request: HttpRequest, dataset: str, number: int) -> HttpResponse:
    """Undo the latest delivery; the way back is offered at once."""
    found = _snapshot(request, dataset, number)
    if not lifecycle.may_undo(request.user, found):
        raise Http404
    try:
        lifecycle.undo(found, request.user)
    except CatalogueError as error:
        messages.error(request, str(error))
        return redirect("dataset", request.territory.slug, dataset)
    done = f"La livraison n° {number} est annulée : « {found.dataset.title} » est comme avant."
    if found.correction is None:
        done += " Le fichier est gardé, vous pouvez le verser à nouveau ci-dessous."
    messages.success(request, done)
    return redirect("snapshot", request.territory.slug, dataset, number)


@requires("dataset.read")
def snapshot(request: HttpRequest, dataset: str, number: int) -> HttpResponse:
    """One delivery of a dataset: rows accepted, rows rejected and why, what was guessed."""
    found = _snapshot(request, dataset, number)
    context: dict[str, Any] = {
        "dataset": found.dataset,
        "snapshot": found,
        "crumb_label": f"Livraison n° {number}",
        "latest": found.dataset.current == found,
        "drift": describe_drift(found),
        "key": labels_of_key(found),
        "previous": past_states.before(found) if found.state == Snapshot.State.DONE else None,
        "may_undo": lifecycle.may_undo(request.user, found),
        "may_deposit": may(request.user, "dataset.deposit", request.territory),
    }
    purpose = purpose_of(request, found.dataset)
    if found.state == Snapshot.State.DONE and found.rows_quarantined:
        if purpose is None:
            context |= {"purposes": purposes_of(found.dataset), "may_read_rows": True}
        else:
            context["purpose"] = purpose
            try:
                context["rejected"] = row_queries.rejected_rows(request.user, found, purpose, 200)
            except CatalogueError as error:
                context["failure"] = str(error)
    return render(request, "catalogue/snapshot.html", context)


def sent(export: lifecycle.Export) -> StreamingHttpResponse:
    """A file on its way to the browser."""
    return download(export.chunks, export.file_name)


@requires("dataset.read")
def export(request: HttpRequest, dataset: str) -> HttpResponse | StreamingHttpResponse:
    """Every row that the reader may see, as a CSV file, as of the state asked for."""
    found = find_dataset(request, dataset)
    try:
        state = past_states.state_of(
            found, request.GET.get(past_states.VERSION, ""), request.GET.get(past_states.DAY, "")
        )
        return sent(lifecycle.export_rows(request.user, found, purpose_of(request, found), state.snapshot))
    except CatalogueError as error:
        messages.error(request, f"L'export n'a pas été fait. {error}")
        return redirect("dataset", request.territory.slug, found.slug)


@requires("dataset.read")
def export_rejected(request: HttpRequest, dataset: str, number: int) -> HttpResponse | StreamingHttpResponse:
    """The rows rejected by a delivery, as a CSV file, to be corrected at their source."""
    found = _snapshot(request, dataset, number)
    try:
        return sent(lifecycle.export_rejected_rows(request.user, found, purpose_of(request, found.dataset)))
    except CatalogueError as error:
        messages.error(request, f"L'export n'a pas été fait. {error}")
        return redirect("snapshot", request.territory.slug, dataset, number)


@requires("processing.read")
def purposes(request: HttpRequest) -> HttpResponse:
    """The purposes for which data may be read; those who manage datasets may write one down."""
    may_write = may(request.user, "dataset.manage", request.territory)
    form = PurposeForm(
        request.POST or None, initial=purpose_of_entry(request.territory, request.GET.get("traitement", ""))
    )
    if request.method == "POST" and not may_write:
        raise Http404
    if request.POST.get("acte") in ("rattacher", "detacher"):
        return _bound(request)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        key = slugify(values["title"])[:60].strip("-") or "usage"
        if Processing.objects.of(request.territory).filter(key=key).exists():
            form.add_error("title", "Un usage porte déjà ce nom. Choisissez-en un autre.")
        else:
            row = declare_purpose(request.territory, request.user, key=key, **values)
            messages.success(request, act_of(declare_purpose).sentence(row))
            return redirect("purposes", request.territory.slug)
    rows = Processing.objects.of(request.territory).order_by("title").prefetch_related("datasets")
    datasets = list(Dataset.objects.of(request.territory))
    context = {
        "form": form,
        "purposes": [(row, opened_by(row, datasets), row.key in OF_THE_HOUSE) for row in rows],
        "bindable": [row for row in rows if row.key not in OF_THE_HOUSE],
        "datasets": datasets,
        "processings": unopened_processings(request.territory),
        "may_write": may_write,
    }
    return render(request, "catalogue/purposes.html", context, status=422 if form.errors else 200)


def _bound(request: HttpRequest) -> HttpResponse:
    """Bind a dataset to a purpose, or unbind it."""
    row = get_object_or_404(Processing.objects.of(request.territory), key=request.POST.get("usage", ""))
    found = find_dataset(request, request.POST.get("jeu", ""))
    try:
        if request.POST["acte"] == "rattacher":
            bind(found, request.user, row)
            messages.success(request, f"« {row.title} » ouvre maintenant « {found.title} ».")
        else:
            unbind(found, request.user, row)
            messages.success(request, f"« {row.title} » n'ouvre plus « {found.title} ».")
    except PermissionDenied as error:
        raise Http404 from error
    except CatalogueError as error:
        messages.error(request, str(error))
    return redirect("purposes", request.territory.slug)
