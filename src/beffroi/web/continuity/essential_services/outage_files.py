"""The whole grid of a territory as files: XLSX, ODS and CSV to work on, PDF to sign and to keep in a drawer."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.web.guides import tables
from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing

from .analyses import questionnaire
from .impact import DURATIONS, FAMILIES, LEVELS, UNBEARABLE
from .outages import ServiceLine, by_shortest_outage, service_lines

HEADING = (
    "Service",
    "Arrêt supportable (heures)",
    *(f"Pire conséquence, {each.title}" for each in DURATIONS),
    "Coût",
    "État",
    "Validé le",
    "Par",
)

MOST_NAMED = 3
"""Families named in a cell; beyond, their number."""


def export(territory: Territory, form: str) -> HttpResponse:
    rows = [_row(line) for line in by_shortest_outage(service_lines(territory))]
    return tables.export(territory, questionnaire(), form, HEADING, rows)


def _row(line: ServiceLine) -> Sequence[Any]:
    levels = [line.grid.worst(each) for each in DURATIONS]
    validation = line.validation
    return [
        line.name,
        line.hours,
        *(LEVELS[level] if level is not None else None for level in levels),
        line.grid.cost or None,
        line.state[0],
        timezone.localdate(validation.at) if validation else None,
        str(validation.by) if validation else None,
    ]


def grid_context(territory: Territory) -> dict[str, Any]:
    """What the page and the PDF of the whole grid show."""
    lines = by_shortest_outage(service_lines(territory))
    return {
        "territory": territory,
        "today": timezone.localdate(),
        "durations": DURATIONS,
        "lines": [(line, cells(line)) for line in lines],
        "validated": sum(line.validation is not None for line in lines),
        "sources": questionnaire().sources,
    }


def cells(line: ServiceLine) -> list[tuple[str, str, str]]:
    """By duration: the word of the worst consequence, how it looks, the families that reach it where it is grave."""
    looks = ("plain", "info", "warn", "danger")
    found = []
    for each in DURATIONS:
        level = line.grid.worst(each)
        families = line.grid.worst_families(each) if level in (2, UNBEARABLE) else []
        words = (
            ", ".join(families)
            if len(families) <= MOST_NAMED
            else f"{len(families)} familles sur {len(FAMILIES)}"
        )
        found.append((LEVELS[level], looks[level], words) if level is not None else ("–", "", ""))
    return found


def pdf(territory: Territory) -> bytes:
    """Raises `printing.NoPrinter` where this machine has no Pango."""
    context = grid_context(territory) | {"style": printing.style()}
    return printing.render_pdf(render_to_string("continuity/outage_grid_document.html", context))
