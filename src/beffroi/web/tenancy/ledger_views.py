"""Pages of the ledger: read it, verify it, take a copy away, prove that a line is in it, erase what a line commits to."""

import json
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from beffroi.ledger import copies
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import title_of
from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import LINES_OF_JSON, download
from beffroi.web.platform.ledger import proofs, verification_job
from beffroi.web.platform.ledger.acts import describe_resource
from beffroi.web.platform.models import ERASURE, Job, LedgerLine, Person
from beffroi.web.platform.rights import may

from .forms import ErasureForm


def _line_row(line: LedgerLine, names: dict[str, str]) -> dict[str, object]:
    return {
        "line": line,
        "act": title_of(line.act),
        "thing": describe_resource(line.thing),
        "actor": names.get(line.actor, line.actor),
        "at": datetime.fromisoformat(line.at),
    }


def _names(lines: list[LedgerLine]) -> dict[str, str]:
    """Names of the people of these lines: they live in the database, never in the chain."""
    keys = {line.actor for line in lines if line.actor.startswith("person:")}
    people = Person.objects.filter(pk__in=[int(key.partition(":")[2]) for key in keys])
    return {f"person:{p.pk}": p.name for p in people} | {"host": "l'hébergeur (ligne de commande)"}


@requires("ledger.read")
def ledger_page(request: HttpRequest) -> HttpResponse:
    """The lines, the latest first, and the state of the chain."""
    lines = ledger.lines_of(request.territory).reverse()
    page = Paginator(lines, 50).get_page(request.GET.get("page"))
    names = _names(list(page))
    root, harm = _root(request)
    context = {
        "page": page,
        "rows": [_line_row(line, names) for line in page],
        "root": root,
        "harm": harm,
        "verification": _verification(request),
    }
    return render(request, "tenancy/ledger.html", context)


def _root(request: HttpRequest) -> tuple[object, str]:
    """Where the chain stands, signed; or why it cannot be."""
    try:
        return proofs.signed_now(request.territory), ""
    except ledger.LedgerError as error:
        return None, str(error)


def _verification(request: HttpRequest) -> Job | None:
    """The long verification that this person asked for and that has just ended."""
    requested = request.GET.get("verification", "")
    if not requested.isdecimal() or len(requested) > 18:
        return None
    own_jobs = Job.objects.of(request.territory).filter(kind=verification_job.KIND, started_by=request.user)
    return own_jobs.filter(pk=int(requested), state=Job.State.DONE).first()


@requires("ledger.read")
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recompute the whole chain: now, or in the background when it is long."""
    if verification_job.is_long(request.territory):
        return redirect(
            "job", slug=request.territory.slug, pk=verification_job.start(request.territory, request.user).pk
        )
    try:
        messages.success(request, verification_job.verification_message(request.territory))
    except ledger.LedgerError as error:
        messages.error(request, str(error))
    return redirect("ledger", slug=request.territory.slug)


@requires("ledger.read")
def line_page(request: HttpRequest, seq: int) -> HttpResponse:
    """Page of one line: what it commits to, and the proof that it is in the chain."""
    return _line(request, seq, ErasureForm())


def _line(request: HttpRequest, seq: int, form: ErasureForm) -> HttpResponse:
    line = get_object_or_404(ledger.lines_of(request.territory), seq=seq)
    try:
        detail = getattr(line, "detail", None)
    except ValueError:
        detail = None  # no longer JSON: the page says that it is harmed, the verification where
    erasure = ledger.erasure_of(line) if detail is None else None
    try:
        proof, harm = proofs.inclusion(request.territory, line), ""
    except ledger.LedgerError as error:
        proof, harm = None, str(error)
    context = _line_row(line, _names([line])) | {
        "proof": proof,
        "holds": proof is not None and proof.is_valid(),
        "harm": harm,
        "size": proof.root.size if proof else line.seq,
        "detail": json.dumps(detail.payload, ensure_ascii=False, indent=1) if detail else None,
        "erasure": _line_row(erasure, _names([erasure])) if erasure else None,
        "may_erase": detail is not None and may(request.user, ERASURE, request.territory),
        "form": form,
    }
    return render(request, "tenancy/ledger_line.html", context)


@requires("ledger.read")
def proof(request: HttpRequest, seq: int) -> HttpResponse:
    """The proof that a line is in the chain, to verify without us."""
    line = get_object_or_404(ledger.lines_of(request.territory), seq=seq)
    try:
        made = proofs.inclusion(request.territory, line)
    except ledger.LedgerError as error:
        messages.error(request, str(error))
        return redirect("ledger-line", slug=request.territory.slug, seq=seq)
    response = HttpResponse(made.as_json(), content_type="application/json")
    response["Content-Disposition"] = (
        f'attachment; filename="registre-{request.territory.slug}-ligne-{seq}-preuve.json"'
    )
    return response


@requires(ERASURE)
@require_POST
def erase(request: HttpRequest, seq: int) -> HttpResponse:
    """Erase what a line commits to, for a reason that becomes part of the chain."""
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return _line(request, seq, form)
    try:
        ledger.erase_detail(request.territory, request.user, seq, form.cleaned_data["reason"])
        messages.success(request, f"Le détail de la ligne {seq} est effacé. Le registre se vérifie toujours.")
    except ledger.LedgerError as error:
        messages.error(request, str(error))
    return redirect("ledger-line", slug=request.territory.slug, seq=seq)


@requires("ledger.read")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The chain as JSON lines, to keep elsewhere and verify without us."""
    lines = map(copies.encode_line, ledger.sealed_lines(request.territory))
    return download(lines, f"registre-{request.territory.slug}.jsonl", LINES_OF_JSON)
