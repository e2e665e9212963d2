"""The sheet of a day, to read, to print and to hand over as a file."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from . import day_sheet, inbox, plans, section_tabs
from .exports import comma, nature, spreadsheet


@requires("proposal.read")
def sheet_page(request: HttpRequest) -> HttpResponse:
    territory = request.territory
    filters = inbox.Filters.from_query(request.GET)
    known = day_sheet.days(territory, filters.system)
    day = day_sheet.chosen(territory, filters.day, filters.system, timezone.localdate())
    if day and day not in known:  # older than those that are listed
        known = [day, *known]
    context = {
        "tabs": section_tabs.of(request.user, territory, "decisions-sheet"),
        "day": day,
        "days": [(one.isoformat(), french_date(one)) for one in known],
        "system": filters.system,
        "systems": inbox.systems_of(territory),
        "sheets": day_sheet.of_day(territory, day, filters.system) if day else [],
        "query": inbox.Filters(day, "", filters.system).query(),
    }
    return render(request, "decisions/sheet.html", context)


@requires("proposal.read")
def sheet_csv(request: HttpRequest) -> HttpResponseBase:
    """The same lines, for a spreadsheet; what was simulated says so on its line."""
    territory = request.territory
    filters = inbox.Filters.from_query(request.GET)
    today = timezone.localdate()
    day = day_sheet.chosen(territory, filters.day, filters.system, today) or today
    sheets = day_sheet.of_day(territory, day, filters.system)
    rows = (_row(territory, day, sheet, line) for sheet in sheets for line in sheet.lines)
    headings = [
        "nature",
        "jour",
        "service",
        "lieu",
        "objet",
        "étapes",
        "état",
        "décidé",
        "en attente",
        "unité",
        "décidé par",
    ]
    return spreadsheet(territory, f"feuille-{day.isoformat()}", headings, rows)


def _row(territory: Territory, day: date, sheet: day_sheet.Sheet, line: day_sheet.Line) -> list[str]:
    return [
        nature(territory, line.decision is not None and line.decision.simulated),
        day.isoformat(),
        sheet.title,
        line.place,
        line.subject,
        plans.one_line(line.items),
        line.text,
        comma(line.value),
        comma(line.waiting.value if line.waiting else None),
        line.unit,
        str(line.by or ""),
    ]
