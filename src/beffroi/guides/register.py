"""Registers: typed entries with a key, what expires in them and when, their import and export.

In: a register, rows of text of a form or a file, the entries of before, a day. Out: entries as plain JSON, faults with their
row, what expires. Reading spreadsheets and writing them is the business of who calls.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Self

from pydantic import Field

from beffroi.text import fold_name

from .conditions import Answers, Condition, conditions_of, unknown_questions
from .model import ID, KEY, Data, Guide, doubled, unknown
from .questionnaire import AnswersError, Check, Fault, read_visible
from .questions import Question, late_conditions


class RegisterField(Question):
    """One field of an entry. `synonyms`: headings under which a file may have it; `personal`: it names a person.

    `moved_to`: the register that answers now for what it says: no form asks it any more, what was answered stays.
    """

    synonyms: tuple[str, ...] = ()
    personal: bool = False
    moved_to: str = Field(default="", pattern=rf"^$|{ID}")


class Expiry(Data):
    """Something that expires: on the day of `field`, or so many days after it. `warn_days`: told so long before.

    `hides`: once expired, the list leaves the entry out.
    """

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    field: str
    after_days: int = Field(default=0, ge=0)
    warn_days: int = Field(default=30, ge=0)
    hides: bool = False

    def day_of(self, entry: Answers) -> date | None:
        """The day when it expires; None where the entry does not say."""
        value = entry.get(self.field)
        return date.fromisoformat(value) + timedelta(self.after_days) if value else None


class Register(Guide):
    """`entry`, `entries`: what one is called, and several. `identity`: the fields that name an entry; `rows`: to begin with.

    `sorted_by`: the field by which a table lists them.
    """

    entry: str = Field(min_length=2)
    entries: str = Field(min_length=2)
    fields: tuple[RegisterField, ...] = Field(min_length=1)
    identity: tuple[str, ...] = Field(min_length=1)
    sorted_by: str = ""
    expiries: tuple[Expiry, ...] = ()
    checks: tuple[Check, ...] = ()
    rows: tuple[dict[str, str | float | tuple[str, ...]], ...] = ()

    def conditions(self) -> list[tuple[str, Condition]]:
        return conditions_of(self.fields, self.checks)

    def reference_faults(self) -> list[str]:
        kinds = {each.key: each.kind for each in self.fields}
        named = [("identity", key) for key in self.identity] + [("sorted_by", self.sorted_by)]
        named += [(each.key, each.field) for each in self.expiries]
        named += [("rows", key) for row in self.rows for key in row]
        return [
            *doubled({"champs": self.fields, "échéances": self.expiries}),
            *unknown((where, "le champ", key, kinds) for where, key in named),
            *(f"l'échéance « {each.key} » porte sur « {each.field} », qui n'est pas une date"
              for each in self.expiries if kinds.get(each.field, "date") != "date"),
            *unknown_questions("le champ", self.conditions(), kinds),
            *late_conditions(self.fields),
        ]  # fmt: skip

    @property
    def active_fields(self) -> tuple[RegisterField, ...]:
        """The fields that a form asks for."""
        return tuple(each for each in self.fields if not each.moved_to)

    def for_outside(self) -> Self:
        """Without the fields that name a person or are the authority's own to say."""
        fields = tuple(each for each in self.active_fields if not (each.personal or each.internal))
        keys = {each.key for each in fields}
        named = [(check, {key for one in check.when for key in one.questions()}) for check in self.checks]
        checks = tuple(check for check, those in named if those <= keys)
        return self.model_copy(update={"fields": fields, "checks": checks})

    def is_hidden(self, entry: Answers, today: date) -> bool:
        """Whether the list leaves this entry out: something of it that must be fresh has expired."""
        days = (each.day_of(entry) for each in self.expiries if each.hides)
        return any(day is not None and day < today for day in days)

    def field_of(self, title: str) -> str:
        """The key of the field that this heading of a table names, by key, label or synonym; "" for none."""
        wanted = fold_name(title)
        named = (f.key for f in self.fields if wanted in map(fold_name, (f.key, f.label, *f.synonyms)))
        return next(named, "") if wanted else ""

    def label_of(self, entry: Answers) -> str:
        """What names an entry, as people wrote it."""
        named = [each for each in self.fields if each.key in self.identity and each.key in entry]
        return ", ".join(each.format(entry[each.key]) for each in named)

    def identity_of(self, entry: Answers) -> tuple[str, ...]:
        """What names an entry: folded, so that « Mairie » and « mairie » are one."""
        return tuple(fold_name(str(entry.get(key, ""))) for key in self.identity)


