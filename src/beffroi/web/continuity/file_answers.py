"""Files that a person takes away: their name says which territory they are of and whether its data are invented; no browser keeps them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing


def attachment(content: bytes | str, content_type: str, file_name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)


def file_answer(
    territory: Territory, content: bytes | str, content_type: str, name: str, ending: str
) -> HttpResponse:
    simulated = "-donnees-simulees" if territory.is_fictional else ""
    return attachment(content, content_type, f"{name}-{territory.slug}{simulated}.{ending}")


def pdf_answer(request: HttpRequest, make: Callable[[], bytes], name: str, page: str) -> HttpResponse:
    """What `make` prints; where this machine cannot print, back to the address `page`, which says why."""
    try:
        content = make()
    except printing.NoPrinter as error:
        messages.error(request, str(error))
        return redirect(page)
    return file_answer(request.territory, content, "application/pdf", name, "pdf")
