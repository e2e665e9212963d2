"""The continuity of a territory that leaves, as open files: one JSON file a subject, people by their name.

In: a territory and a folder. Out: the files. Secrets of destinations and keys stay: elsewhere, a person gives new ones.
"""

from pathlib import Path
from typing import Final

from django.db.models import Model

from beffroi.web.continuity.models import BillingStatement, ExerciseEvent, OutageValidation, PlanEdition
from beffroi.web.platform.models import Territory

from .carrying_ai import Subjects, write_subjects

LEFT_BEHIND: Final[dict[type[Model], str]] = {}
"""What stays, and why."""

SUBJECTS: Final[Subjects] = {
    # --- billing
    "facturation.json": {
        "etats": (
            BillingStatement,
            {
                "by": lambda b: b.by.name,
                "checked_by": lambda b: b.checked_by.name if b.checked_by else None,
                "inputs": lambda b: b.read(),
            },
        ),
    },
    # --- exercises
    "exercices.json": {"actes": (ExerciseEvent, {"run": lambda e: e.run_id, "by": lambda e: e.by.name})},
    "continuite-services.json": {
        "arrets-valides": (OutageValidation, {
            "entry": lambda v: v.entry_id, "response": lambda v: v.response_id, "by": lambda v: v.by.name,
        }),
    },
    "continuite-plans.json": {
        "editions": (PlanEdition, {"number": lambda e: e.number, "by": lambda e: e.by.name}),
    },
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)
