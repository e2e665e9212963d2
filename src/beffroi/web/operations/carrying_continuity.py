"""The continuity of a territory that leaves, as open files: one JSON file a subject, people by their name.

In: a territory and a folder. Out: the files. Secrets of destinations and keys stay: elsewhere, a person gives new ones.
"""

from pathlib import Path
from typing import Any, Final

from django.db.models import Model

from beffroi.web.continuity.models import (
    FormEntry,
    NumberEnd,
    NumberRange,
    RefusedEntry,
    RekeyedForm,
    RekeyingBatch,
    ScannedPage,
)
from beffroi.web.platform.models import Territory

from .carrying_ai import Subjects, write_subjects

LEFT_BEHIND: Final[dict[type[Model], str]] = {
    RefusedEntry: "drafts of sheets that were refused: the paper has them",
    ScannedPage: "pictures of paper that stays with the town",
}
"""What stays, and why."""


def _by(row: Any) -> str | None:
    return row.by.name if row.by is not None else None


def _number(row: Any) -> str:
    return f"{row.range.mark}-{row.range.counter}-{row.rank:04}"


SUBJECTS: Final[Subjects] = {
    "formulaires.json": {
        "numeros": (NumberRange, {"allotted_by": lambda r: r.allotted_by.name if r.allotted_by else None}),
        "fins": (NumberEnd, {"number": _number, "by": _by}),
    },
    "ressaisie.json": {
        "lots": (RekeyingBatch, {
            "batch": lambda b: b.pk, "edition": lambda b: b.edition.edition, "opened_by": lambda b: b.opened_by.name,
            "closed_by": lambda b: b.closed_by.name if b.closed_by else None,
            "erased_by": lambda b: b.erased_by.name if b.erased_by else None,
        }),
        "feuilles": (RekeyedForm, {"batch": lambda f: f.batch_id}),
        "saisies": (FormEntry, {"form": lambda e: e.form.number, "by": _by}),
    },
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)
