"""Grant files for notebooks: the same rights and purpose as any read, valid some hours, one ledger line.

In: a person, a dataset, a purpose, columns and hours. Out: the text of a signed file that `beffroi.open_lake` reads.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from beffroi.lake import grant_files
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person

from ..errors import CatalogueError
from ..grants import grant, protected_columns
from ..models import Dataset, Processing, Snapshot

HOURS: Final = 8
MOST_HOURS: Final = 24


def issue_grant(
    person: Person,
    dataset: Dataset,
    processing: Processing | None,
    *,
    columns: Sequence[str] | None = None,
    hours: int = HOURS,
    snapshot: Snapshot | None = None,
    by: Person | None,
) -> str:
    """The text of the file, on `snapshot` (None: in force). `by` is the person, or None for the host's own command. Raises NotGranted, CatalogueError."""
    if not 1 <= hours <= MOST_HOURS:
        raise CatalogueError(
            f"Un accès pour un carnet dure de 1 à {MOST_HOURS} heures. Choisissez une durée."
        )
    snapshot = snapshot or dataset.current
    opened = grant(person, dataset, processing, snapshot=snapshot, columns=columns, way="notebook")
    opened = replace(opened, expires=timezone.now() + timedelta(hours=hours))
    hidden = {name for name, _ in opened.masks}
    people = protected_columns(dataset, snapshot) if snapshot else frozenset()
    ledger.append(
        dataset.territory,
        "grant.issue",
        by,
        f"dataset:{dataset.pk}",
        {
            "person": person.pk,
            "snapshot": snapshot.number if snapshot else None,
            "columns": list(opened.columns),
            "personal": sorted(set(opened.columns) & people - hidden),
            "processing": processing.key if processing else None,
            "expires": opened.expires.isoformat(),
        },
    )
    return grant_files.sign_grant(opened, settings.HOME.path)


def file_name(dataset: Dataset) -> str:
    return f"{dataset.slug}.acces.json"
