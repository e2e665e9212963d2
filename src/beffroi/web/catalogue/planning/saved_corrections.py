"""Saved corrections: found for a table just read, saved when its rows are poured, removed by a person.

In: a planned table, a snapshot being closed, a person. Out: the row that fits, or its change with a ledger line.
"""

import shutil
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.tables import Guess, StagedTable
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..models import SavedCorrections, Snapshot
from . import matching
from .table_plans import AppliedCorrections, TablePlan


def find_corrections(territory: Territory, plan: TablePlan) -> SavedCorrections | None:
    """The corrections saved for the earlier files of the dataset that this table seems to join.

    A file read wrong may look like no dataset: its name is then enough to try what was said of files called so.
    """
    pattern = matching.stem(plan.staged.origin)
    names = {column.name for column in plan.staged.columns}
    best: tuple[tuple[bool, bool, float], SavedCorrections] | None = None
    for row in SavedCorrections.objects.of(territory).select_related("dataset", "snapshot"):
        joins = row.dataset.slug in (plan.match.dataset, plan.prefer)
        alike = matching.column_similarity(names, (column["name"] for column in row.columns))
        if not joins and row.pattern != pattern:
            continue
        rank = (joins, row.pattern == pattern, alike)
        if best is None or rank > best[0]:
            best = rank, row
    return best[1] if best else None


def applicable(corrections: Corrections, table: StagedTable) -> Corrections:
    """The corrections, without the encoding when the bytes of this file leave no doubt about theirs."""
    sure = next((guess for guess in table.guesses if guess.about == "encoding" and guess.certain), None)
    return replace(corrections, encoding=None) if corrections.encoding and sure else corrections


def choose_reading(
    plain: TablePlan, corrected: TablePlan, row: SavedCorrections, *, tidy: bool = True
) -> TablePlan:
    """Of the two readings of a table, the one as it was said, if it joins the dataset of which that was said.

    The other's rows go away (`tidy`). A table that joins that dataset without what was said bears a note.
    """
    if corrected.match.dataset != row.dataset.slug:
        shutil.rmtree(corrected.staged.parquet.parent, ignore_errors=True)
        if plain.match.dataset != row.dataset.slug:
            return plain
        return note_unapplied(plain, row, "Lu ainsi, ce fichier ne ressemble plus à ce jeu.")
    if tidy:
        shutil.rmtree(plain.staged.parquet.parent, ignore_errors=True)
    number = row.snapshot.number if row.snapshot else None
    applied = AppliedCorrections(row.pk, row.dataset.title, number, timezone.localdate(row.at).isoformat())
    labels = {column["name"]: column["label"] for column in row.columns}
    notes = tuple(
        f"« {labels.get(guess.column, guess.column) if guess.column else guess.value} » : {guess.why}"
        for guess in corrected.staged.guesses
        if guess.about == "unfit"
    )
    return replace(corrected, applied=applied, notes=notes)


def note_unapplied(plan: TablePlan, row: SavedCorrections, reason: str) -> TablePlan:
    """The reading without what was kept, which this file does not allow: said on the page and in the delivery."""
    note = (
        f"Les corrections gardées pour « {row.dataset.title} » n'ont pas pu être appliquées. {reason}".strip()
    )
    guess = Guess("Correction sans objet", f"fichiers « {row.pattern} »", note, False, about="unfit")
    staged = replace(plan.staged, guesses=(*plan.staged.guesses, guess))
    return replace(plan, staged=staged, notes=(note,))


def save_corrections(snapshot: Snapshot) -> None:
    """Save the corrections of the rows just poured for the next file. The caller opens the transaction."""
    if not snapshot.corrections or (snapshot.delivery and snapshot.delivery.noted):
        return  # a row noted on a page teaches nothing of the files to come
    pattern = matching.stem(snapshot.file)[:400]
    current = SavedCorrections.objects.filter(dataset=snapshot.dataset, pattern=pattern).first()
    if current is not None and current.corrections == snapshot.corrections:
        return
    SavedCorrections.objects.update_or_create(
        dataset=snapshot.dataset,
        pattern=pattern,
        defaults={
            "territory": snapshot.territory,
            "columns": [{"name": c["name"], "label": c["label"]} for c in snapshot.columns],
            "corrections": snapshot.corrections,
            "snapshot": snapshot,
            "by": snapshot.by,
            "at": snapshot.at,
        },
    )


def forget_corrections(saved: SavedCorrections, person: Person) -> None:
    """The next files are read without it; what was poured stays as it is."""
    require(person, "dataset.deposit", saved.dataset)
    with transaction.atomic():
        kinds = Corrections.from_dict(saved.corrections).kinds
        ledger.append(
            saved.territory,
            "dataset.uncorrect",
            person,
            f"dataset:{saved.dataset_id}",
            {"corrections": saved.pk, "kinds": kinds},
        )
        saved.delete()
