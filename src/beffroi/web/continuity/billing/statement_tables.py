"""The tables of a billing statement: which guide says the columns of each, and how an uploaded table is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Register
from beffroi.guides.register import read_table
from beffroi.web.guides.library import guide
from beffroi.web.guides.tables import Table, sheet_name
from beffroi.web.ui import workbooks

from .payer_bills import Entry, Service

SERVICES: Final[Mapping[Service, str]] = {
    "water": "Eau",
    "canteen": "Cantine",
    "after_school": "Accueil périscolaire",
}
PARTS: Final = ("rates", "subscribers", "quantities")
_GUIDES: Final[Mapping[Service, tuple[str, str, str]]] = {
    "water": ("billing_water_rates", "billing_water_subscribers", "billing_water_readings"),
    "canteen": ("billing_canteen_rates", "billing_families", "billing_canteen_presence"),
    "after_school": ("billing_after_school_rates", "billing_families", "billing_after_school_presence"),
}


EXAMPLE: Final = "EXEMPLE, ligne jamais lue"
"""What the first cell of the example of a template says: a row that has it is left aside, wherever it stands."""
_EXAMPLES: Final[Mapping[str, Any]] = {
    "kind": "au m³", "from_m3": 0, "to_m3": 50, "price": 2.15, "vat": 5.5, "from_quotient": 0, "to_quotient": 500,
    "unbooked_price": 5, "unit_minutes": 30, "name": "Nom Prénom", "payer": "Nom Prénom", "address": "1 rue de la Mairie",
    "quotient": 420, "meter": "C2600001", "last_index": 1200, "last_read_on": date(2026, 1, 15), "index": 1250,
    "read_on": date(2026, 7, 15), "day": date(2026, 7, 1), "session": "soir", "minutes": 95, "meals": 1, "booked": "oui",
}  # fmt: skip


def schemas(service: Service) -> dict[str, Register]:
    """The columns of each table of a service, by part."""
    return {part: guide(Register, key) for part, key in zip(PARTS, _GUIDES[service], strict=True)}


@dataclass(frozen=True)
class ReadTable:
    """What was read: `entries`; `refused`: lines set aside, each with its reason; `unknown`: columns not used.

    `sheets`: what is said of the sheets that it comes from (`RekeyedSheets.to_json`); None for a file.
    """

    entries: Sequence[Entry]
    refused: Sequence[tuple[int, str]] = ()
    unknown: Sequence[str] = ()
    sheets: Mapping[str, Any] | None = None


def read(schema: Register, table: Table) -> ReadTable:
    """The entries of a table. Raises AnswersError where a column without which nothing can be read is missing."""
    read_rows = [at for at, row in enumerate(table.rows) if EXAMPLE not in row]
    rows, lines = [table.rows[at] for at in read_rows], [table.lines[at] for at in read_rows]
    found = read_table(schema, table.heading, rows, timezone.localdate(), lines)
    faults = [(line, fault.message) for line, fault in found.faults]
    return ReadTable(list(found.entries), sorted(faults + table.refused), found.unknown_columns)


def template(schema: Register) -> bytes:
    """A workbook with the right headings and one row of example, which `read` leaves aside."""
    row = [EXAMPLE, *(_EXAMPLES.get(each.key) for each in schema.fields[1:])]
    headings = [each.label for each in schema.fields]
    return workbooks.write("xlsx", [workbooks.Sheet(sheet_name(schema.title), headings, [row])])
