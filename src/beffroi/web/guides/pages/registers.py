"""Pages of a register: its list, one entry with its history, lines typed at once, beginning from the guide's own list."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Questionnaire, Register
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission
from beffroi.web.ui.formats import counted

from ..addresses import working_page
from ..assessments import assessments
from ..entry_differences import Difference, entry_differences
from ..errors import GuideError, RowsError, StaleEntryError
from ..models import EntryRevision, RegisterEntry, Response
from ..opening import domain, guide_or_404, moved_place
from ..presenting import entry_links, missing_entries
from ..register_forms import EntryForm, LineForm, grid_fields, line_forms, show_faults
from ..register_lists import listing
from ..services import registers, responses
from . import register_files
from .arbitrations import decision_context
from .evidence import attach_file

REVISIONS: Final = 20
"""Of an entry, the last ones: what its page says of its history."""


def context_of(request: HttpRequest, register: Register) -> dict[str, Any]:
    """What every page of a register says."""
    known = domain(register)
    return {
        "guide": register,
        "domain": known,
        "may_answer": Permission(request.user, known.answer, request.territory),
        "moved": moved_place(request, register),
        "working_page": working_page(request.user, request.territory, register.id),
    }


@requires("territory.enter")
def register_page(request: HttpRequest, key: str) -> HttpResponse:
    """The list: what expires first, then search, filters, order, rows; or how to begin."""
    register = guide_or_404(request, Register, key)
    context = context_of(request, register)
    context |= listing(register, request.territory, request.GET, timezone.localdate())
    if not context["total"] and context["moved"]:
        return redirect(context["moved"][1])
    if not context["total"]:
        context |= _grid(register, line_forms(register))
    context["missing"] = missing_entries(request.user, request.territory, register.id)
    if request.GET.get("retiree", "").isdecimal():
        context["removed"] = _removed(request, register, request.GET["retiree"])
    return render(request, "guides/register.html", context)


def _removed(request: HttpRequest, register: Register, pk: str) -> tuple[int, str] | None:
    """The entry that was just removed, for « Remettre »."""
    removed = RegisterEntry.objects.of(request.territory).filter(
        register=register.id, removed_at__isnull=False
    )
    entry = removed.filter(pk=int(pk[:12])).first()
    return (entry.pk, register.label_of(entry.values)) if entry else None


def _grid(register: Register, lines: list[LineForm]) -> dict[str, Any]:
    rows = [[(line[field.key], field) for field in grid_fields(register)] for line in lines]
    return {"grid": rows, "grid_fields": grid_fields(register), "grid_lines": lines}


@requires("territory.enter")
def rows_page(request: HttpRequest, key: str) -> HttpResponse:
    """Five lines typed at once; nothing typed is lost when one is refused."""
    register = guide_or_404(request, Register, key)
    lines = line_forms(register, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        typed = [(number, line) for number, line in enumerate(lines) if not line.is_blank]
        try:
            saved = registers.add_entries(
                request.territory, request.user, register, [line.values() for _, line in typed]
            )
        except RowsError as error:
            show_faults(lines, [(typed[number][0], fault) for number, fault in error.faults])
            status = 422
        else:
            if saved:
                messages.success(request, f"{counted(len(saved), 'ligne ajoutée', 'lignes ajoutées')}.")
            return _to_list(request, register)
    context = context_of(request, register) | _grid(register, lines) | {"refused": status == 422}
    return render(request, "guides/register_rows.html", context, status=status)


@requires("territory.enter")
def add_page(request: HttpRequest, key: str) -> HttpResponse:
    """One more entry, with all its fields."""
    register = guide_or_404(request, Register, key)
    form = EntryForm(
        register, request.POST if request.method == "POST" else None, values=_written(request, register)
    )
    if request.method == "POST":
        try:
            entry = registers.save_entry(request.territory, request.user, register, form.values())
        except GuideError as error:
            form.show_error(error)
        else:
            messages.success(request, f"« {register.label_of(entry.values)} » est dans le registre.")
            return _to_list(request, register)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "guides/register_add.html", context_of(request, register) | {"form": form}, status=status
    )


def _written(request: HttpRequest, register: Register) -> dict[str, str]:
    """What the address that led here says already of the entry, in words."""
    named = (each.key for each in register.active_fields if each.kind in ("line", "text"))
    return {key: request.GET[key][:1000] for key in named if request.method == "GET" and key in request.GET}


@requires("territory.enter")
def entry_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One entry: its values, what proves them, who wrote what and when, the form that changes it."""
    register = guide_or_404(request, Register, key)
    entry = _entry(request, register, pk)
    if request.method != "POST":
        return _one(request, register, entry, EntryForm(register, values=entry.values))
    form = EntryForm(register, request.POST, values=entry.values)
    seen = request.POST.get("revision", "")
    try:
        registers.save_entry(
            request.territory, request.user, register, form.values(), entry=entry,
            seen=int(seen[:9]) if seen.isdecimal() else 0,
        )  # fmt: skip
    except StaleEntryError:
        entry = _entry(request, register, pk)
        differences = entry_differences(register, form.values(), entry.values)
        return _one(request, register, entry, form, conflict=differences, status=409)
    except GuideError as error:
        form.show_error(error)
        return _one(request, register, entry, form, status=422)
    messages.success(request, "C'est enregistré.")
    return redirect(request.path)


