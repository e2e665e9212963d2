"""What a person at the keyboard begins the next sheet with: values that stay, the next scanned number, the sheet just typed."""

from beffroi.web.platform.models import Person

from ..models import FormEntry, NumberRange, RekeyedForm, RekeyingBatch
from ..paper_forms.definitions import PaperForm
from ..paper_forms.sheet_numbers import SheetNumber
from . import scans
from .typed_sheets import Sheet

Turn = FormEntry.Turn


def carried_values(batch: RekeyingBatch, form: PaperForm, by: Person) -> Sheet:
    """The day of the batch, and what this person typed on the sheet before."""
    values = {"day": batch.day.isoformat()} if "day" in form.carried else {}
    own = FormEntry.objects.of(batch.territory).filter(form__batch=batch, turn=Turn.FIRST, by=by)
    last = own.filter(answers__isnull=False).last()
    if last is not None:
        before = last.answers["values"]
        values |= {key: before[key] for key in form.carried if key in before}
    return Sheet(values)


def next_scanned(batch: RekeyingBatch) -> str:
    """The first scanned sheet of this batch that nobody typed yet; "" when there is none."""
    ranges = NumberRange.objects.of(batch.territory).filter(mark=batch.mark, counter=batch.counter)
    typed = set(RekeyedForm.objects.of(batch.territory).filter(range__in=ranges).values_list("range", "rank"))
    for page in scans.filed_in(batch.territory, ranges):
        if (page.range_id, page.rank) not in typed:
            return str(SheetNumber(batch.mark, batch.counter, page.rank or 0))
    return ""


def last_typed(batch: RekeyingBatch, by: Person) -> RekeyedForm | None:
    """The sheet of this batch that this person typed last, which they may take up again."""
    rows = FormEntry.objects.of(batch.territory).filter(form__batch=batch, turn=Turn.FIRST, by=by)
    last = rows.select_related("form").last()
    return last.form if last is not None else None
