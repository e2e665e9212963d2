"""The resumption list of civil status: lines of numbers, what is wrong, and the file to type from."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.guides import Questionnaire
from beffroi.web.guides import tables
from beffroi.web.guides.library import guide
from beffroi.web.platform import ledger
from beffroi.web.platform.guards import requires

from .resumption import FOLLOW_UP, HEADING, resumption


@requires("continuity.answer")
def resumption_page(request: HttpRequest) -> HttpResponse:
    """Every act written on paper, register by register, with what must be looked at first."""
    context = {"resumption": resumption(request.territory), "heading": HEADING}
    return render(request, "continuity/civil_resumption.html", context)


@requires("continuity.answer")
def export_file(request: HttpRequest, extension: str) -> HttpResponse:
    """The list as CSV, XLSX, ODS or JSON."""
    if extension not in tables.MEDIA:
        raise Http404
    found = resumption(request.territory)
    ledger.append(
        request.territory,
        "rekeying.export",
        request.user,
        "civil-status",
        {"as": extension, "count": len(found.lines)},
    )
    rows = found.rows()
    return tables.export(
        request.territory,
        guide(Questionnaire, FOLLOW_UP),
        extension,
        HEADING,
        rows,
        acts=rows,
        findings=[finding.message for finding in found.findings],
        missing_sheets=found.missing,
    )
