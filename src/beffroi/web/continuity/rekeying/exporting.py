"""What was typed again, for the software of the trade: CSV, XLSX, ODS or JSON of a batch, or a delivery to the catalogue.

Only settled sheets leave. One ledger line a file: who took what, how many sheets.
"""

import io
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Delivery
from beffroi.web.guides import tables
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require
from beffroi.web.ui.spreadsheets import Writer

from ..errors import ContinuityError
from ..models import RekeyedForm, RekeyingBatch
from ..paper_forms.definitions import PaperForm
from . import batches

EXERCISE = "EXERCICE"


def table_of(
    batch: RekeyingBatch, form: PaperForm, sheets: Iterable[RekeyedForm]
) -> tuple[list[str], list[list[Any]]]:
    """The heading and the rows: one a sheet, or one a row of each sheet."""
    heading = [
        "Numéro",
        "Guichet",
        *(each.label for each in form.questions),
        *(each.label for each in form.row_fields),
    ]
    if batch.is_exercise:
        heading.append("Nature")
    rows = []
    for sheet in sheets:
        answers = sheet.answers or {}
        own = [sheet.number, batch.counter, *tables.typed(form.questions, answers["values"])]
        nature = [EXERCISE] if batch.is_exercise else []
        lines = answers["rows"] if form.rows is not None else [{}]
        rows += [[*own, *tables.typed(form.row_fields, line), *nature] for line in lines]
    return heading, rows


def settled_sheets(batch: RekeyingBatch) -> list[RekeyedForm]:
    """The sheets whose answers count, in the order of their numbers."""
    return list(batch.forms.filter(state=RekeyedForm.State.DONE, erased_at=None))


def export(batch: RekeyingBatch, by: Person, extension: str) -> HttpResponse:
    """The settled sheets of a batch as a file. Raises KeyError for another kind of file."""
    require(by, batches.ANSWER, batch.territory)
    if extension not in tables.MEDIA:
        raise KeyError(extension)
    form = batches.form_of(batch)
    sheets = settled_sheets(batch)
    heading, rows = table_of(batch, form, sheets)
    line = batches.recorded(batch, None, **{"as": extension, "count": len(sheets)})
    ledger.append(batch.territory, "rekeying.export", by, line.subject, dict(line.details))
    return tables.export(
        batch.territory,
        form.questionnaire,
        extension,
        heading,
        rows,
        exercise=batch.is_exercise,
        batch=str(batch),
        sheets=[{"number": sheet.number, **(sheet.answers or {})} for sheet in sheets],
    )


def _delivered(batch: RekeyingBatch, by: Person) -> tuple[Delivery, int]:
    """The delivery of a closed batch, and how many sheets it has. Raises ContinuityError."""
    if batch.closed_at is None:
        raise ContinuityError("Fermez d'abord le lot : ses totaux doivent être justes.")
    if batch.is_exercise:
        raise ContinuityError("Un exercice n'entre pas dans le catalogue. Rien n'a été déposé.")
    form = batches.form_of(batch)
    sheets = settled_sheets(batch)
    heading, rows = table_of(batch, form, sheets)
    if not rows:
        raise ContinuityError("Ce lot n'a plus de réponse à déposer.")
    text = io.StringIO()
    Writer(text).writerows([heading, *rows])
    name = f"{form.key.removeprefix('form_')}-{batch.counter}-{batch.day:%Y-%m-%d}.csv"
    return lifecycle.receive(batch.territory, by, name, [text.getvalue().encode()]), len(sheets)


@act(
    "rekeying.export",
    "sortie de feuilles ressaisies",
    right=batches.ANSWER,
    label="Déposer dans Données",
    done="Le fichier est déposé dans Données : dites-y ce qu'il contient.",
    prepare=_delivered,
)
def deposit(batch: RekeyingBatch, by: Person, prepared: tuple[Delivery, int]) -> Recorded[Delivery]:
    """Deliver a closed batch to the catalogue, where a person says what it is. Raises ContinuityError."""
    delivery, count = prepared
    return batches.recorded(batch, delivery, delivery=delivery.pk, count=count)