def _one(
    request: HttpRequest,
    register: Register,
    entry: RegisterEntry,
    form: EntryForm,
    *,
    conflict: list[Difference] | None = None,
    status: int = 200,
) -> HttpResponse:
    revisions = list(entry.revisions.select_related("by")[: REVISIONS + 1])
    context = (
        context_of(request, register)
        | {
            "entry": entry,
            "label": register.label_of(entry.values),
            "values": [
                (field, field.format(entry.values.get(field.key)))
                for field in register.fields
                if field.key in entry.values
            ],
            "evidence": entry.evidence.select_related("by"),
            "attach_url": reverse("register-attach", args=[request.territory.slug, register.id, entry.pk]),
            "history": _history(register, revisions)[:REVISIONS],
            "form": form,
            "conflict": conflict,
            "links": entry_links(entry),
            "assessments": assessments(request.territory, register, [entry.pk]).get(entry.pk, []),
        }
        | decision_context(request, register, entry)
    )
    return render(request, "guides/register_entry.html", context, status=status)


@dataclass(frozen=True)
class Change:
    """A revision: who, when, and what it changed from the one before; `word`: « ajoutée », « retirée », « remise »."""

    revision: EntryRevision
    word: str
    differences: list[Difference]


def _history(register: Register, revisions: list[EntryRevision]) -> list[Change]:
    """The newest first."""
    changes = []
    for revision, before in zip(revisions, [*revisions[1:], None], strict=True):
        if revision.values is None:
            changes.append(Change(revision, "retirée", []))
        elif before is None:
            changes.append(Change(revision, "ajoutée" if revision.revision == 1 else "modifiée", []))
        elif before.values is None:
            changes.append(Change(revision, "remise", []))
        else:
            differences = entry_differences(register, before.values, revision.values)
            changes.append(Change(revision, "modifiée" if differences else "vérifiée", differences))
    return changes


