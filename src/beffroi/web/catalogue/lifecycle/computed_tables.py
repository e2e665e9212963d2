"""Computed tables poured as the next delivery of a dataset, or the first of a new one, by the same protocol as a file.

In: a table as it was staged, who answers for it, and the name of the act. Out: the snapshot. The intent is written
down, the lake commits with the act's name, one transaction closes both: asked twice, it takes effect once.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction

from beffroi.hashing import file_sha256
from beffroi.lake import files
from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.lake.tables import LINE, Column, StagedTable
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import CatalogueError
from ..lake_access import one_writer, open_lake
from ..models import Dataset, Snapshot
from ..planning.table_profiles import VALUES, column_profile
from ..publication import authorisations
from .lake_commits import close_pour, close_undo, drop_intent, recover_interrupted, undo_in_lake
from .pouring import _new_dataset
from .undoing import intend_undo

FOLDER = "computed"


@dataclass(frozen=True)
class ComputedTable:
    """A table with its columns described, in order. `description`: what it is, in French, as a file's name would be."""

    table: pa.Table
    columns: tuple[Column, ...]
    description: str
    card: dict[str, Any] = field(default_factory=dict)
    """The fields of the card, as long as the dataset follows those that it comes from."""
    first_card: dict[str, Any] = field(default_factory=dict)
    """The fields of the card when the dataset is opened; its keeper corrects them then."""


def pour_computed(
    territory: Territory,
    person: Person,
    computed: ComputedTable,
    act: str,
    *,
    dataset: Dataset | None,
    title: str = "",
    personal: bool = False,
    intended: Callable[[Snapshot], None] = lambda _: None,
) -> Snapshot:
    """Replace the rows of `dataset` by the table; None opens a new one called `title`.

    `intended` is called inside the transaction of the intent: what it writes goes away with an act that is dropped.
    Raises CatalogueError, PermissionDenied.
    """
    require(person, "dataset.deposit", territory)
    with one_writer(territory):
        recover_interrupted(territory)
        done = Snapshot.objects.of(territory).filter(act=act).select_related("dataset__territory").first()
        if done is not None:
            return done
        with _staged(territory, computed) as staged:
            with transaction.atomic():
                snapshot = _create_intended_snapshot(
                    territory, person, computed, staged, act, dataset, title, personal
                )
                intended(snapshot)
            with open_lake(snapshot.dataset) as lake:
                try:
                    version = lake.write(
                        snapshot.dataset.table, staged, delivery=snapshot.number, act=act, mode="replace"
                    )
                except OutcomeUnknown as error:
                    # The intent stays: `recover_interrupted` will find whether the lake has it.
                    raise CatalogueError(str(error)) from error
                except LakeError as error:
                    drop_intent(snapshot)
                    raise CatalogueError(f"Le résultat n'a pas été gardé. {error}") from error
                close_pour(snapshot, lake, version)
    return snapshot


def undo_expired(dataset: Dataset) -> int:
    """Undo the deliveries of a computed dataset whose rows have expired; returns how many."""
    count = 0
    with one_writer(dataset.territory):
        recover_interrupted(dataset.territory)
        while (last := dataset.current) is not None and last.cut_at is not None:
            intend_undo(last)
            with open_lake(dataset) as lake:
                try:
                    undo_in_lake(last, lake)
                except LakeError:
                    # The state before is no longer kept either: nothing of the table stays.
                    lake.restore(dataset.table, None, act=f"undo:{last.act}")
            close_undo(last, None)
            count += 1
    return count


def _create_intended_snapshot(
    territory: Territory,
    person: Person,
    computed: ComputedTable,
    staged: StagedTable,
    act: str,
    dataset: Dataset | None,
    title: str,
    personal: bool,
) -> Snapshot:
    if dataset is None:
        dataset = _new_dataset(territory, title, personal)
        dataset.computed, dataset.owner = True, person
        for name, value in computed.first_card.items():
            setattr(dataset, name, value)
    if dataset.inherits:
        for name, value in computed.card.items():
            setattr(dataset, name, value)
    dataset.save()
    ordinary = dataset.sensitivity == Dataset.Sensitivity.ORDINARY
    if (dataset.protects and ordinary) or not dataset.licence:
        # What it comes from may no longer be read by all: neither may it.
        authorisations.close(dataset, None, "Les jeux dont il vient ne peuvent plus être publiés.")
    last = dataset.snapshots.order_by("-number").first()
    number = last.number + 1 if last else 1
    protected = dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    return Snapshot.objects.create(
        territory=territory,
        dataset=dataset,
        delivery=None,
        number=number,
        act=act,
        mode="replace",
        file=computed.description[:400],
        file_sha256=staged.file_sha256,
        rows_read=staged.rows_read,
        rows_stored=staged.rows_kept,
        columns=[column.to_dict() for column in staged.columns],
        profile=_profile(computed, examples=not protected),
        lake_delivery=number,
        by=person,
    )


@contextmanager
def _staged(territory: Territory, computed: ComputedTable) -> Iterator[StagedTable]:
    """The table as a file, which goes away at the end. The caller is the one writer of the territory."""
    # Beside the staging folder: what is in it is swept when no delivery needs it.
    folder = settings.HOME.territory(territory.slug) / FOLDER
    # Whatever a stop left there is nobody's: writers follow each other.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        file, rows = folder / "table.parquet", computed.table.num_rows
        table = computed.table.rename_columns([column.name for column in computed.columns])
        try:
            pq.write_table(table.append_column(LINE, pa.array(range(1, rows + 1), pa.int64())), file)
        except OSError as error:
            raise CatalogueError(str(files.explain(error))) from error
        digest = file_sha256(file)
        yield StagedTable(
            name=computed.description,
            origin=computed.description,
            file_sha256=digest,
            columns=computed.columns,
            rows_read=rows,
            rows_kept=rows,
            rows_quarantined=0,
            parquet=file,
            quarantine=file,
            guesses=(),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _profile(computed: ComputedTable, *, examples: bool) -> dict[str, Any]:
    profile = {}
    for column, values in zip(computed.columns, computed.table.columns, strict=True):
        samples: list[str] = []
        if examples and not column.personal:
            first = values.slice(0, 100).drop_null().unique().slice(0, VALUES).to_pylist()
            samples = [str(value).lower() if isinstance(value, bool) else str(value) for value in first]
        profile[column.name] = column_profile(column, values.null_count, samples)
    return profile
