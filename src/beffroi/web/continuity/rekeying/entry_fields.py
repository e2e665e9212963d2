"""The fields of a sheet to type: one plain input a question, as on the paper, and what the keyboard does after each.

In: a form, values and faults. Out: fields for the template; and back, what was posted as a `Sheet`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import QueryDict

from beffroi.guides.questionnaire import Fault
from beffroi.guides.questions import CHOSEN, EXACT, Question
from beffroi.text import format_number

from ..paper_forms.definitions import PaperForm
from .typed_sheets import Sheet

_DATE_DIGITS: Final = 8


@dataclass(frozen=True)
class EntryField:
    """One input. `length`: signs after which the next one takes the keyboard, 0 for Enter; `needs`: « code=0000 »."""

    name: str
    label: str
    value: str
    help: str = ""
    errors: tuple[str, ...] = ()
    length: int = 0
    max_length: int = 0
    is_text: bool = False
    is_numeric: bool = False
    is_required: bool = True
    is_carried: bool = False
    needs: str = ""
    options: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"id_{self.name}"


@dataclass(frozen=True)
class EntryRow:
    rank: int
    fields: tuple[EntryField, ...]


@dataclass(frozen=True)
class EntryPage:
    """Every input of a sheet, in the order of the paper."""

    fields: tuple[EntryField, ...]
    rows: tuple[EntryRow, ...]
    columns: tuple[Question, ...]


def entry_page(
    form: PaperForm, sheet: Sheet, faults: Iterable[Fault] = (), carried: Iterable[str] = ()
) -> EntryPage:
    """The inputs with these values; `carried`: the questions whose answer comes from the sheet before, one in fault is typed."""
    wrong: dict[str, list[str]] = {}
    for fault in faults:
        wrong.setdefault(fault.question, []).append(fault.message)
    stays = set(carried)
    fields = tuple(
        _field(each, "v_", sheet.values.get(each.key), wrong.get(each.key, ()), carried=each.key in stays)
        for each in form.questions
    )
    rows = tuple(
        EntryRow(
            at,
            tuple(
                _field(
                    each,
                    f"r{at}_",
                    sheet.rows[at - 1].get(each.key) if at <= len(sheet.rows) else None,
                    wrong.get(f"{at}.{each.key}", ()),
                )
                for each in form.row_fields
            ),
        )
        for at in range(1, form.max_rows + 1)
    )
    return EntryPage(fields, rows, form.row_fields)


def _field(
    question: Question, prefix: str, value: Any, errors: Iterable[str], *, carried: bool = False
) -> EntryField:
    options = tuple(each.label for each in question.options) if question.kind in CHOSEN else ()
    messages = tuple(errors)
    return EntryField(
        name=f"{prefix}{question.key}",
        label=question.label,
        value=_displayed(question, value),
        help=question.help,
        errors=messages,
        length=_length(question),
        max_length=question.max_length or 0,
        is_text=question.kind in ("text", "lines"),
        is_numeric=question.kind in ("number", "date", *CHOSEN),
        is_required=question.required,
        is_carried=carried and not messages and value not in (None, ""),
        needs=_needs(question),
        options=options,
    )


def _length(question: Question) -> int:
    """How many signs a whole answer has, where that is known: the next input then takes the keyboard by itself."""
    match question.kind:
        case "date":
            return _DATE_DIGITS
        case "choice" | "yes_no":
            return 1 if len(question.options) <= 9 else 0
        case "number" if question.whole and question.maximum:
            return len(str(int(question.maximum)))
        case "line" if question.max_length and question.min_length == question.max_length:
            return question.max_length
        case _:
            return 0


def _needs(question: Question) -> str:
    """The one answer on which it depends, where it is as simple as that."""
    if len(question.when) == 1 and question.when[0].question and isinstance(question.when[0].equals, str):
        return f"{question.when[0].question}={question.when[0].equals}"
    return ""


def _displayed(question: Question, value: Any) -> str:
    """An answer as it is typed: a day as eight digits, a choice by its rank; what could not be read, as it was typed."""
    if value in (None, ""):
        return ""
    if question.kind in CHOSEN:
        keys = [each.key for each in question.options]
        return str(keys.index(value) + 1) if value in keys else str(value)
    if question.kind == "date":
        try:
            return f"{date.fromisoformat(str(value)):%d%m%Y}"
        except ValueError:
            return str(value)
    if question.kind == "number" and isinstance(value, int | float):
        return format_number(value, EXACT)
    return "\n".join(value) if isinstance(value, list) else str(value)


def posted_sheet(form: PaperForm, data: QueryDict | Mapping[str, Any]) -> Sheet:
    """What was typed, as it was typed. Rows after the last one that has something are left out."""
    values = {each.key: data.get(f"v_{each.key}", "") for each in form.questions}
    rows = [
        {each.key: data.get(f"r{at}_{each.key}", "") for each in form.row_fields}
        for at in range(1, form.max_rows + 1)
    ]
    while rows and not any(str(value).strip() for value in rows[-1].values()):
        rows.pop()
    return Sheet(values, rows)
