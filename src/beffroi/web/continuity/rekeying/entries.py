"""Sheets typed again: the first time, the second time blind, the look that settles a difference, corrections.

What is refused stays as a draft with its faults: nothing that was typed is lost. No ledger line has an answer.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides.questionnaire import Fault
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import FormEntry, NumberEnd, NumberRange, RefusedEntry, RekeyedForm, RekeyingBatch
from ..paper_forms import numbers
from ..paper_forms.definitions import PaperForm
from ..paper_forms.sheet_numbers import NumberError, SheetNumber, read_number
from . import batches
from .typed_sheets import Difference, Sheet, SheetError, differences, read_sheet, settled

NUMBER: Final = "number"
_ACT: Final = batches.ANSWER
State, Turn = RekeyedForm.State, FormEntry.Turn


class EntryRefused(ContinuityError):
    """A sheet that was not recorded: its faults, and the draft that holds what was typed."""

    def __init__(self, faults: list[Fault], draft: RefusedEntry) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults, self.draft = faults, draft


def enter(
    batch: RekeyingBatch, by: Person, number: str, typed: Sheet, *, draft: RefusedEntry | None = None
) -> RekeyedForm:
    """Record a sheet. Raises EntryRefused, and then nothing but the draft is written; ContinuityError for a closed batch."""
    require(by, _ACT, batch.territory)
    form = batches.form_of(batch)
    faults: list[Fault] = []
    try:
        with transaction.atomic():
            batch = batches.locked(batch)
            found, row, faults = _number_of(batch, number)
            try:
                read = read_sheet(form, typed, timezone.localdate(), batch.day)
            except SheetError as error:
                faults += error.faults
            if faults or found is None or row is None:
                raise _Refused
            try:
                numbers.record_end(batch.territory, found, NumberEnd.Outcome.ENTERED, by)
            except ContinuityError as error:
                faults.append(Fault(NUMBER, str(error)))
                raise _Refused from error
            sheet: RekeyedForm = RekeyedForm.objects.create(
                territory=batch.territory,
                batch=batch,
                range=row,
                rank=found.rank,
                number=str(found),
                state=State.SECOND if form.is_typed_twice else State.DONE,
                answers=None if form.is_typed_twice else read.to_json(),
            )
            _record(sheet, by, Turn.FIRST, read)
            if draft is not None:
                draft.delete()
    except _Refused:
        raise EntryRefused(faults, _keep_draft(batch, by, number, typed, faults, draft)) from None
    return sheet


class _Refused(Exception):
    """Ends the transaction of an entry that is refused."""


def _number_of(batch: RekeyingBatch, text: str) -> tuple[SheetNumber | None, NumberRange | None, list[Fault]]:
    """The number of the sheet and its range, or what is wrong with it."""
    try:
        number = read_number(text, batch.mark, batch.counter, batch.territory.code)
        if number.mark != batch.mark:
            raise NumberError(f"La feuille {number} est d'un autre formulaire que ce lot ({batch.mark}).")
        if number.counter != batch.counter:
            raise NumberError(
                f"La feuille {number} est du guichet {number.counter} : ouvrez le lot de ce guichet."
            )
        row = numbers.range_of(batch.territory, number)
        if row.is_exercise != batch.is_exercise:
            raise NumberError(
                f"La feuille {number} est {'d’exercice' if row.is_exercise else 'réelle'} : ce lot ne l'est pas."
            )
        if entered := _entered_in(batch, row, number):
            raise NumberError(entered)
    except (NumberError, ContinuityError) as error:
        return None, None, [Fault(NUMBER, str(error))]
    return number, row, []


def _entered_in(batch: RekeyingBatch, row: NumberRange, number: SheetNumber) -> str:
    """Where this sheet was typed already, in French; "" when it was not."""
    rows = RekeyedForm.objects.of(batch.territory).filter(range=row, rank=number.rank)
    if (other := rows.select_related("batch").first()) is None:
        return ""
    where = "dans ce lot" if other.batch_id == batch.pk else f"dans le lot {other.batch}"
    return f"La feuille {number} a déjà été saisie {where}. Rien n'a été changé."


def _keep_draft(
    batch: RekeyingBatch,
    by: Person,
    number: str,
    typed: Sheet,
    faults: list[Fault],
    draft: RefusedEntry | None,
) -> RefusedEntry:
    content = {
        "number": strip_invisible(number)[:200],
        "values": typed.to_json(),
        "faults": [[fault.question, fault.message] for fault in faults],
    }
    if draft is not None:
        RefusedEntry.objects.of(batch.territory).filter(pk=draft.pk).update(**content)
        draft.refresh_from_db()
        return draft
    row: RefusedEntry = RefusedEntry.objects.create(territory=batch.territory, batch=batch, by=by, **content)
    return row


@act("rekeying.discard", "brouillon ou page numérisée écartés", right=_ACT, done="Le brouillon est écarté.")
def discard(draft: RefusedEntry, by: Person) -> Recorded[None]:
    """Take a draft away: the sheet was typed otherwise, or is not one."""
    number = draft.pk
    draft.delete()
    return Recorded(None, {"draft": number}, f"batch:{draft.batch_id}")


def first_entry(sheet: RekeyedForm) -> FormEntry:
    """The first typing that counts: the last one, where who typed it took it up again."""
    entry: FormEntry | None = sheet.entries.filter(turn=Turn.FIRST).select_related("by").last()
    if entry is None:
        raise TypeError(f"{sheet} was never typed")
    return entry


def why_not_again(sheet: RekeyedForm, by: Person) -> str:
    """Why this person may not take up their first typing of this sheet; "" when they may."""
    if sheet.state != State.SECOND:
        return "Cette feuille n'attend plus sa seconde saisie. Rien n'a été changé."
    if first_entry(sheet).by_id != by.pk:
        return "Seule la personne qui a fait la première saisie la reprend. Rien n'a été changé."
    return ""


def type_first_again(sheet: RekeyedForm, by: Person, typed: Sheet) -> RekeyedForm:
    """Who made the first typing makes it again, before the second; what was typed before stays. Raises ContinuityError, SheetError."""
    require(by, _ACT, sheet.territory)
    with transaction.atomic():
        batch = batches.locked(sheet.batch)
        sheet = _locked(sheet, State.SECOND)
        if why := why_not_again(sheet, by):
            raise ContinuityError(why)
        read = read_sheet(batches.form_of(batch), typed, timezone.localdate(), batch.day)
        _record(sheet, by, Turn.FIRST, read, "reprise")
    return sheet


def why_no_second(sheet: RekeyedForm, form: PaperForm, by: Person) -> str:
    """Why this person may not type this sheet the second time; "" when they may."""
    if form.checked == "two_persons" and first_entry(sheet).by_id == by.pk:
        return "Vous avez fait la première saisie : une autre personne fait la seconde."
    return ""


def enter_again(sheet: RekeyedForm, by: Person, typed: Sheet) -> RekeyedForm:
    """The second typing, blind. The same answers settle the sheet; others wait for a look. Raises ContinuityError, SheetError."""
    require(by, _ACT, sheet.territory)
    with transaction.atomic():
        batch = batches.locked(sheet.batch)
        sheet = _locked(sheet, State.SECOND)
        form = batches.form_of(batch)
        if why := why_no_second(sheet, form, by):
            raise ContinuityError(why)
        read = read_sheet(form, typed, timezone.localdate(), batch.day)
        first = Sheet.from_json(first_entry(sheet).answers)
        _record(sheet, by, Turn.SECOND, read)
        if differences(form, first, read):
            _move(sheet, State.DIFFERS, None)
        else:
            _move(sheet, State.DONE, read)
    return sheet


def differences_of(sheet: RekeyedForm) -> list[Difference]:
    """What two typings do not say alike; none once it is settled or erased."""
    if sheet.state != State.DIFFERS:
        return []
    first, second = _two(sheet)
    return differences(batches.form_of(sheet.batch), first, second)


def _two(sheet: RekeyedForm) -> tuple[Sheet, Sheet]:
    typed = {entry.turn: Sheet.from_json(entry.answers) for entry in sheet.entries.all() if entry.answers}
    return typed[Turn.FIRST], typed[Turn.SECOND]


def settle(sheet: RekeyedForm, by: Person, chosen: Mapping[str, Any]) -> RekeyedForm:
    """The third look: the value that the paper has, for each difference, by place. Raises ContinuityError, SheetError."""
    require(by, _ACT, sheet.territory)
    with transaction.atomic():
        batch = batches.locked(sheet.batch)
        sheet = _locked(sheet, State.DIFFERS)
        form = batches.form_of(batch)
        first, second = _two(sheet)
        open_places = [each.place for each in differences(form, first, second)]
        if missing := [place for place in open_places if place not in chosen]:
            raise ContinuityError("Choisissez une valeur pour chaque écart.", missing[0])
        look = settled(first, {place: chosen[place] for place in open_places})
        read = read_sheet(form, look, timezone.localdate(), batch.day)
        _record(sheet, by, Turn.SETTLED, read)
        _move(sheet, State.DONE, read)
    return sheet


def correct(sheet: RekeyedForm, by: Person, typed: Sheet, reason: str) -> RekeyedForm:
    """Change the answers of a settled sheet of an open batch; what was typed before stays. Raises ContinuityError, SheetError."""
    require(by, _ACT, sheet.territory)
    reason = strip_invisible(" ".join(reason.split()))[:500]
    if len(reason) < 10:
        raise ContinuityError("Dites pourquoi, en dix signes au moins.", "reason")
    with transaction.atomic():
        batch = batches.locked(sheet.batch)
        sheet = _locked(sheet, State.DONE)
        read = read_sheet(batches.form_of(batch), typed, timezone.localdate(), batch.day)
        _record(sheet, by, Turn.CORRECTED, read, reason)
        _move(sheet, State.DONE, read)
    return sheet


def _locked(sheet: RekeyedForm, state: str) -> RekeyedForm:
    found: RekeyedForm = (
        RekeyedForm.objects.of(sheet.territory)
        .select_for_update(of=("self",))
        .select_related("batch__edition", "batch__rows_edition", "territory")
        .get(pk=sheet.pk)
    )
    if found.state != state or found.erased_at is not None:
        raise ContinuityError(f"La feuille {found} n'attend plus cela. Rien n'a été changé.")
    return found


@act("rekeying.enter", "saisie d'une feuille", right=_ACT)
def _record(sheet: RekeyedForm, by: Person, turn: str, read: Sheet, reason: str = "") -> Recorded[FormEntry]:
    entry: FormEntry = FormEntry.objects.create(
        territory=sheet.territory, form=sheet, turn=turn, answers=read.to_json(), reason=reason, by=by
    )
    return Recorded(entry, {"turn": turn}, f"sheet:{sheet.pk}")


def _move(sheet: RekeyedForm, state: str, read: Sheet | None) -> None:
    sheet.state, sheet.answers = state, read.to_json() if read is not None else None
    sheet.save(update_fields=["state", "answers"])
