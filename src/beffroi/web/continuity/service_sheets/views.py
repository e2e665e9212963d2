"""Pages of the sheets: the list, one sheet as a page and a paper, « Mon service aujourd'hui »; write it, approve it, note a trial."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from beffroi.web.guides.entry_differences import entry_differences
from beffroi.web.guides.errors import GuideError, StaleEntryError
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui import printing
from beffroi.web.ui.form_errors import add_field_error

from ..crisis import cell
from ..errors import ContinuityError
from ..file_answers import pdf_answer
from ..models import SheetApproval, SheetTrial
from ..offline_kit import sheet_names
from ..offline_kit.lists import lists_of
from . import services, sheets
from .forms import ApproveForm, SheetForm, TrialForm


@requires("continuity.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Every sheet with its state; in a small town, one list for two persons."""
    territory = request.territory
    found = sheets.sheets(territory)
    is_small = sheets.is_small_town(territory)
    context = {
        "groups": sheets.pair_groups(found) if is_small else [("", found)],
        "is_small": is_small,
        "has_begun": sheets.has_begun(territory),
        "approved": sum(each.approval is not None for each in found),
        "tried": sum(each.trial is not None for each in found),
        "total": len(found),
        "permission": _permission(request, "continuity.answer"),
    }
    return render(request, "continuity/sheets.html", context)


@requires("continuity.read")
def own_page(request: HttpRequest) -> HttpResponse:
    """« Mon service aujourd'hui »: the sheets of this person, whole."""
    territory = request.territory
    found = sheets.own_sheets(request.user, territory)
    is_small = sheets.is_small_town(territory)
    context = {
        "sheets": found,
        "is_small": is_small,
        "groups": sheets.pair_groups(found) if is_small else [("", found)],
        "today": timezone.localdate(),
    }
    return render(request, "continuity/own_service.html", context)


def _permission(request: HttpRequest, act: str) -> Permission:
    return Permission(request.user, act, request.territory)


def _entry(request: HttpRequest, pk: int) -> RegisterEntry:
    found: RegisterEntry | None = (
        RegisterEntry.objects.of(request.territory)
        .filter(register=sheets.REGISTER, removed_at=None, pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
def sheet_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _entry(request, pk))


def _show(
    request: HttpRequest,
    entry: RegisterEntry,
    approve_form: ApproveForm | None = None,
    trial_form: TrialForm | None = None,
) -> HttpResponse:
    territory = request.territory
    sheet = sheets.sheet_of(entry)
    failed = bool(approve_form and approve_form.errors) or bool(trial_form and trial_form.errors)
    context = {
        "sheet": sheet,
        "entry": entry,
        "approve_form": approve_form
        or ApproveForm(initial={"sha256": sheet.sha256, "role": _last_role(sheet)}),
        "trial_form": trial_form or TrialForm(),
        "approvals": _history(SheetApproval, entry),
        "trials": _history(SheetTrial, entry),
        "lists": lists_of(territory, entry),
        "crisis": next(iter(cell.open_crises(territory)), None),
        "may_approve": _permission(request, "continuity.approve"),
        "may_answer": _permission(request, "continuity.answer"),
    }
    return render(request, "continuity/sheet.html", context, status=422 if failed else 200)


def _last_role(sheet: sheets.Sheet) -> str:
    """The function of the last approval, of whatever content."""
    return sheet.last_approval.role if sheet.last_approval is not None else ""


@requires("continuity.answer")
def edit_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The fields of one sheet; back to it once saved."""
    return _edit(request, _entry(request, pk))


@requires("continuity.answer")
def add_page(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


def _edit(request: HttpRequest, entry: RegisterEntry | None) -> HttpResponse:
    """Write a sheet. What somebody else saved meanwhile is displayed beside what was typed; nothing is lost."""
    posted = request.POST if request.method == "POST" else None
    form = SheetForm(request.territory, posted, values=entry.values if entry else None)
    conflict, status = None, 200
    if posted is not None:
        seen = posted.get("revision", "")
        try:
            saved = registers.save_entry(
                request.territory,
                request.user,
                sheets.register(),
                form.values(),
                entry=entry,
                seen=int(seen[:9]) if seen.isdecimal() else 0,
            )
        except StaleEntryError:
            stored = entry.values if entry else {}
            conflict, status = entry_differences(sheets.register(), form.values(), stored), 409
        except GuideError as error:
            form.show_error(error)
            status = 422
        else:
            if sheet_names.named_in(request.territory, saved.values):
                messages.warning(
                    request,
                    "C'est enregistré, mais la fiche nomme quelqu'un : aucun kit ne se fera avec elle.",
                )
                return redirect("sheet-edit", request.territory.slug, saved.pk)
            approved = sheets.sheet_of(saved).approval is not None
            messages.success(
                request,
                "C'est enregistré." if approved else "C'est enregistré. Il reste à approuver la fiche.",
            )
            return redirect("sheet", request.territory.slug, saved.pk)
    written = entry.values if entry and posted is None else form.values() if posted is not None else {}
    form.warnings = sheet_names.named_in(request.territory, written)
    context = {"form": form, "entry": entry, "conflict": conflict}
    return render(request, "continuity/sheet_edit.html", context, status=status)


def _history(model: Any, entry: RegisterEntry) -> list[Any]:
    rows = model.objects.of(entry.territory).filter(entry=entry).select_related("by")
    return list(rows.order_by("-pk")[:20])


@requires("continuity.approve")
def approve_page(request: HttpRequest, pk: int) -> HttpResponse:
    entry, form = _entry(request, pk), ApproveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.approve(entry, request.user, form.cleaned_data["role"], form.cleaned_data["sha256"])
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "La fiche est approuvée. Le prochain kit le dira.")
            return redirect("sheet", request.territory.slug, pk)
    return _show(request, entry, approve_form=form if request.method == "POST" else None)


@requires("continuity.answer")
def trial_page(request: HttpRequest, pk: int) -> HttpResponse:
    entry, form = _entry(request, pk), TrialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.note_trial(entry, request.user, **form.cleaned_data)
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "L'essai est noté.")
            return redirect("sheet", request.territory.slug, pk)
    return _show(request, entry, trial_form=form if request.method == "POST" else None)


@requires("continuity.read")
def paper_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet on paper, a tagged PDF."""
    sheet = sheets.sheet_of(_entry(request, pk))
    text = render_to_string(
        "continuity/sheet_document.html",
        {
            "sheet": sheet,
            "territory": request.territory,
            "today": timezone.localdate(),
            "style": printing.style(),
        },
    )
    page = reverse("sheet", args=[request.territory.slug, pk])
    return pdf_answer(request, lambda: printing.render_pdf(text), f"fiche-{pk}", page)
