"""The continuity of a territory that leaves, as open files: one JSON file a subject, people by their name.

In: a territory and a folder. Out: the files. Secrets of destinations and keys stay: elsewhere, a person gives new ones.
"""

from pathlib import Path
from typing import Final

from django.db.models import Model

from beffroi.web.continuity.models import (
    KitBuild,
    KitCopy,
    KitList,
    KitListContent,
    KitOpening,
    KitPhrase,
    SheetApproval,
    SheetTrial,
)
from beffroi.web.platform.models import Territory

from .carrying_ai import Subjects, Tie, write_subjects

LEFT_BEHIND: Final[dict[type[Model], str]] = {
    KitListContent: "read again from the datasets that leave too",
    KitPhrase: "a secret: another one is made there",
}
"""What stays, and why."""

_SHEET: Final[Tie] = lambda row: str(row.entry)  # noqa: E731
_AUTHOR: Final[Tie] = lambda row: row.by.name if row.by is not None else None  # noqa: E731
_KIT: Final[Tie] = lambda row: row.build.code  # noqa: E731

SUBJECTS: Final[Subjects] = {
    "fiches-mode-degrade.json": {
        "approbations": (SheetApproval, {"entry": _SHEET, "by": _AUTHOR}),
        "essais": (SheetTrial, {"entry": _SHEET, "by": _AUTHOR}),
    },
    "kit-hors-ligne.json": {
        "listes": (
            KitList,
            {
                "entry": _SHEET,
                "recipe": lambda row: row.recipe.slug if row.recipe is not None else None,
                "dataset": lambda row: row.dataset.slug if row.dataset is not None else None,
                "processing": lambda row: row.processing.key if row.processing is not None else None,
                "added_by": lambda row: row.added_by.name,
            },
        ),
        "fabrications": (KitBuild, {"by": _AUTHOR}),
        "copies": (KitCopy, {"build": _KIT, "by": _AUTHOR}),
        "ouvertures": (KitOpening, {"build": _KIT, "by": _AUTHOR}),
    },
}


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)
