"""Pages of one sheet: typing it, typing it again blind, choosing between two typings, correcting."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from beffroi.guides.questionnaire import Fault
from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import FormEntry, RefusedEntry, RekeyedForm, RekeyingBatch
from ..paper_forms.definitions import PaperForm
from . import batches, entries, entry_fields, next_sheet, scans
from .batch_views import batch_or_404
from .forms import CorrectForm
from .typed_sheets import Sheet, SheetError, differences

State, Turn = RekeyedForm.State, FormEntry.Turn


@requires("continuity.answer")
def entry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Type one sheet after the other: what was refused comes back with its faults, what is right leaves room for the next."""
    batch = batch_or_404(request, pk)
    form = batches.form_of(batch)
    draft = _draft(batch, request.POST.get("draft") or request.GET.get("brouillon"))
    if request.method == "POST":
        typed, number = entry_fields.posted_sheet(form, request.POST), request.POST.get("number", "")
        try:
            sheet = entries.enter(batch, request.user, number, typed, draft=draft)
        except entries.EntryRefused as error:
            return _type(request, batch, form, number, typed, error.faults, error.draft)
        except ContinuityError as error:
            messages.error(request, str(error))
            return redirect("rekeying-batch", request.territory.slug, pk)
        messages.success(request, f"{sheet} : saisie.")
        return redirect(request.get_full_path())  # the next scanned sheet, where one types from scans
    if batch.closed_at is not None:
        return redirect("rekeying-batch", request.territory.slug, pk)
    if draft is not None:
        faults = [Fault(*fault) for fault in draft.faults]
        return _type(request, batch, form, draft.number, Sheet.from_json(draft.values), faults, draft)
    number = next_sheet.next_scanned(batch) if request.GET.get("numerisees") else ""
    return _type(request, batch, form, number, next_sheet.carried_values(batch, form, request.user))


def _draft(batch: RekeyingBatch, key: str | None) -> RefusedEntry | None:
    found: RefusedEntry | None = (
        batch.refused.filter(pk=int(key)).first() if key and key.isdecimal() else None
    )
    return found


def _type(
    request: HttpRequest,
    batch: RekeyingBatch,
    form: PaperForm,
    number: str,
    sheet: Sheet,
    faults: Iterable[Fault] = (),
    draft: RefusedEntry | None = None,
) -> HttpResponse:
    faults, entered = list(faults), batch.forms.count()
    carried = next_sheet.carried_values(batch, form, request.user).values  # skipped as on a fresh sheet
    context = {
        "batch": batch,
        "paper": form,
        "number": number,
        "page": entry_fields.entry_page(form, sheet, faults, carried),
        "number_errors": [fault.message for fault in faults if fault.question == entries.NUMBER],
        "faults": faults,
        "draft": draft,
        "entered": entered,
        "left": max(0, batch.announced_count - entered),
        "refused": batch.refused.exclude(pk=draft.pk if draft else None).count(),
        "last": next_sheet.last_typed(batch, request.user),
    }
    return render(request, "continuity/rekeying_entry.html", context, status=422 if faults else 200)


