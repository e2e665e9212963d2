"""The journal as files: PDF, CSV, XLSX, and JSON in the format of the stick. Each says EXERCICE and « données simulées » where it is so."""

import io
from collections.abc import Callable
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.web.ui import printing, workbooks
from beffroi.web.ui.spreadsheets import Writer

from ..models import Crisis, JournalLine
from . import journal, journal_merge

HEADINGS: Final = (
    "Heure du fait", "Heure de saisie", "Sorte", "Auteur", "Rôle", "Texte", "Corrige", "Origine", "Appareil", "Rang",
    "Identifiant", "Empreinte", "Nature",
)  # fmt: skip


def nature(crisis: Crisis) -> str:
    """« EXERCICE », « données simulées », both or neither."""
    parts = ["EXERCICE"] if crisis.is_exercise else []
    parts += ["données simulées"] if crisis.territory.is_fictional else []
    return ", ".join(parts)


def file_name(crisis: Crisis, what: str) -> str:
    exercise = "exercice-" if crisis.is_exercise else ""
    return f"{exercise}{what}-{crisis.territory.slug}-{timezone.localtime(crisis.activated_at):%Y%m%d}"


def _rows(crisis: Crisis) -> list[list[Any]]:
    return [_row(row, nature(crisis)) for row in journal.rows_in_order(crisis)]


def _row(row: JournalLine, kind: str) -> list[Any]:
    origin = "hors ligne" if row.merge_id else "plateforme"
    return [
        timezone.localtime(row.fact_at), timezone.localtime(row.entered_at), row.get_kind_display(), row.author, row.role,
        row.text, str(row.corrects or ""), origin, row.device, row.n, str(row.uuid), row.hash, kind,
    ]  # fmt: skip


def csv(crisis: Crisis) -> bytes:
    """For a French spreadsheet."""
    written = io.StringIO()
    writer = Writer(written)
    writer.writerow(HEADINGS)
    writer.writerows(
        [f"{row[0]:%d/%m/%Y %H:%M:%S}", f"{row[1]:%d/%m/%Y %H:%M:%S}", *row[2:]] for row in _rows(crisis)
    )
    return written.getvalue().encode("utf-8-sig")


def xlsx(crisis: Crisis) -> bytes:
    return workbooks.write("xlsx", [workbooks.Sheet("Journal", HEADINGS, _rows(crisis))])


def pdf(crisis: Crisis) -> bytes:
    """Raises `printing.NoPrinter`."""
    context = {
        "crisis": crisis,
        "territory": crisis.territory,
        "entries": journal.entries(journal.rows_in_order(crisis)),
        "faults": journal.faults(crisis),
        "today": timezone.now(),
        "style": printing.style(),
    }
    return printing.render_pdf(render_to_string("continuity/crisis_journal_document.html", context))


FORMS: Final[dict[str, tuple[str, Callable[[Crisis], bytes]]]] = {
    "pdf": ("application/pdf", pdf),
    "csv": ("text/csv; charset=utf-8", csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
    "json": ("application/json", journal_merge.export),
}
"""By extension: the media type, and what writes it."""
