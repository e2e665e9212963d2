"""Pages of batches: the queue, one batch with its sheets and totals, its acts, its files."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import RekeyedForm, RekeyingBatch
from ..paper_forms.definitions import paper_forms
from . import batch_totals, batches, exporting, outlets
from .forms import AnnounceForm, BatchForm, CloseForm
from .pending import pending

MOST_CLOSED = 30
State = RekeyedForm.State


@requires("continuity.answer")
def queue_page(request: HttpRequest) -> HttpResponse:
    """What waits to be typed again; open a batch."""
    known = {form.key: form for form in paper_forms(request.territory)}
    form = BatchForm([(key, each.title) for key, each in known.items()], request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        chosen = known[data.pop("form")]
        try:
            batch = batches.open_batch(request.territory, request.user, chosen, **data)
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            return redirect("rekeying-entry", request.territory.slug, batch.pk)
    rows = batch_totals.batch_rows(request.territory)
    titles = {key: each.title for key, each in known.items()}
    context = {
        "form": form,
        "pending": pending(request.territory),
        "open": batch_totals.totals_of(rows.filter(closed_at=None)),
        "closed": [
            (row, titles.get(row.form, row.form), batches.is_due_for_erasure(row))
            for row in RekeyingBatch.objects.of(request.territory)
            .exclude(closed_at=None)
            .order_by("-closed_at")[:MOST_CLOSED]
        ],
    }
    return render(request, "continuity/rekeying.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
def totals_page(request: HttpRequest) -> HttpResponse:
    """Every batch with its totals, to print or to take away."""
    context = {"totals": batch_totals.totals_of(batch_totals.batch_rows(request.territory))}
    return render(request, "continuity/rekeying_totals.html", context)


@requires("continuity.answer")
def totals_file(request: HttpRequest, extension: str) -> HttpResponse:
    try:
        return batch_totals.export(request.territory, extension)
    except KeyError:
        raise Http404 from None


def batches_of(territory: Territory) -> QuerySet[RekeyingBatch]:
    """The batches of a territory, with what their pages show."""
    return RekeyingBatch.objects.of(territory).select_related(
        "edition", "rows_edition", "territory", "opened_by", "closed_by", "erased_by"
    )


def batch_or_404(request: HttpRequest, pk: int) -> RekeyingBatch:
    found = batches_of(request.territory).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def announce_form(batch: RekeyingBatch, *sent: Any, **more: Any) -> AnnounceForm:
    """What a batch announces, of the total that its form has."""
    return AnnounceForm(*batches.summed(batches.form_of(batch)), *sent, **more)


def batch_page(request: HttpRequest, batch: RekeyingBatch, **displayed: forms.Form) -> dict[str, Any]:
    """One batch: its sheets and totals, what waits, how it is closed, taken away and erased."""
    form = batches.form_of(batch)
    sheets = list(batch.forms.all())
    announced = {"announced_count": batch.announced_count, "announced_total": batch.announced_total}
    context = {
        "batch": batch,
        "paper": form,
        "progress": batches.progress_of(batch, form),
        "sheets": sheets,
        "second": [each for each in sheets if each.state == State.SECOND],
        "differing": [each for each in sheets if each.state == State.DIFFERS],
        "drafts": batch.refused.select_related("by"),
        "missing": [] if batch.closed_at else batches.missing_numbers(batch),
        "outlets": outlets.outlets_of(batch, request.user),
        "close": CloseForm(),
        "announce": announce_form(batch, initial=announced),
    } | displayed
    context["close"].fields["note"].required = bool(context["progress"].differs)
    return context


@requires("continuity.answer")
@require_POST
def close_page(request: HttpRequest, pk: int) -> HttpResponse:
    batch, form = batch_or_404(request, pk), CloseForm(request.POST)
    if form.is_valid():
        try:
            batches.close(batch, request.user, form.cleaned_data["note"])
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"Le lot {batch} est fermé : compte et total sont justes ou expliqués.")
            return redirect("rekeying-batch", request.territory.slug, pk)
    return render(
        request, "continuity/rekeying_batch.html", batch_page(request, batch, close=form), status=422
    )


@requires("continuity.answer")
def export_file(request: HttpRequest, pk: int, extension: str) -> HttpResponse:
    try:
        return exporting.export(batch_or_404(request, pk), request.user, extension)
    except KeyError:
        raise Http404 from None
