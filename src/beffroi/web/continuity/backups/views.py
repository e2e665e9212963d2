"""Pages of the board of backups: every system, worst first; one system; the files to take away."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.tables import export
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from ..models import RestoreProof
from . import board
from .board import BoardLine, State
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


def system_entry(request: HttpRequest, pk: int) -> RegisterEntry:
    """The entry of the register, or 404."""
    rows = RegisterEntry.objects.of(request.territory).filter(register=REGISTER, removed_at=None)
    found: RegisterEntry = get_object_or_404(rows, pk=pk)
    return found
