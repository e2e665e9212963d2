"""Pages of one copy: declare it, what was read and proven of it, try it now, attest, its secret, its keys."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.web import public_address
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import BackupCopy, ExpectedFiles
from . import board, keys, services
from .forms import SECRETS, AttestForm, DeclareForm, ExpectedForm, KindForm, SecretForm
from .systems import System
from .views import system_entry

MOST = 30


@sensitive_post_parameters(*SECRETS)
@requires("cyber.answer", fresh=True)
@never_cache
def declare_page(request: HttpRequest, pk: int) -> HttpResponse:
    entry = system_entry(request, pk)
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in BackupCopy.Kind.values:
        context = {"form": KindForm(), "system": System.of(entry), "chooses": True}
        return render(request, "continuity/backup_declare.html", context)
    form = DeclareForm(kind, request.POST or None, initial={"kind": kind})
    if request.method == "POST" and form.is_valid():
        try:
            copy = services.declare(entry, request.user, **form.declared())
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            next_step = (
                "Sa première lecture part dans l'heure."
                if copy.is_readable
                else "Sa page dit comment la faire connaître."
            )
            messages.success(request, f"« {copy} » est déclarée. {next_step}")
            return redirect("backup-copy", request.territory.slug, copy.pk)
    context = {"form": form, "system": System.of(entry), "kind": BackupCopy.Kind(kind).label}
    return render(request, "continuity/backup_declare.html", context, status=422 if form.errors else 200)


def copies_of(territory: Territory) -> Any:
    """The copies that have a page."""
    rows = board.copies_of(territory).filter(entry__removed_at=None)
    return rows.select_related("entry", "declared_by", "territory")


def copy_page(request: HttpRequest, copy: Any, **displayed: Any) -> dict[str, Any]:
    """One copy: its state, what was read and tried, what one may do. `displayed`: a form that was refused, or a new key."""
    system = System.of(copy.entry)
    may_answer = may(request.user, "cyber.answer", request.territory)
    proofs = list(copy.proofs.select_related("by", "evidence")[:MOST])
    return {
        "copy": copy,
        "system": system,
        "line": board.line_of(system, [copy], timezone.now()).copies[0],
        "proofs": proofs,
        "never_seen": not copy.is_readable and copy.last_backup_at is None and not proofs,
        "last": proofs[0] if proofs else None,
        "readings": copy.readings.select_related("by")[:MOST],
        "listed": ExpectedFiles.objects.of(copy.territory).filter(copy=copy).first(),
        "remembered": copy.remembered.count(),
        "keys": copy.keys.select_related("created_by") if may_answer else [],
        "job": services.last_job(copy),
        "report_address": public_address.absolute(reverse("machine-backup")),
        "may_answer": may_answer,
        "is_repository": copy.kind in (BackupCopy.Kind.RESTIC, BackupCopy.Kind.BORG),
        "attest": AttestForm(copy),
        "secret": SecretForm(),
        "expected": ExpectedForm(),
    } | displayed


@sensitive_post_parameters(*SECRETS)
@requires("cyber.answer", fresh=True)
@require_POST
def secret_page(request: HttpRequest, pk: int) -> HttpResponse:
    form = SecretForm(request.POST)
    return _sent(request, pk, "secret", form, services.change_secret, lambda: form.access())


@requires("cyber.answer")
@require_POST
def expected_page(request: HttpRequest, pk: int) -> HttpResponse:
    form = ExpectedForm(request.POST)
    return _sent(request, pk, "expected", form, services.list_expected, lambda: form.cleaned_data["files"])


def _sent(
    request: HttpRequest,
    pk: int,
    displayed_as: str,
    form: forms.Form,
    service: Callable[..., Any],
    value: Callable[[], Any],
) -> HttpResponse:
    """What the form of a repository gives; its refusal is displayed in the form."""
    copy = get_object_or_404(copies_of(request.territory), pk=pk)
    if form.is_valid():
        try:
            service(copy, request.user, value())
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, service.act.done)  # type: ignore[attr-defined]
            return redirect("backup-copy", request.territory.slug, pk)
    context = copy_page(request, copy, **{displayed_as: form})
    return render(request, "continuity/backup_copy.html", context, status=422)


@requires("cyber.answer", fresh=True)
@require_POST
@never_cache
def key_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A key with which a script reports on this copy; its secret is in this answer only."""
    copy = get_object_or_404(copies_of(request.territory), pk=pk)
    try:
        issued = keys.create(copy, by=request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
        return redirect("backup-copy", request.territory.slug, pk)
    return render(request, "continuity/backup_copy.html", copy_page(request, copy, issued=issued))
