"""The tables of a billing statement: which guide says the columns of each, and how an uploaded table is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Register
from beffroi.guides.register import read_table
from beffroi.web.guides.library import guide
from beffroi.web.guides.tables import Table

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
    found = read_table(schema, table.heading, table.rows, timezone.localdate(), table.lines)
    faults = [(line, fault.message) for line, fault in found.faults]
    return ReadTable(list(found.entries), sorted(faults + table.refused), found.unknown_columns)