@requires("territory.enter")
@require_POST
def confirm(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    register = guide_or_404(request, Register, key)
    registers.confirm_entry(_entry(request, register, pk), request.user, register)
    messages.success(request, "C'est noté : cette ligne est exacte.")
    return redirect("register-entry", slug=request.territory.slug, key=key, pk=pk)


@requires("territory.enter")
@require_POST
def remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    register = guide_or_404(request, Register, key)
    registers.remove_entry(_entry(request, register, pk), request.user, register)
    response = _to_list(request, register)
    response["Location"] += f"?retiree={pk}"
    return response


@requires("territory.enter")
@require_POST
def restore(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    register = guide_or_404(request, Register, key)
    try:
        registers.put_back(_entry(request, register, pk), request.user, register)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "La ligne est de nouveau dans le registre.")
    return redirect("register-entry", slug=request.territory.slug, key=key, pk=pk)


@requires("territory.enter")
@require_POST
def attach(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    register = guide_or_404(request, Register, key)
    attach_file(request, _entry(request, register, pk), register)
    return redirect("register-entry", slug=request.territory.slug, key=key, pk=pk)


@requires("territory.enter")
@require_POST
def assess(request: HttpRequest, key: str, pk: int, about: str) -> HttpResponse:
    """Answer a questionnaire about this entry, or have a third party answer it: the answers under way, else new ones."""
    register = guide_or_404(request, Register, key)
    questionnaire = guide_or_404(request, Questionnaire, about)
    entry = _entry(request, register, pk)
    if questionnaire.about != register.id or entry.removed_at is not None:
        raise Http404
    under_way = Response.objects.of(request.territory).filter(entry=entry, guide=about, closed_at=None)
    response = under_way.first() or responses.open_response(
        request.territory, request.user, questionnaire, label=register.label_of(entry.values), entry=entry
    )
    name = "response-contributions" if request.POST.get("by") == "outside" else "response"
    return redirect(name, slug=request.territory.slug, pk=response.pk)


@requires("territory.enter")
def begin(request: HttpRequest, key: str) -> HttpResponse:
    """Choose among the guide's own rows; a POST adds those that are ticked, or all of them, each to be checked."""
    register = guide_or_404(request, Register, key)
    if request.method != "POST":
        rows = registers.new_rows(request.territory, register)
        listed = [(rank, register.label_of(values)) for rank, values in rows.items()]
        return render(request, "guides/register_begin.html", context_of(request, register) | {"rows": listed})
    chosen = {int(rank[:4]) for rank in request.POST.getlist("row") if rank.isdecimal()}
    try:
        count = registers.begin_with_rows(
            request.territory, request.user, register, chosen if "choose" in request.POST else None
        )
    except GuideError as error:
        messages.error(request, str(error))
    else:
        done = f"{counted(count, 'ligne ajoutée', 'lignes ajoutées')} : relisez chacune, corrigez ou retirez."
        messages.success(request, done if count else "Toutes les lignes proposées y sont déjà.")
        if there := working_page(request.user, request.territory, register.id):
            return redirect(there[1])
    return _to_list(request, register)


def _entry(request: HttpRequest, register: Register, pk: int) -> RegisterEntry:
    rows = RegisterEntry.objects.of(request.territory).select_related("territory", "by")
    entry: RegisterEntry | None = rows.filter(register=register.id, pk=pk).first()
    if entry is None:
        raise Http404
    return entry


def _to_list(request: HttpRequest, register: Register) -> HttpResponse:
    return redirect("register", slug=request.territory.slug, key=register.id)


urlpatterns: list[URLPattern] = [
    path("registres/<slug:key>/", register_page, name="register"),
    path("registres/<slug:key>/ajouter/", add_page, name="register-add"),
    path("registres/<slug:key>/lignes/", rows_page, name="register-rows"),
    path("registres/<slug:key>/commencer/", begin, name="register-begin"),
    path("registres/<slug:key>/<int:pk>/", entry_page, name="register-entry"),
    path("registres/<slug:key>/<int:pk>/verifiee/", confirm, name="register-confirm"),
    path("registres/<slug:key>/<int:pk>/retirer/", remove, name="register-remove"),
    path("registres/<slug:key>/<int:pk>/remettre/", restore, name="register-restore"),
    path("registres/<slug:key>/<int:pk>/piece/", attach, name="register-attach"),
    path("registres/<slug:key>/<int:pk>/questionnaire/<slug:about>/", assess, name="register-assess"),
    *register_files.urlpatterns,
]
