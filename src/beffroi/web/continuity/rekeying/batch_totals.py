"""Totals by batch, to print, to export, to compare with the paper: what was announced, what was typed, what remains, how it was closed."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.guides import tables
from beffroi.web.guides.library import guide
from beffroi.web.platform.models import Territory

from ..models import RekeyingBatch
from ..paper_forms.definitions import SETTINGS, PaperForm
from .batches import Progress, form_of, progress_of

MOST: Final = 500
TITLE: Final = "Ressaisie, totaux par lot"
HEADING: Final = (
    "Lot", "Formulaire", "Exercice", "Feuilles annoncées", "Feuilles saisies", "À saisir une seconde fois",
    "Écarts à trancher", "Brouillons", "Total de", "Total annoncé", "Total saisi", "Fermé le", "Fermé par",
    "Écart expliqué",
)  # fmt: skip


@dataclass(frozen=True)
class BatchTotals:
    """A batch, its form, how far it is."""

    batch: RekeyingBatch
    form: PaperForm
    progress: Progress


def batch_rows(territory: Territory) -> QuerySet[RekeyingBatch]:
    """The batches with what their totals are made of: a few queries, however many."""
    rows: QuerySet[RekeyingBatch] = RekeyingBatch.objects.of(territory)
    return rows.select_related("edition", "rows_edition", "territory", "closed_by").prefetch_related(
        "forms", "refused"
    )


def totals_of(rows: QuerySet[RekeyingBatch]) -> list[BatchTotals]:
    forms: dict[tuple[int, int | None], PaperForm] = {}
    found = []
    for batch in rows[:MOST]:
        editions = (batch.edition_id, batch.rows_edition_id)
        form = forms.get(editions) or forms.setdefault(editions, form_of(batch))
        found.append(BatchTotals(batch, form, progress_of(batch, form)))
    return found


def export(territory: Territory, extension: str) -> HttpResponse:
    """Raises KeyError for another kind of file."""
    if extension not in tables.MEDIA:
        raise KeyError(extension)
    rows = [_row(each) for each in totals_of(batch_rows(territory))]
    named = guide(Register, SETTINGS).model_copy(update={"title": TITLE})
    return tables.export(territory, named, extension, HEADING, rows, batches=rows)


def _row(each: BatchTotals) -> list[Any]:
    batch, progress = each.batch, each.progress
    unit = f" ({progress.unit})" if progress.unit else ""
    return [
        str(batch), each.form.title, "EXERCICE" if batch.is_exercise else "", batch.announced_count, progress.entered,
        progress.second, progress.differing, progress.drafts, f"{progress.total_of}{unit}",
        _number(batch.announced_total), _number(progress.total),
        timezone.localdate(batch.closed_at) if batch.closed_at else None,
        str(batch.closed_by) if batch.closed_by else "", batch.closing_note,
    ]  # fmt: skip


def _number(total: Any) -> float | None:
    return float(total) if total is not None else None
