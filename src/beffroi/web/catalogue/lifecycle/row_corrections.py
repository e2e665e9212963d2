"""Corrections of one row: the cells that a person changed enter as a delivery that updates the dataset by its key.

In: a dataset, where the row is, its new values as ISO texts, the reason. Out: the snapshot. The values of before stay in the
versions of the lake. One row is changed and none added, or nothing is; asked twice, it takes effect once.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as parquet
from django.db import transaction

from beffroi.lake import files
from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.lake.readers import codes
from beffroi.lake.reference.kinds import check_digit_is_valid
from beffroi.lake.store import Lake
from beffroi.lake.tables import LINE, Column, StagedTable
from beffroi.lake.upserts import Effect
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import CatalogueError
from ..lake_access import one_writer, open_lake
from ..models import Dataset, Delivery, Processing, Snapshot
from ..row_cells import Cell, iso_text, to_file, to_table
from ..row_queries import RowPlace, row_at
from .file_storage import staging_folder
from .lake_commits import close_pour, drop_intent, recover_interrupted
from .receiving import cancel, store_file

FILE_NAME: Final = "Correction d'une ligne.parquet"
ONE_ROW: Final = Effect(changed=1, added=0, unchanged=0)
LA_POSTE: Final = "356000000"  # the SIREN whose many places are numbered another way


class RowChanged(CatalogueError):
    """The row is no longer where the person opened it: changed, removed or replaced since."""


def why_no_correction(dataset: Dataset) -> str:
    """Why no row of this dataset is corrected on a page, and what to do, in French; empty when rows may be."""
    if dataset.computed:
        return "Ce jeu est calculé : corrigez la ligne dans l'un des jeux dont il vient, il sera recalculé."
    if not dataset.key:
        return (
            "Beffroi ne sait pas encore quelles colonnes désignent une ligne de ce jeu. Déposez son prochain fichier en "
            "choisissant « mettre à jour par clé » : les lignes pourront ensuite être corrigées ici."
        )
    return ""


def correct_row(
    dataset: Dataset,
    person: Person,
    processing: Processing,
    place: RowPlace,
    values: Mapping[str, str | None],
    reason: str,
    act: str,
) -> Snapshot:
    """Change these cells of the row. `act`: named once, done once.

    Raises RowChanged, CatalogueError, PermissionDenied; then nothing is changed.
    """
    require(person, "dataset.deposit", dataset)
    if trouble := why_no_correction(dataset):
        raise CatalogueError(f"{trouble} Rien n'a changé.")
    if not (reason := " ".join(reason.split())):
        raise CatalogueError("Dites pourquoi vous corrigez cette ligne. Rien n'a changé.")
    with one_writer(dataset.territory):
        recover_interrupted(dataset.territory)
        done = dataset.snapshots.filter(act=act).first()
        if done is not None:
            return done
        current = dataset.snapshots.filter(state=Snapshot.State.DONE).order_by("-number").first()
        row = row_at(person, dataset, processing, place, current) if current else None
        if current is None or row is None:
            raise RowChanged("Cette ligne a changé depuis que vous l'avez ouverte. Rien n'a été corrigé.")
        cells = _checked_cells(dataset, current, row, values)
        delivery = store_file(dataset.territory, person, FILE_NAME, [to_file(cells)], noted=act)
        try:
            return _pour(delivery, dataset, current, person, cells, reason[:300], act)
        except OutcomeUnknown as error:
            raise CatalogueError(str(error)) from error  # the intent stays, to be finished or dropped
        except (CatalogueError, LakeError) as error:
            cancel(delivery, person)
            raise CatalogueError(f"La ligne n'a pas été corrigée. {error}") from error


def _pour(
    delivery: Delivery,
    dataset: Dataset,
    current: Snapshot,
    person: Person,
    cells: Sequence[Cell],
    reason: str,
    act: str,
) -> Snapshot:
    folder = staging_folder(delivery)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        staged = _staged(delivery, current, cells)
        with open_lake(dataset) as lake:
            _check_effect(lake.effect(dataset.table, staged, dataset.key), dataset)
            with transaction.atomic():
                snapshot = _create_intended_snapshot(delivery, dataset, current, person, staged, reason, act)
            return _write(lake, snapshot, staged)
    except OSError as error:
        raise CatalogueError(str(files.explain(error))) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(lake: Lake, snapshot: Snapshot, staged: StagedTable) -> Snapshot:
    try:
        version = lake.write(
            snapshot.dataset.table,
            staged,
            delivery=int(snapshot.delivery_id or 0),
            act=snapshot.act,
            mode="upsert",
            key=snapshot.key,
        )
    except OutcomeUnknown:
        raise
    except LakeError:
        drop_intent(snapshot)
        raise
    close_pour(snapshot, lake, version)
    return snapshot


def _create_intended_snapshot(
    delivery: Delivery,
    dataset: Dataset,
    current: Snapshot,
    person: Person,
    staged: StagedTable,
    reason: str,
    act: str,
) -> Snapshot:
    last = dataset.snapshots.order_by("-number").first()
    return Snapshot.objects.create(
        territory=dataset.territory,
        dataset=dataset,
        delivery=delivery,
        number=last.number + 1 if last else 1,
        act=act,
        mode="upsert",
        key=list(dataset.key),
        file=staged.origin,
        file_sha256=staged.file_sha256,
        rows_read=1,
        rows_stored=1,
        columns=current.columns,
        correction=reason,
        by=person,
    )


def _check_effect(effect: Effect, dataset: Dataset) -> None:
    if effect != ONE_ROW:
        raise CatalogueError(
            f"La clé de « {dataset.title} » ne désigne plus cette seule ligne. Rien n'a changé. Déposez un fichier corrigé."
        )


def _staged(delivery: Delivery, current: Snapshot, cells: Sequence[Cell]) -> StagedTable:
    file = staging_folder(delivery) / "row.parquet"
    parquet.write_table(to_table(cells).append_column(LINE, pa.array([1], pa.int64())), file)
    named = {cell.column for cell in cells}
    return StagedTable(
        name=delivery.file_name,
        origin=delivery.file_name,
        file_sha256=delivery.sha256,
        columns=tuple(Column.from_dict(column) for column in current.columns if column["name"] in named),
        rows_read=1,
        rows_kept=1,
        rows_quarantined=0,
        parquet=file,
        quarantine=file,
        guesses=(),
    )


def _checked_cells(
    dataset: Dataset, current: Snapshot, row: Mapping[str, Any], values: Mapping[str, str | None]
) -> list[Cell]:
    """The cells to write: the key as it is, and what is really changed. Raises CatalogueError."""
    columns = {column["name"]: column for column in current.columns}
    if any(name not in row or iso_text(row[name]) in (None, "") for name in dataset.key):
        raise CatalogueError(
            "Vos droits ou cet usage ne laissent pas lire la clé de cette ligne, ou elle est vide : elle ne peut pas être "
            "corrigée ici. Rien n'a changé."
        )
    if any(name not in row or name not in columns for name in values):
        raise CatalogueError("Une de ces colonnes ne se lit pas ici. Rien n'a changé. Rouvrez la ligne.")
    changed = {name: value for name, value in values.items() if iso_text(row[name]) != value}
    for name in changed:
        if name in dataset.key or columns[name]["type"] == "geometry":
            raise CatalogueError(
                f"« {columns[name]['label']} » ne se corrige pas ici : déposez un fichier corrigé. Rien n'a changé."
            )
        _check_code(current, columns[name], iso_text(row[name]) or "", changed[name])
    cells = [
        Cell(name, column["label"], column["type"], changed[name] if name in changed else iso_text(row[name]))
        for name, column in columns.items()
        if name in changed or name in dataset.key
    ]
    if to_table(cells).to_pylist() == [{cell.column: row[cell.column] for cell in cells}]:
        raise CatalogueError("Vous n'avez rien changé dans cette ligne.")
    return cells


def _check_code(current: Snapshot, column: Mapping[str, Any], old: str, new: str | None) -> None:
    """A column of which every value proved what it is receives no value that is not."""
    guesses = current.last_file.guesses
    certain = any(
        guess.get("column") == column["name"] and guess.get("about") == "type" and guess["certain"]
        for guess in guesses
    )
    if column["type"] != "code" or not certain or not new:
        return
    before = [old] if old else []
    found = codes.by_header(column["name"], before) or codes.by_shape(column["name"], before)
    if found is None or not found.proof:
        return
    digits = re.sub(r"\D", "", new)
    good = re.fullmatch(found.proof, new) is not None
    if good and found.luhn:
        good = check_digit_is_valid(digits) or digits.startswith(LA_POSTE)
    if not good:
        raise CatalogueError(
            f"« {new[:60]} » n'est pas un {found.why} : {'sa clé de contrôle est fausse' if found.luhn else 'sa forme ne convient pas'}. "
            "Rien n'a changé. Vérifiez le numéro."
        )
