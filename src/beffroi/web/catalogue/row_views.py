"""Page that corrects one row of a dataset: its cells, the reason, and what changed meanwhile."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from . import lifecycle, row_queries
from .dataset_presentation import text
from .dataset_rows import row_address
from .errors import CatalogueError
from .models import Dataset, Processing, Snapshot
from .row_cells import iso_text
from .row_forms import RowForm
from .row_queries import RowPlace
from .views import find_dataset, purpose_of

type Row = Mapping[str, Any]


@requires("dataset.deposit")
def correct_row(request: HttpRequest, dataset: str, number: int, origin: int, line: int) -> HttpResponse:
    """The row that delivery `origin` wrote at `line`, as opened in delivery `number`."""
    found = find_dataset(request, dataset)
    if not may(request.user, "dataset.deposit", found):
        raise PermissionDenied
    opened = _done(found).filter(number=number).first()
    if opened is None or max(origin, line) >= 2**63:
        raise Http404
    purpose = purpose_of(request, found)
    if purpose is None:
        messages.info(request, "Choisissez d'abord l'usage pour lequel vous lisez ces lignes.")
        return redirect(f"{reverse('dataset', args=[request.territory.slug, found.slug])}#lignes")
    try:
        return _page(request, found, purpose, opened, RowPlace(origin, line))
    except CatalogueError as error:
        messages.error(request, str(error))
        return redirect("dataset", request.territory.slug, found.slug)


def _done(dataset: Dataset) -> Any:
    return dataset.snapshots.select_related("dataset__territory").filter(state=Snapshot.State.DONE)


def _page(
    request: HttpRequest, dataset: Dataset, purpose: Processing, opened: Snapshot, place: RowPlace
) -> HttpResponse:
    person = request.user
    current = dataset.current
    row = row_queries.row_at(person, dataset, purpose, place, current) if current else None
    before = row if row is not None else row_queries.row_at(person, dataset, purpose, place, opened)
    if before is None or current is None:
        raise Http404
    context: dict[str, Any] = {
        "dataset": dataset,
        "purpose": purpose,
        "trouble": lifecycle.why_no_correction(dataset),
    }
    if context["trouble"]:
        return render(request, "catalogue/row.html", context)
    columns = _correctable(dataset, current, before)
    form = RowForm(columns, before, request.POST or None)
    refused, conflict = "", row is None
    if request.method == "POST" and form.is_valid() and not conflict:
        try:
            act = f"row:{dataset.pk}:{person.pk}:{form.act}"
            done = lifecycle.correct_row(
                dataset, person, purpose, place, form.changes(), form.cleaned_data["reason"], act
            )
        except lifecycle.RowChanged:
            conflict = True
        except CatalogueError as error:
            refused = str(error)
        else:
            messages.success(
                request, "La ligne est corrigée. L'ancienne valeur reste dans l'historique du jeu."
            )
            return redirect("snapshot", request.territory.slug, dataset.slug, done.number)
    if conflict:
        current = _done(dataset).order_by("-number").first()
        context |= _conflict(request, dataset, purpose, current, before, columns, form)
    else:
        context |= {"form": form, "identity": _identity(dataset, current, before)}
    context["refused"] = refused
    status = 422 if request.method == "POST" else 200
    return render(request, "catalogue/row.html", context, status=status)


def _correctable(dataset: Dataset, current: Snapshot, row: Row) -> list[dict[str, Any]]:
    """What this person sees of the row; its key and shapes on a map are not typed by hand."""
    return [
        column
        for column in current.columns
        if column["name"] in row and column["name"] not in dataset.key and column["type"] != "geometry"
    ]


def _identity(dataset: Dataset, snapshot: Snapshot, row: Row) -> str:
    """« Code 44109, Année 2025 »: the key of the row, as people read it."""
    labels = {column["name"]: column["label"] for column in snapshot.columns}
    return ", ".join(f"{labels.get(name, name)} {text(row.get(name))}" for name in dataset.key)


def _conflict(
    request: HttpRequest,
    dataset: Dataset,
    purpose: Processing,
    current: Snapshot,
    before: Row,
    columns: list[dict[str, Any]],
    form: RowForm,
) -> dict[str, Any]:
    """The row has changed since it was opened: both values are shown, and the form begins again with what was typed."""
    key = {name: value for name in dataset.key if (value := iso_text(before.get(name))) is not None}
    now = (
        row_queries.row_of_key(request.user, dataset, purpose, key, current)
        if len(key) == len(dataset.key)
        else None
    )
    typed = form.typed() if form.is_bound else {}
    differences = [
        {
            "label": column["label"],
            "before": text(before[column["name"]]),
            "now": text(now.get(column["name"])) if now else "",
            "typed": typed.get(column["name"]),
        }
        for column in columns
        if column["name"] in typed or (now and now.get(column["name"]) != before[column["name"]])
    ]
    context = {
        "conflict": True,
        "differences": differences,
        "typed": typed,
        "identity": _identity(dataset, current, before),
    }
    if now is None:
        return context
    place = RowPlace(now["_delivery"], now["_line"])
    return context | {
        "form": RowForm(columns, now, typed=typed, reason=form["reason"].value() or ""),
        "action": row_address(dataset, current, place, purpose),
    }
