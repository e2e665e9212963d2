"""What was typed of a sheet, read with the form's own questions: dates of eight digits, choices by their rank on the paper.

Some keys mean the same in every form: « day » is the day of the sheet, « …_on » a day that has come, « hour » four digits,
« row_count » how many rows are filled in. Pure: same form, values and day, same answers.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from beffroi.guides.questionnaire import AnswersError, Fault, read_visible
from beffroi.guides.questions import CHOSEN, Question
from beffroi.guides.register import Register, read_entry
from beffroi.text import fold_name
from beffroi.web.ui.formats import french_date

from ..paper_forms.definitions import ROW_COUNT, PaperForm

OUTSIDE_LIST: Final = "0000"
"""The code of someone who is not on the list: several rows may have it."""
_EIGHT: Final = re.compile(r"(\d\d)[ /.-]?(\d\d)[ /.-]?(\d{4})")
_HOUR: Final = re.compile(r"([01]\d|2[0-3])[0-5]\d")


@dataclass(frozen=True)
class Sheet:
    """Values of a sheet by question, and of each of its rows: typed, or read."""

    values: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]] = ()

    def to_json(self) -> dict[str, Any]:
        return {"values": dict(self.values), "rows": [dict(row) for row in self.rows]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Sheet":
        return cls(content.get("values", {}), content.get("rows", []))


class SheetError(ValueError):
    """Values that cannot be stored: every fault, its place « day » or « 3.code » (third row)."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = faults


def expand(question: Question, typed: Any) -> Any:
    """What a person meant: « 29112026 » is a day, « 2 » the second choice of the paper, « o » is yes."""
    text = str(typed).strip() if typed is not None else ""
    if question.kind == "date" and (found := _EIGHT.fullmatch(text)):
        return "/".join(found.groups())
    if question.kind in CHOSEN:
        keys = [each.key for each in question.options]
        if text in keys:
            return text
        if text.isdecimal() and 1 <= int(text) <= len(keys):
            return keys[int(text) - 1]
        named = [
            each.key
            for each in question.options
            if text and fold_name(each.label).startswith(fold_name(text))
        ]
        return named[0] if len(named) == 1 else text
    return typed


def read_sheet(form: PaperForm, typed: Sheet, today: date, sheet_day: date | None = None) -> Sheet:
    """The answers of a sheet. `sheet_day`: the day that its batch is of. Raises SheetError with every fault."""
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    expanded = {each.key: expand(each, typed.values.get(each.key)) for each in form.questions}
    missing = {each.key: f"Il manque « {each.label} »." for each in form.questions if each.required}
    try:
        values = read_visible(form.questions, form.questionnaire.checks, expanded, today, missing)
    except AnswersError as error:
        faults += error.faults
    faults += _impossible_days(form.questions, values, today)
    if sheet_day is not None and (own := values.get("day")) and own != sheet_day.isoformat():
        faults.append(
            Fault("day", f"Cette feuille est d'un autre jour que le lot ({french_date(sheet_day)}).")
        )
    rows: list[dict[str, Any]] = []
    if form.rows is not None:
        count = values.get(ROW_COUNT)
        rows, wrong = _read_rows(form.rows, typed.rows, int(count) if count is not None else None, today)
        faults += wrong
    if faults:
        raise SheetError(faults)
    return Sheet(values, rows)


def _read_rows(
    register: Register, typed: Sequence[Mapping[str, Any]], count: int | None, today: date
) -> tuple[list[dict[str, Any]], list[Fault]]:
    filled = [
        (at, row) for at, row in enumerate(typed, start=1) if any(str(v or "").strip() for v in row.values())
    ]
    faults, rows = [], []
    if count is not None and len(filled) != count:
        s = "s" if count > 1 else ""
        faults.append(
            Fault(
                ROW_COUNT,
                f"{count} ligne{s} annoncée{s} en tête, {len(filled)} tapée{'s' if len(filled) > 1 else ''}.",
            )
        )
    for at, row in filled:
        try:
            read = read_entry(register, {f.key: expand(f, row.get(f.key)) for f in register.fields}, today)
        except AnswersError as error:
            faults += [Fault(f"{at}.{f.question}", f"Ligne {at} : {f.message}") for f in error.faults]
            continue
        if (hour := read.get("hour")) and not _HOUR.fullmatch(hour):
            faults.append(Fault(f"{at}.hour", f"Ligne {at} : {hour} n'est pas une heure. Exemple : 0830."))
        rows.append(read)
    seen = Counter(register.identity_of(row) for row in rows if row.get("code") != OUTSIDE_LIST)
    faults += [
        Fault(ROW_COUNT, f"« {identity[0]} » est écrit {times} fois sur cette feuille.")
        for identity, times in seen.items()
        if times > 1 and "code" in register.identity
    ]
    return rows, faults


def _impossible_days(
    questions: Sequence[Question], values: Mapping[str, Any], today: date
) -> Iterator[Fault]:
    for each in questions:
        if each.kind != "date" or not (each.key == "day" or each.key.endswith("_on")):
            continue
        if (day := values.get(each.key)) and day > today.isoformat():
            yield Fault(each.key, f"« {each.label} » est un jour à venir.")


@dataclass(frozen=True)
class Difference:
    """One answer that two people typed otherwise. `place`: « day », or « 3.code » for the third row."""

    place: str
    label: str
    first: str
    second: str
    one: Any = field(repr=False, default=None)
    other: Any = field(repr=False, default=None)


def differences(form: PaperForm, first: Sheet, second: Sheet) -> list[Difference]:
    """Field by field, what two typings do not say alike."""
    found = [
        Difference(each.key, each.label, each.format(a), each.format(b), a, b)
        for each in form.questions
        if (a := first.values.get(each.key)) != (b := second.values.get(each.key))
    ]
    for at in range(max(len(first.rows), len(second.rows))):
        row = first.rows[at] if at < len(first.rows) else {}
        other = second.rows[at] if at < len(second.rows) else {}
        found += [
            Difference(
                f"{at + 1}.{each.key}", f"Ligne {at + 1}, {each.label}", each.format(a), each.format(b), a, b
            )
            for each in form.row_fields
            if (a := row.get(each.key)) != (b := other.get(each.key))
        ]
    return found


def settled(first: Sheet, chosen: Mapping[str, Any]) -> Sheet:
    """The first typing with the values that were chosen, by place; a row without any value left goes."""
    values, rows = dict(first.values), [dict(row) for row in first.rows]
    for place, value in chosen.items():
        at, _, key = place.rpartition(".")
        if not at:
            values[key] = value
            continue
        while len(rows) < int(at):
            rows.append({})
        rows[int(at) - 1][key] = value
    return Sheet(values, [row for row in rows if any(v not in (None, "") for v in row.values())])
