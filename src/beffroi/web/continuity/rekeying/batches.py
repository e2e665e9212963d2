"""Batches of sheets to type again: opened with what was counted on the paper, closed when what was typed agrees, then erased.

In: a person with `continuity.answer`. Out: rows; ledger lines of counts and numbers of rows, never of an answer.
Raises ContinuityError in French, PermissionDenied.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Guide, Questionnaire, Register
from beffroi.guides.questions import NO_BREAK
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import format_number
from beffroi.web.guides.models import GuideEdition
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..models import FormEntry, NumberRange, RefusedEntry, RekeyedForm, RekeyingBatch
from ..paper_forms import numbers
from ..paper_forms.definitions import PaperForm, settings_of, with_settings
from ..paper_forms.sheet_numbers import SheetNumber
from . import scans

ANSWER: Final = "continuity.answer"
ERASE_AFTER: Final = timedelta(days=90)
State = RekeyedForm.State


def form_of(batch: RekeyingBatch) -> PaperForm:
    """The form in the edition that the batch was opened with."""
    guide = batch.edition.read()
    rows = batch.rows_edition.read() if batch.rows_edition is not None else None
    if not isinstance(guide, Questionnaire):
        raise TypeError(f"{guide.id} is no questionnaire")
    return with_settings(
        guide, rows if isinstance(rows, Register) else None, settings_of(batch.territory, guide.id)
    )


@act("rekeying.open", "ouverture d'un lot de feuilles à ressaisir", right=ANSWER)
def open_batch(
    territory: Territory,
    by: Person,
    form: PaperForm,
    counter: str,
    day: date,
    announced_count: int,
    announced_total: Decimal | None = None,
    *,
    is_exercise: bool = False,
) -> Recorded[RekeyingBatch]:
    """Open a batch: the sheets of one form, one counter, one day. Raises ContinuityError."""
    counter = counter.strip().upper()
    _check_announced(form, announced_count, announced_total)
    if day > timezone.localdate():
        raise ContinuityError("Ce jour est à venir. Donnez le jour écrit sur les feuilles.", "day")
    ranges = NumberRange.objects.of(territory).filter(
        mark=form.mark, counter=counter, is_exercise=is_exercise
    )
    if not ranges.exists():
        what = "d'exercice " if is_exercise else ""
        raise ContinuityError(
            f"Le guichet {counter or '–'} n'a reçu aucune feuille {what}« {form.title} ». Vérifiez la lettre au milieu du numéro.",
            "counter",
        )
    batch: RekeyingBatch = RekeyingBatch.objects.create(
        territory=territory,
        form=form.key,
        edition=_edition(territory, form.questionnaire),
        rows_edition=_edition(territory, form.rows) if form.rows is not None else None,
        mark=form.mark,
        counter=counter,
        day=day,
        announced_count=announced_count,
        announced_total=announced_total,
        is_exercise=is_exercise,
        opened_by=by,
    )
    return recorded(batch, batch, form=form.key, counter=counter, count=announced_count)


def _check_announced(form: PaperForm, count: int, total: Decimal | None) -> None:
    if not 1 <= count <= 2000:
        raise ContinuityError("Comptez les feuilles du lot : de 1 à 2 000.", "announced_count")
    if total is not None and not form.total:
        raise ContinuityError("Ce formulaire n'a pas de total à annoncer. Laissez vide.", "announced_total")


def _edition(territory: Territory, guide: Guide) -> GuideEdition:
    row, _ = GuideEdition.objects.get_or_create(
        territory=territory,
        guide=guide.id,
        version=guide.version,
        defaults={
            "kind": type(guide).__name__.lower(),
            "edition": guide.edition,
            "content": GuideEdition.pack(guide),
        },
    )
    return row  # type: ignore[no-any-return]


@act(
    "rekeying.announce",
    "recompte d'un lot de feuilles",
    right=ANSWER,
    done="Le lot annonce ce que vous avez recompté.",
)
def change_announced(
    batch: RekeyingBatch, by: Person, announced_count: int, announced_total: Decimal | None = None
) -> Recorded[RekeyingBatch]:
    """Count the paper again: the batch announces something else. Raises ContinuityError."""
    _check_announced(form_of(batch), announced_count, announced_total)
    _require_open(batch)
    batch.announced_count, batch.announced_total = announced_count, announced_total
    batch.save(update_fields=["announced_count", "announced_total"])
    return recorded(batch, batch, count=announced_count)


@dataclass(frozen=True)
class Progress:
    """How far a batch is. `total_of`, `unit`: what is summed, « Montant », « € ». `faults`: what keeps it from being closed, a line each; `differs`: its count or total is another."""

    entered: int
    second: int
    differing: int
    drafts: int
    total: Decimal | None
    pending: tuple[str, ...]
    differs: tuple[str, ...]
    total_of: str = ""
    unit: str = ""

    @property
    def remains(self) -> tuple[str, ...]:
        """What is still to do or to explain, a line each."""
        return (*self.pending, *self.differs)

    @property
    def is_whole(self) -> bool:
        return not self.remains


def progress_of(batch: RekeyingBatch, form: PaperForm | None = None) -> Progress:
    form = form or form_of(batch)
    rows = list(batch.forms.all())
    drafts = len(batch.refused.all())
    second = sum(row.state == State.SECOND for row in rows)
    differing = sum(row.state == State.DIFFERS for row in rows)
    total = _total(form, rows) if form.total and batch.erased_at is None else None
    total_of, unit = summed(form)
    pending = [
        f"{count} {words}"
        for count, words in (
            (second, "à saisir une seconde fois"),
            (differing, "dont les deux saisies diffèrent"),
            (drafts, "refusée, en brouillon" if drafts == 1 else "refusées, en brouillon"),
        )
        if count
    ]
    differs = []
    if len(rows) != batch.announced_count:
        differs.append(
            f"{counted(batch.announced_count, 'feuille annoncée', 'feuilles annoncées')}, "
            f"{counted(len(rows), 'saisie')}"
        )
    is_settled = not second and not differing  # before, the total is of some sheets only
    if is_settled and total is not None and batch.announced_total not in (None, total):
        differs.append(f"« {total_of} » : {_french(batch.announced_total)} annoncé, {_french(total)} saisi")
    return Progress(
        len(rows), second, differing, drafts, total, tuple(pending), tuple(differs), total_of, unit
    )


def summed(form: PaperForm) -> tuple[str, str]:
    """What the total of a batch is of, and its unit; nothing where this form has none."""
    found = next((each for each in form.questions if each.key == form.total), None)
    return (found.label, found.unit) if found is not None else ("", "")


def _total(form: PaperForm, rows: list[RekeyedForm]) -> Decimal:
    values = [row.answers["values"].get(form.total) for row in rows if row.answers]
    return sum((Decimal(str(v)) for v in values if v is not None), Decimal(0)).quantize(Decimal("0.01"))


def _french(value: Decimal) -> str:
    return format_number(value, ",.0f" if value == value.to_integral_value() else ",.2f", NO_BREAK)


@act("rekeying.close", "fermeture d'un lot de feuilles", right=ANSWER)
def close(batch: RekeyingBatch, by: Person, note: str = "") -> Recorded[RekeyingBatch]:
    """Close a batch whose sheets are all settled. A count or a total that differs takes a note. Raises ContinuityError."""
    note = strip_invisible(" ".join(note.split()))[:500]
    _require_open(batch)
    progress = progress_of(batch)
    if progress.pending:
        raise ContinuityError(
            f"Le lot {batch} reste ouvert. Des feuilles attendent : {', '.join(progress.pending)}. Rien n'est perdu."
        )
    if progress.differs and len(note) < 10:
        raise ContinuityError(
            f"Le lot {batch} reste ouvert : {' ; '.join(progress.differs)}. Cherchez la feuille, ou recomptez. "
            "Si l'écart est réel, expliquez-le.",
            "note",
        )
    batch.closed_by, batch.closed_at = by, timezone.now()
    batch.closing_note = note if progress.differs else ""
    batch.save(update_fields=["closed_by", "closed_at", "closing_note"])
    return recorded(batch, batch, count=progress.entered, explained=bool(progress.differs))


@act(
    "rekeying.erase",
    "effacement des réponses d'un lot de feuilles",
    right=ANSWER,
    label="Effacer",
    done="Les réponses et les images de ce lot sont effacées ; les numéros restent.",
)
def erase(batch: RekeyingBatch, by: Person) -> Recorded[int] | Unchanged[int]:
    """Erase what was typed in a closed batch, its drafts and its pictures; numbers, hands and days stay. How many sheets."""
    if batch.closed_at is None:
        raise ContinuityError("Ce lot est ouvert : fermez-le d'abord. Rien n'a été effacé.")
    if batch.erased_at is not None:
        return Unchanged(0)
    now = timezone.now()
    rows = batch.forms.filter(erased_at=None)
    sheets = [(row.range_id, row.rank) for row in rows]
    FormEntry.objects.of(batch.territory).filter(form__batch=batch).update(answers=None)
    count = rows.update(answers=None, erased_at=now)
    RefusedEntry.objects.of(batch.territory).filter(batch=batch).delete()
    scans.erase_pages(batch.territory, sheets)
    batch.erased_by, batch.erased_at = by, now
    batch.save(update_fields=["erased_by", "erased_at"])
    return recorded(batch, count, count=count)


def is_due_for_erasure(batch: RekeyingBatch) -> bool:
    """Whether its answers are still here long after they should be in the software of the trade."""
    if batch.closed_at is None or batch.erased_at is not None:
        return False
    return timezone.now() - batch.closed_at > ERASE_AFTER


def missing_numbers(batch: RekeyingBatch) -> list[SheetNumber]:
    """The numbers of its counter of which nothing is known: neither typed, nor void, nor lost."""
    counters = numbers.sheets_by_counter(batch.territory, batch.form)
    return [
        number
        for each in counters
        if (each.mark, each.counter, each.is_exercise) == (batch.mark, batch.counter, batch.is_exercise)
        for number in each.missing
    ]


def locked(batch: RekeyingBatch) -> RekeyingBatch:
    """The batch, for this transaction only. Raises ContinuityError for one that is closed."""
    found: RekeyingBatch = (
        RekeyingBatch.objects.of(batch.territory)
        .select_for_update(of=("self",), no_key=True)
        .select_related("edition", "rows_edition", "territory")
        .get(pk=batch.pk)
    )
    _require_open(found)
    return found


def _require_open(batch: RekeyingBatch) -> None:
    if batch.closed_at is not None:
        raise ContinuityError("Ce lot est fermé. Ouvrez-en un autre pour des feuilles retrouvées.")


def recorded[R](batch: RekeyingBatch, result: R, **details: Any) -> Recorded[R]:
    """What an act did on a batch; its ledger line says an exercise."""
    exercise = {"exercise": True} if batch.is_exercise else {}
    return Recorded(result, details | exercise, f"batch:{batch.pk}")