def read_entry(register: Register, values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """One entry as plain JSON, what is no field left out. Raises AnswersError with every fault."""
    needed = [one for one in register.fields if one.required or one.key in register.identity]
    missing = {one.key: f"Il manque « {one.label} »." for one in needed}
    known = {one.key: values[one.key] for one in register.fields if one.key in values}
    return read_visible(register.fields, register.checks, known, today, missing)


@dataclass(frozen=True)
class TableRead:
    """What a table holds: its entries; faults by line; columns that no field takes."""

    entries: list[dict[str, Any]]
    faults: list[tuple[int, Fault]]
    unknown_columns: list[str] = field(default_factory=list)


def read_table(
    register: Register, heading: Sequence[str], rows: Iterable[Sequence[Any]], today: date, lines: Iterable[int] = range(1, 2**40)
) -> TableRead:  # fmt: skip
    """The entries of a table of texts; `lines`: of its rows, where faults are said. A row that cannot be read stops no other."""
    places = {name: at for at, title in enumerate(heading) if (name := register.field_of(title))}
    needed = [each for each in register.fields if each.key in register.identity and each.key not in places]
    if needed:
        labels = ", ".join(f"« {each.label} »" for each in needed)
        message = f"Il manque la colonne {labels}. Ajoutez-la, puis recommencez."
        raise AnswersError([Fault(needed[0].key, message)])
    fields = {each.key: each for each in register.fields}
    entries: list[dict[str, Any]] = []
    faults: list[tuple[int, Fault]] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, row in zip(lines, rows, strict=False):
        values = {name: fields[name].from_cell(row[at]) for name, at in places.items() if at < len(row)}
        if not any(values.values()):
            continue
        try:
            entry = read_entry(register, values, today)
        except AnswersError as error:
            faults += [(number, fault) for fault in error.faults]
            continue
        if (first := seen.setdefault(register.identity_of(entry), number)) == number:
            entries.append(entry)
        else:
            faults.append((number, Fault("", f"Cette ligne répète la ligne {first}.")))
    unknown = [title for title in heading if title.strip() and not register.field_of(title)]
    return TableRead(entries, faults, unknown)


@dataclass(frozen=True)
class Expiring:
    """An entry of which something expires on `day`; `days`: from today, negative once it is past."""

    entry: Mapping[str, Any]
    expiry: Expiry
    day: date
    days: int


def expiring(register: Register, entries: Iterable[Answers], today: date) -> list[Expiring]:
    """What expires within its warning, or has expired, the oldest first."""
    dated = ((entry, expiry, expiry.day_of(entry)) for entry in entries for expiry in register.expiries)
    every = [Expiring(entry, expiry, day, (day - today).days) for entry, expiry, day in dated if day]
    return sorted((each for each in every if each.days <= each.expiry.warn_days), key=lambda each: each.day)


def to_rows(register: Register, entries: Iterable[Answers]) -> list[list[str]]:
    """The entries as a table of texts that `read_table` reads back, the heading first; without a rank, an entry is last."""
    rows = [[each.label for each in register.fields]]
    rank = register.sorted_by
    for entry in sorted(entries, key=lambda each: (rank not in each, each.get(rank, ""))):
        rows.append([each.to_cell(entry[each.key]) if each.key in entry else "" for each in register.fields])
    return rows
