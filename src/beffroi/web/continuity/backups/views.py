"""Pages of the board of backups: every system, worst first; one system; the files to take away."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.tables import export
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import BackupCopy, RestoreProof
from . import board, tool_backups
from .board import BoardLine, State
from .forms import TakeOverForm
from .systems import REGISTER, System, register_guide

FORMS = ("csv", "xlsx")
HEADING = (
    "système", "état", "pourquoi", "copies", "trois copies", "deux supports", "une ailleurs", "une hors ligne",
    "âge en heures", "âge limite en heures", "dernière restauration prouvée", "par", "qui s'en occupe",
)  # fmt: skip


@requires("cyber.read")
def board_page(request: HttpRequest) -> HttpResponse:
    """A line a system: 3-2-1, age, last restore proven."""
    lines = board.lines(request.territory)
    context = {
        "lines": lines,
        "tools": tool_backups.tool_backups(request.territory),
        "proven": sum(line.state is State.PROVEN for line in lines),
        "bad": sum(line.state in (State.DAMAGED, State.TOO_OLD) for line in lines),
        "register": REGISTER,
        "may_answer": may(request.user, "cyber.answer", request.territory),
        "now": timezone.now(),
    }
    return render(request, "continuity/backups.html", context)


@requires("cyber.read")
def export_page(request: HttpRequest, form: str) -> HttpResponse:
    if form not in FORMS:
        raise Http404
    rows = [_row(line) for line in board.lines(request.territory)]
    return export(request.territory, register_guide(), form, HEADING, rows)


def _row(line: BoardLine) -> list[Any]:
    words = {True: "oui", False: "non"}
    return [
        line.system.name,
        line.state.value,
        line.reason,
        len(line.good),
        *(words[there] for _, there in line.rules),
        None if line.age is None else round(line.age, 1),
        line.system.limit_hours,
        timezone.localtime(line.proved_at).date() if line.proved_at else None,
        line.proved_by,
        line.system.keeper,
    ]


@requires("cyber.read")
def system_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One system: its rules, its copies, the last restores that were tried."""
    entry = system_entry(request, pk)
    system = System.of(entry)
    copies = list(board.copies_of(request.territory).filter(entry=entry))
    proofs = (
        RestoreProof.objects.of(request.territory)
        .filter(copy__entry=entry)
        .select_related("copy", "by", "evidence")
    )
    context = {
        "system": system,
        "line": board.line_of(system, copies, timezone.now()),
        "proofs": proofs[:20],
        "register": REGISTER,
        "until": timezone.now() - timedelta(days=system.proof_days),
        "may_answer": may(request.user, "cyber.answer", request.territory),
    }
    return render(request, "continuity/backup_system.html", context)


@requires("cyber.answer")
def take_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the backup of a tool: the one thing that it did not say is asked."""
    found = next((each for each in tool_backups.tool_backups(request.territory) if each.entry.pk == pk), None)
    if found is None:
        raise Http404
    places = BackupCopy.Place
    initial = {"place": (places.OFF_SITE if found.off_site else places.SAME).value, "offline": found.offline}
    form = TakeOverForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            copy = tool_backups.take_over(found.entry, request.user, **form.cleaned_data)
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"« {copy} » est suivie ici. Sa page dit comment la faire connaître.")
            return redirect("backup-system", request.territory.slug, copy.entry_id)
    context = {"form": form, "tool": found}
    return render(request, "continuity/backup_take.html", context, status=422 if form.errors else 200)


def system_entry(request: HttpRequest, pk: int) -> RegisterEntry:
    """The entry of the register, or 404."""
    rows = RegisterEntry.objects.of(request.territory).filter(register=REGISTER, removed_at=None)
    found: RegisterEntry = get_object_or_404(rows, pk=pk)
    return found