def _sheet(request: HttpRequest, pk: int) -> RekeyedForm:
    rows = RekeyedForm.objects.of(request.territory)
    found: RekeyedForm | None = (
        rows.select_related("batch__edition", "batch__rows_edition", "batch__territory", "territory", "range")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


@requires("continuity.answer")
def second_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Type a sheet again without seeing what was typed first: nothing is filled in, not even what the sheet before had."""
    sheet = _sheet(request, pk)
    batch = sheet.batch
    form = batches.form_of(batch)
    if sheet.state != State.SECOND or batch.closed_at is not None:
        return redirect("rekeying-sheet", request.territory.slug, pk)
    faults: list[Fault] = []
    typed = Sheet({})
    if request.method == "POST":
        typed = entry_fields.posted_sheet(form, request.POST)
        try:
            sheet = entries.enter_again(sheet, request.user, typed)
        except SheetError as error:
            faults = error.faults
        except ContinuityError as error:
            messages.error(request, str(error))
            return redirect("rekeying-batch", request.territory.slug, batch.pk)
        else:
            if sheet.state == State.DIFFERS:
                messages.warning(
                    request, f"{sheet} : les deux saisies diffèrent. Quelqu'un regardera la feuille."
                )
            else:
                messages.success(request, f"{sheet} : les deux saisies sont pareilles.")
            return _after_second(request, batch, form)
    context = {
        "batch": batch,
        "paper": form,
        "sheet": sheet,
        "refused": entries.why_no_second(sheet, form, request.user),
        "page": entry_fields.entry_page(form, typed, faults),
        "faults": faults,
        "scanned": scans.pages_of(request.territory, sheet.range, sheet.rank),
    }
    return render(request, "continuity/rekeying_second.html", context, status=422 if faults else 200)


def _after_second(request: HttpRequest, batch: RekeyingBatch, form: PaperForm) -> HttpResponse:
    for each in batch.forms.filter(state=State.SECOND):
        if not entries.why_no_second(each, form, request.user):
            return redirect("rekeying-second", request.territory.slug, each.pk)
    return redirect("rekeying-batch", request.territory.slug, batch.pk)


@requires("continuity.answer")
def differences_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Two typings field by field: choose what the paper says."""
    sheet = _sheet(request, pk)
    found = entries.differences_of(sheet)
    if not found or sheet.batch.closed_at is not None:
        return redirect("rekeying-sheet", request.territory.slug, pk)
    faults: list[Fault] = []
    if request.method == "POST":
        chosen = {}
        for at, each in enumerate(found):
            match request.POST.get(f"choice_{at}", ""):
                case "first":
                    chosen[each.place] = each.one
                case "second":
                    chosen[each.place] = each.other
                case "other":
                    chosen[each.place] = request.POST.get(f"value_{at}", "")
        try:
            entries.settle(sheet, request.user, chosen)
        except SheetError as error:
            faults = error.faults
        except ContinuityError as error:
            faults = [Fault(error.field or "", str(error))]
        else:
            messages.success(request, f"{sheet} : c'est tranché.")
            return redirect("rekeying-batch", request.territory.slug, sheet.batch_id)
    context = {
        "sheet": sheet,
        "batch": sheet.batch,
        "paper": batches.form_of(sheet.batch),
        "differences": list(enumerate(found)),
        "faults": faults,
        "scanned": scans.pages_of(request.territory, sheet.range, sheet.rank),
    }
    return render(request, "continuity/rekeying_differences.html", context, status=422 if faults else 200)


@requires("continuity.answer")
def sheet_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One sheet: what counts, who typed what, and a correction while its batch is open.

    A sheet that waits for its second typing is taken up again by who typed it first, and shown to nobody else. `?saisie=1` comes
    from the keyboard, and goes back to it.
    """
    sheet = _sheet(request, pk)
    form = batches.form_of(sheet.batch)
    is_settled = sheet.state == State.DONE
    may_correct = sheet.batch.closed_at is None and (
        is_settled or not entries.why_not_again(sheet, request.user)
    )
    counts = Sheet.from_json(sheet.answers or {})
    current = counts if is_settled or not may_correct else Sheet.from_json(entries.first_entry(sheet).answers)
    why = CorrectForm(request.POST or None)
    faults: list[Fault] = []
    if request.method == "POST" and may_correct:
        current = entry_fields.posted_sheet(form, request.POST)
        if not is_settled or why.is_valid():
            try:
                if is_settled:
                    entries.correct(sheet, request.user, current, why.cleaned_data["reason"])
                else:
                    entries.type_first_again(sheet, request.user, current)
            except SheetError as error:
                faults = error.faults
            except ContinuityError as error:
                add_field_error(why, error)
            else:
                messages.success(request, f"{sheet} : corrigée.")
                if request.GET.get("saisie"):
                    return redirect("rekeying-entry", request.territory.slug, sheet.batch_id)
                return redirect("rekeying-sheet", request.territory.slug, pk)
    context = {
        "sheet": sheet,
        "batch": sheet.batch,
        "paper": form,
        "answers": differences(form, Sheet({}), counts),
        "history": sheet.entries.select_related("by"),
        "page": entry_fields.entry_page(form, current, faults) if may_correct else None,
        "why": why if is_settled else None,
        "is_open": bool(faults or request.GET.get("saisie") or (is_settled and why.errors)),
        "faults": faults,
        "scanned": scans.pages_of(request.territory, sheet.range, sheet.rank),
    }
    status = 422 if faults or (is_settled and why.errors) else 200
    return render(request, "continuity/rekeying_sheet.html", context, status=status)
