"""Writing a register out: the same entries as JSON and as CSV, in one of the forms.

A cell that a spreadsheet would run is written as words. An entry that the form would refuse is an error of ours: it stops.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from beffroi.web.platform.models import Territory
from beffroi.web.ui.spreadsheets import Writer

from . import fr, nl
from .facts import Facts, gather


@dataclass(frozen=True)
class Form:
    """One form: how an entry is filled, checked and laid out as a line."""

    key: str
    title: str
    entry: Callable[[Facts], dict[str, Any]]
    faults: Callable[[dict[str, Any]], list[str]]
    headings: Callable[[], list[str]]
    row: Callable[[dict[str, Any]], list[str]]
    separator: str

    def file_name(self, territory: Territory, kind: str) -> str:
        simulated = "-donnees-simulees" if territory.is_fictional else ""
        return f"registre-ia-{self.key}-{territory.slug}{simulated}.{kind}"


def _nl_row(filled: dict[str, Any]) -> list[str]:
    def cell(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)

    return [cell(filled.get(name, "")) for name in nl.headings()]


FORMS: dict[Literal["fr", "nl"], Form] = {
    "fr": Form(
        "fr", "Inventaire français des algorithmes publics", fr.entry, lambda _: [], fr.headings, fr.row, ";"
    ),
    "nl": Form("nl", "Registre néerlandais des algorithmes", nl.entry, nl.faults, nl.headings, _nl_row, ","),
}


def entries(territory: Territory, form: Form) -> list[dict[str, Any]]:
    """Every system shown in public, in this form. Raises ValueError for an entry that the form refuses."""
    filled = [form.entry(facts) for facts in gather(territory)]
    for one in filled:
        if found := form.faults(one):
            raise ValueError(f"{form.title}: {found}")
    return filled


def as_json(territory: Territory, form: Form) -> str:
    return json.dumps(entries(territory, form), ensure_ascii=False, indent=1) + "\n"


def as_csv(territory: Territory, form: Form) -> str:
    text = io.StringIO()
    text.write("\ufeff")
    writer = Writer(text, delimiter=form.separator)
    writer.writerow(form.headings())
    for filled in entries(territory, form):
        writer.writerow(form.row(filled))
    return text.getvalue()
