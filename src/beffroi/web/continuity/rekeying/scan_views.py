"""Scanned sheets: see one page, file by hand those without a readable number."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires

from ..errors import ContinuityError
from ..models import ScannedPage
from ..paper_forms import numbers
from ..paper_forms.sheet_numbers import NumberError, read_number
from . import scans
from .batch_views import batch_or_404


def _page(request: HttpRequest, pk: int) -> ScannedPage:
    rows = ScannedPage.objects.of(request.territory).filter(erased_at=None).select_related("territory")
    found: ScannedPage | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.answer")
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The page as a picture that the house made; never the file that was brought."""
    return _send(_page(request, pk))


def _send(page: ScannedPage) -> HttpResponse:
    try:
        file = scans.path_of(page).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/jpeg")
    response["Cache-Control"] = "no-store"
    return response


@requires("continuity.answer")
def sheet_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The first scanned page of the sheet whose number is being typed in a batch; nothing where there is none."""
    batch = batch_or_404(request, pk)
    text = request.GET.get("numero", "")
    try:
        number = read_number(text, batch.mark, batch.counter, batch.territory.code)
        pages = scans.pages_of(request.territory, numbers.range_of(request.territory, number), number.rank)
    except (NumberError, ContinuityError):
        pages = []
    return _send(pages[0]) if pages else HttpResponse(status=204)


def _act(request: HttpRequest, pk: int, act: Callable[..., Any], done: str, *more: str) -> HttpResponse:
    try:
        act(_page(request, pk), request.user, *more)
    except ContinuityError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("rekeying-scans", request.territory.slug)


@requires("continuity.answer")
@require_POST
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, scans.file_by_hand, "La page est rangée.", request.POST.get("number", ""))


@requires("continuity.answer")
@require_POST
def discard_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, scans.discard, "L'image est effacée.")
