"""The resumption list of civil status: what the follow-up sheets say, checked, to type into the town's own software.

In: a territory. Out: lines of numbers and days, and findings. It holds no name, and it is no register.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.models import Territory

from ..models import RekeyedForm
from ..paper_forms.numbers import CounterSheets, sheets_by_counter
from .civil_status import REGISTERS, ActLine, Finding, RegisterStart, Series, check_series

FOLLOW_UP: Final = "form_civil_followup"
STARTS: Final = "civil_registers"
EVERYWHERE: Final = "TOUS"
HEADING: Final = ("Registre", "Année", "Numéro de l'acte", "Date de l'acte", "Guichet", "Feuille de suivi", "Deux exemplaires", "À vérifier")  # fmt: skip


@dataclass(frozen=True)
class Resumption:
    """Lines in the order of the registers; the registers before the paper; what is wrong; sheets by counter; sheets not settled."""

    lines: tuple[ActLine, ...]
    starts: tuple[RegisterStart, ...]
    findings: tuple[Finding, ...]
    counters: tuple[CounterSheets, ...]
    pending: int

    @property
    def missing(self) -> list[str]:
        return [str(number) for counter in self.counters for number in counter.missing]

    @property
    def is_clean(self) -> bool:
        return not (self.findings or self.missing or self.pending)

    def rows(self) -> list[list[Any]]:
        """The list as a table."""
        notes: dict[str, list[str]] = {}
        for finding in self.findings:
            for sheet in finding.sheets:
                notes.setdefault(sheet, []).append(finding.message)
        return [
            [
                REGISTERS.get(line.register, line.register),
                line.act_on.year,
                line.act_number,
                line.act_on,
                line.counter,
                line.sheet,
                "oui" if line.both else "non",
                " ".join(notes.get(line.sheet, [])),
            ]
            for line in self.lines
        ]


def resumption(territory: Territory, *, is_exercise: bool = False) -> Resumption:
    rows = RekeyedForm.objects.of(territory).filter(
        batch__form=FOLLOW_UP, batch__is_exercise=is_exercise, erased_at=None
    )
    lines = [
        _line(row)
        for row in rows.filter(state=RekeyedForm.State.DONE).select_related("batch")
        if row.answers is not None
    ]
    lines.sort(key=lambda line: (line.register, line.act_on.year, line.act_number, line.sheet))
    before = starts(territory)
    return Resumption(
        tuple(lines),
        tuple(before),
        tuple(check_series(lines, before)),
        tuple(each for each in sheets_by_counter(territory, FOLLOW_UP) if each.is_exercise == is_exercise),
        rows.exclude(state=RekeyedForm.State.DONE).count(),
    )


def _line(row: RekeyedForm) -> ActLine:
    values: Mapping[str, Any] = (row.answers or {})["values"]
    return ActLine(
        sheet=row.number,
        counter=row.batch.counter,
        register=values["register"],
        act_number=int(values["act_number"]),
        act_on=date.fromisoformat(values["act_on"]),
        both=values.get("both") != "no",
    )


def starts(territory: Territory) -> list[RegisterStart]:
    """The registers as they stood before the paper."""
    return [_start(entry.values) for entry in entries_of(territory, guide(Register, STARTS))]


def _start(values: Mapping[str, Any]) -> RegisterStart:
    counter = values["counter"].strip().upper()
    explained: dict[int, str] = {}
    for line in values.get("explained", ()):
        number, _, reason = line.partition("|")
        if number.strip().isdecimal():
            explained[int(number)] = reason.strip()
    last_on = values.get("last_on")
    return RegisterStart(
        Series(values["register"], int(values["year"]), "" if counter == EVERYWHERE else counter),
        int(values["last_number"]),
        date.fromisoformat(last_on) if last_on else None,
        explained,
    )
