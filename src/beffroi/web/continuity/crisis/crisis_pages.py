"""What every page of a crisis opens with: the crisis of this territory or 404, and what the reader may do."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from beffroi.web.platform.rights import Permission
from beffroi.web.ui import printing

from ..file_answers import attachment
from ..models import Crisis
from . import journal_files


def crisis_or_404(request: HttpRequest, pk: int) -> Crisis:
    rows = Crisis.objects.of(request.territory).select_related(
        "run__edition", "facts__edition", "debrief__edition"
    )
    found: Crisis | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def base_context(request: HttpRequest, crisis: Crisis) -> dict[str, Any]:
    return {"crisis": crisis, "permission": Permission(request.user, "continuity.answer", request.territory)}


def address(crisis: Crisis, name: str = "crisis", **more: Any) -> str:
    return reverse(name, kwargs={"slug": crisis.territory.slug, "pk": crisis.pk, **more})


def pdf_or_text(crisis: Crisis, what: str, make: Callable[[], bytes]) -> HttpResponse:
    """The PDF, or why this machine cannot make it."""
    try:
        content = make()
    except printing.NoPrinter as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    return attachment(content, "application/pdf", f"{journal_files.file_name(crisis, what)}.pdf")
