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
from beffroi.web.platform.jobs import JobError
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import BackupCopy, BackupKey, ExpectedFiles
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


def _copy(request: HttpRequest, pk: int) -> Any:
    rows = board.copies_of(request.territory).filter(entry__removed_at=None)
    return get_object_or_404(rows.select_related("entry", "declared_by", "territory"), pk=pk)


@requires("cyber.read")
@never_cache
def copy_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One copy: its state, what was read and tried, what one may do."""
    return _show(request, _copy(request, pk))


def _show(
    request: HttpRequest,
    copy: Any,
    *,
    attest: AttestForm | None = None,
    secret: SecretForm | None = None,
    expected: ExpectedForm | None = None,
    issued: keys.Issued | None = None,
) -> HttpResponse:
    system = System.of(copy.entry)
    may_answer = may(request.user, "cyber.answer", request.territory)
    displayed = {
        "attest": attest or AttestForm(copy),
        "secret": secret or SecretForm(),
        "expected": expected or ExpectedForm(),
    }
    proofs = list(copy.proofs.select_related("by", "evidence")[:MOST])
    context = {
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
        "issued": issued,
        "report_address": public_address.absolute(reverse("machine-backup")),
        "may_answer": may_answer,
        "is_repository": copy.kind in (BackupCopy.Kind.RESTIC, BackupCopy.Kind.BORG),
        **displayed,
    }
    failed = any(form.errors for form in displayed.values())
    return render(request, "continuity/backup_copy.html", context, status=422 if failed else 200)


@requires("cyber.answer")
@require_POST
def try_page(request: HttpRequest, pk: int) -> HttpResponse:
    copy = _copy(request, pk)
    try:
        job = services.try_now(copy, request.user)
    except (ContinuityError, JobError) as error:
        messages.error(request, str(error))
        return redirect("backup-copy", request.territory.slug, pk)
    return redirect("job", request.territory.slug, job.pk)


@requires("cyber.answer")
@require_POST
def attest_page(request: HttpRequest, pk: int) -> HttpResponse:
    copy = _copy(request, pk)
    form = AttestForm(copy, request.POST, request.FILES)
    if _done(form, lambda typed: services.attest(copy, request.user, **typed)):
        messages.success(request, "C'est noté, à votre nom.")
        return redirect("backup-copy", request.territory.slug, pk)
    return _show(request, copy, attest=form)


@sensitive_post_parameters(*SECRETS)
@requires("cyber.answer", fresh=True)
@require_POST
def secret_page(request: HttpRequest, pk: int) -> HttpResponse:
    copy, form = _copy(request, pk), SecretForm(request.POST)
    if _done(form, lambda typed: services.change_secret(copy, request.user, form.access())):
        messages.success(
            request, "Le secret est remplacé. Une lecture part dans l'heure, ou avec « Essayer maintenant »."
        )
        return redirect("backup-copy", request.territory.slug, pk)
    return _show(request, copy, secret=form)


@requires("cyber.answer")
@require_POST
def expected_page(request: HttpRequest, pk: int) -> HttpResponse:
    copy, form = _copy(request, pk), ExpectedForm(request.POST)
    if _done(form, lambda typed: services.list_expected(copy, request.user, typed["files"])):
        messages.success(request, "La liste est notée. Les prochains essais s'y comparent.")
        return redirect("backup-copy", request.territory.slug, pk)
    return _show(request, copy, expected=form)


@requires("cyber.answer")
@require_POST
def forget_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        _copy(request, pk),
        services.forget_checksums,
        "Les empreintes d'avant sont oubliées. Essayez de nouveau.",
    )


@requires("cyber.answer", fresh=True)
@require_POST
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    copy = _copy(request, pk)
    try:
        services.withdraw(copy, request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
        return redirect("backup-copy", request.territory.slug, pk)
    messages.success(request, f"« {copy} » n'est plus suivie. La sauvegarde elle-même n'a pas été touchée.")
    return redirect("backup-system", request.territory.slug, copy.entry_id)


@requires("cyber.answer", fresh=True)
@require_POST
@never_cache
def key_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A key with which a script reports on this copy; its secret is in this answer only."""
    copy = _copy(request, pk)
    try:
        issued = keys.create(copy, by=request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
        return redirect("backup-copy", request.territory.slug, pk)
    return _show(request, copy, issued=issued)


@requires("cyber.answer", fresh=True)
@require_POST
def revoke_page(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(BackupKey.objects.of(request.territory), pk=pk)
    keys.revoke(key, by=request.user)
    messages.success(request, "La clé est révoquée : le script qui l'a ne peut plus rien envoyer.")
    return redirect("backup-copy", request.territory.slug, key.copy_id)


def _act(request: HttpRequest, copy: BackupCopy, act: Callable[..., Any], done: str) -> HttpResponse:
    try:
        act(copy, request.user)
    except ContinuityError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("backup-copy", request.territory.slug, copy.pk)


def _done(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether what was typed was valid and the service took it; its refusal is displayed in the form."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except ContinuityError as error:
        add_field_error(form, error)
        return False
    return True
