"""Pages of the ledger: read it, verify it, take a copy away, prove that a line is in it."""

import json
from dataclasses import asdict
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from beffroi.ledger import merkle

from . import ledger
from .acts import ACTS
from .guards import requires
from .models import LedgerLine, Person


def _shown(line: LedgerLine, names: dict[str, str]) -> dict[str, object]:
    return {
        "line": line,
        "act": ACTS.get(line.act, line.act),
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
    last = lines.first()
    context = {"page": page, "rows": [_shown(line, names) for line in page], "last": last}
    return render(request, "territories/ledger.html", context)


@requires("ledger.read")
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recompute the whole chain now."""
    result = ledger.verify(request.territory)
    if result.ok:
        messages.success(
            request,
            f"Registre vérifié : {result.size} lignes, aucune n'a été changée. Empreinte : {result.root}",
        )
    else:
        messages.error(
            request,
            f"Le registre a été modifié à partir de la ligne {result.first_bad}. Les données restent lisibles. "
            "Prévenez votre responsable de la sécurité et comparez avec une sauvegarde antérieure.",
        )
    return redirect("ledger", slug=request.territory.slug)


@requires("ledger.read")
def line_page(request: HttpRequest, seq: int) -> HttpResponse:
    """One line, what it commits to, and the proof that it is in the chain."""
    line = get_object_or_404(ledger.lines_of(request.territory), seq=seq)
    hashes = list(ledger.lines_of(request.territory).values_list("hash", flat=True))
    detail = getattr(line, "detail", None)
    context = _shown(line, _names([line])) | {
        "proof": merkle.inclusion_proof(seq - 1, hashes),
        "size": len(hashes),
        "root": merkle.root(hashes),
        "detail": json.dumps(detail.payload, ensure_ascii=False, indent=1) if detail else None,
    }
    return render(request, "territories/ledger_line.html", context)


@requires("ledger.read")
def export(request: HttpRequest) -> HttpResponse:
    """The chain as JSON lines, to keep elsewhere and verify without us."""
    body = "".join(
        json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in ledger.sealed_lines(request.territory)
    )
    response = HttpResponse(body, content_type="application/x-ndjson; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="registre-{request.territory.slug}.jsonl"'
    return response
