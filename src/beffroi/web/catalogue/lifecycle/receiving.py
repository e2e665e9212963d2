"""A file arrives: it is kept as it came, whole or not at all, then read into tables, or refused with a reason.

In: the chunks of an upload, then the kept file. Out: a `Delivery` whose `tables` hold what was found and what is
proposed. Nothing of the lake changes here.
"""

import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beffroi.lake.errors import LakeError
from beffroi.lake.files import disk_full
from beffroi.lake.readers.corrections import NONE, Corrections
from beffroi.lake.readers.isolated import stage as read_file
from beffroi.lake.tables import Refused, StagedTable
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.platform.storage import disk_space
from beffroi.web.ui.formats import counted

from ..errors import CatalogueError
from ..models import Dataset, Delivery, Snapshot
from ..planning import matching, saved_corrections
from ..planning.drift_review import examined
from ..planning.matching import Match
from ..planning.table_plans import TablePlan
from ..planning.table_profiles import profile_table
from ..signals import delivery_cancelled
from .file_storage import (
    Content,
    copy_companions,
    safe_name,
    staging_folder,
    storage_error,
    stored_file,
    write_whole,
)
from .lake_commits import open_lake

type ReportProgress = Callable[[float, str], None]


def ignore_progress(percent: float, message: str) -> None:
    """For callers who show no progress."""


def receive(territory: Territory, person: Person, file_name: str, content: Content) -> Delivery:
    """Keep a file in the territory's incoming folder. Raises CatalogueError; then nothing is kept."""
    require(person, "dataset.deposit", territory)
    return store_file(territory, person, file_name, content)


def store_file(
    territory: Territory,
    person: Person,
    file_name: str,
    content: Content,
    *,
    origin: str = "",
    companions: Iterable[Path] = (),
    then: Callable[[Delivery], object] | None = None,
    noted: str | None = None,
) -> Delivery:
    """Keep the file; `origin` is its path in the folder that it comes from, `companions` what it is read with.

    `then` is called in the transaction that writes the delivery down: both happen, or neither. `noted`: the act of a
    row that a person wrote on a page.
    """
    require(person, "dataset.deposit", territory)
    name = safe_name(file_name)
    folder = settings.HOME.incoming(territory.slug) / secrets.token_hex(8)
    try:
        disk_space.require(territory, content.stat().st_size if isinstance(content, Path) else 0)
        folder.mkdir(parents=True, mode=0o700)
        sha256, size = write_whole(folder / name, content)
        disk_space.require_quota(territory, size)  # the size of what comes by chunks is known now
        if size == 0:
            raise CatalogueError(
                f"Le fichier « {name} » est vide. Rien n'a été gardé. Vérifiez l'export, puis déposez-le à nouveau."
            )
        copy_companions(folder, companions)
        with transaction.atomic():
            delivery = Delivery.objects.create(
                territory=territory,
                file_name=(origin or name)[-300:],
                stored_as=f"{folder.name}/{name}",
                sha256=sha256,
                size=size,
                by=person,
                noted=noted,
            )
            ledger.append(
                territory,
                "dataset.deposit",
                person,
                f"delivery:{delivery.pk}",
                {"sha256": sha256, "size": size},
            )
            if then is not None:
                then(delivery)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, disk_space.OutOfRoom):
            raise CatalogueError(f"Le fichier « {name} » n'a pas été gardé. {error}") from error
        if isinstance(error, OSError) or disk_full(error):
            raise storage_error(error, name) from error
        raise
    return delivery


def find_duplicates(delivery: Delivery) -> list[Delivery]:
    """The earlier deliveries of exactly the same file."""
    same = Delivery.objects.of(delivery.territory).filter(sha256=delivery.sha256, pk__lt=delivery.pk)
    return list(same.exclude(state=Delivery.State.CANCELLED).order_by("-pk"))


def stage(delivery: Delivery, report: ReportProgress = ignore_progress, prefer: str = "") -> Delivery:
    """Read the kept file into tables and propose a dataset for each. A file that gives no table is refused.

    `prefer`: the dataset (slug) that the person had in mind.
    """
    require(delivery.by, "dataset.deposit", delivery)
    return read_delivery(delivery, report, prefer)[0]


def read_delivery(
    delivery: Delivery, report: ReportProgress = ignore_progress, prefer: str = ""
) -> tuple[Delivery, list[TablePlan], list[Refused]]:
    """The same, with the tables found and the parts refused."""
    file, staging = stored_file(delivery), staging_folder(delivery)
    if not file.is_file():
        raise CatalogueError(
            f"Le fichier « {delivery.file_name} » n'est plus conservé. Déposez-le à nouveau pour le lire."
        )
    try:
        disk_space.require(delivery.territory, delivery.size)
    except disk_space.OutOfRoom as error:
        raise CatalogueError(
            f"Le fichier « {delivery.file_name} » est gardé, mais pas encore lu. {error}"
        ) from error
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True, mode=0o700)
    report(5, f"Lecture de « {delivery.file_name} »")
    corrections = {origin: Corrections.from_dict(stored) for origin, stored in delivery.corrections.items()}
    try:
        tables, refused = read_file(file, staging, origin=delivery.file_name, corrections=corrections)
    except LakeError as error:
        tables, refused = [], [Refused(delivery.file_name, str(error))]
    plans: list[TablePlan] = []
    for index, table in enumerate(tables):
        report(50 + 40 * index / len(tables), f"Examen de « {table.name} »")
        plans.append(plan_of(delivery, index, table, plans, corrections.get(table.origin, NONE), prefer))
    plans = _apply_saved_corrections(delivery, plans, report)
    _save_reading(delivery, plans, refused)
    return delivery, plans, refused


def _apply_saved_corrections(
    delivery: Delivery, plans: list[TablePlan], report: ReportProgress
) -> list[TablePlan]:
    """The tables of which something was said at an earlier delivery of their dataset, read again as it was said.

    The dataset is only known once the table is read; what a person said of this very file comes before.
    """
    found = {
        plan.staged.origin: row
        for plan in plans
        if plan.staged.origin not in delivery.corrections
        and (row := saved_corrections.find_corrections(delivery.territory, plan)) is not None
    }
    if not found:
        return plans
    report(92, "Application des corrections gardées")
    plain = {plan.staged.origin: plan.staged for plan in plans}
    corrections = {
        origin: saved_corrections.applicable(Corrections.from_dict(row.said), plain[origin])
        for origin, row in found.items()
    }
    file, staging = stored_file(delivery), staging_folder(delivery)
    tables, refused = read_file(
        file, staging, origin=delivery.file_name, corrections=corrections, only=set(corrections)
    )
    read = {table.origin: table for table in tables}
    reasons = {part.file: part.reason for part in refused}
    fresh: list[TablePlan] = []
    for plan in plans:
        origin = plan.staged.origin
        if origin in read:
            new = plan_of(delivery, plan.index, read[origin], fresh, corrections[origin], plan.prefer)
            plan = saved_corrections.choose_reading(plan, new, found[origin])
        elif origin in found and found[origin].dataset.slug == plan.match.dataset:
            plan = saved_corrections.note_unapplied(plan, found[origin], reasons.get(origin, ""))
        fresh.append(plan)
    return fresh


def plan_of(
    delivery: Delivery,
    index: int,
    table: StagedTable,
    earlier: Sequence[TablePlan],
    corrections: Corrections,
    prefer: str,
) -> TablePlan:
    """A table read, with what is proposed for it beside the tables of the same file already seen."""
    match = propose(delivery.territory, table, [(plan.staged, plan.match) for plan in earlier], prefer)
    plan = TablePlan(
        index, table, match, *profile_table(table, index), corrections=corrections, prefer=prefer
    )
    return examined(delivery.territory, plan)


def _save_reading(delivery: Delivery, plans: list[TablePlan], refused: list[Refused]) -> None:
    reasons = [
        f"{item.file} : {item.reason}" if item.file != delivery.file_name else item.reason for item in refused
    ]
    with transaction.atomic():
        delivery.tables = [plan.to_dict() for plan in plans]
        delivery.state = Delivery.State.STAGED if plans else Delivery.State.REFUSED
        delivery.reason = "\n".join(reasons)
        if not plans and not reasons:
            delivery.reason = (
                "Aucune table n'a été trouvée dans ce fichier. Vérifiez qu'il contient des lignes de données."
            )
        delivery.save(update_fields=["tables", "state", "reason"])
        if not plans:
            ledger.append(
                delivery.territory,
                "delivery.refuse",
                delivery.by,
                f"delivery:{delivery.pk}",
                {"parts": len(refused)},
            )


def propose(
    territory: Territory, staged: StagedTable, earlier: list[tuple[StagedTable, Match]], prefer: str = ""
) -> Match:
    """The dataset that a table joins and how, its rows compared with those held."""
    match, dataset = matching.find(territory, staged, earlier, prefer)
    if dataset is None:
        return match
    current = dataset.current
    if current is None:
        return replace(match, why=(*match.why, "Le jeu est vide : le fichier le remplit."))
    match = replace(match, seen=current.number)
    same_file = Snapshot.objects.filter(
        dataset=dataset, state=Snapshot.State.DONE, file_sha256=staged.file_sha256
    )
    part = matching.part_of(staged.origin)
    poured = next((snapshot for snapshot in same_file if matching.part_of(snapshot.file) == part), None)
    if poured is not None and _changed_since(poured):
        reason = f"Ce fichier, à l'octet près, a déjà été versé (livraison n° {poured.number}), mais le jeu a changé depuis."
        match = replace(match, why=(*match.why, reason))
    elif poured is not None:
        reason = f"Ce fichier, à l'octet près, est déjà versé (livraison n° {poured.number}) : il n'y a rien à faire."
        return replace(match, why=(*match.why, reason), skip=True)
    if any(found.dataset == dataset.slug for _, found in earlier):
        reason = "Une autre table du même fichier alimente déjà ce jeu : celle-ci s'ajoute."
        return replace(match, mode="append", why=(*match.why, reason), certain=False)
    if dataset.key:
        labels = {column.name: column.label for column in staged.columns}
        named = ", ".join(f"« {labels.get(name, name)} »" for name in dataset.key)
        reason = f"Ce jeu est mis à jour par clé ({named}), comme la dernière fois."
        return replace(match, mode="upsert", why=(*match.why, reason))
    with open_lake(dataset, read_only=True) as lake:
        overlap = lake.overlap(dataset.table, staged)
    mode, reason, sure = matching.mode_from(overlap, current.rows_total, staged.rows_kept)
    if mode == "replace" and (noted := _noted(dataset)):
        sure = False
        reason += (
            f" {counted(noted, 'ligne')} notée{'s' if noted > 1 else ''} sur une page de Beffroi quitteront le jeu si le "
            "fichier ne les a pas : choisissez alors « ajouter », ou ajoutez-les au fichier."
        )
    return replace(match, mode=mode, why=(*match.why, reason), certain=match.certain and sure)


def _noted(dataset: Dataset) -> int:
    """How many rows noted on a page are among those in force."""
    done = Snapshot.objects.filter(dataset=dataset, state=Snapshot.State.DONE)
    whole = done.filter(mode="replace").order_by("-number").values_list("number", flat=True).first() or 0
    return done.filter(number__gte=whole, delivery__noted__isnull=False).count()


def _changed_since(snapshot: Snapshot) -> bool:
    """Whether a later delivery took the place of its rows, or may have changed some."""
    later = Snapshot.objects.filter(
        dataset=snapshot.dataset_id, state=Snapshot.State.DONE, number__gt=snapshot.number
    )
    return later.filter(mode__in=("replace", "upsert")).exists()


def is_outdated(territory: Territory, match: Match) -> bool:
    """Whether the catalogue has changed since the proposal, in a way that could make it wrong."""
    if match.dataset is None:
        return Dataset.objects.of(territory).filter(title__iexact=match.title).exists()
    dataset = Dataset.objects.of(territory).filter(slug=match.dataset).first()
    current = dataset.current if dataset else None
    return dataset is None or match.seen != (current.number if current else 0)


def cancel(delivery: Delivery, person: Person) -> None:
    """Give up a delivery that was not poured: the file and what was read of it go away."""
    require(person, "dataset.deposit", delivery)
    if delivery.by_id != person.pk:
        require(person, "dataset.manage", delivery)
    with transaction.atomic():
        delivery.refresh_from_db()
        if delivery.snapshots.exclude(state=Snapshot.State.UNDONE).exists():
            raise CatalogueError(
                "Cette livraison est déjà versée. Pour revenir en arrière, annulez-la depuis la fiche du jeu."
            )
        delivery.state, delivery.tables = Delivery.State.CANCELLED, []
        delivery.save(update_fields=["state", "tables"])
        ledger.append(delivery.territory, "delivery.cancel", person, f"delivery:{delivery.pk}", {})
        delivery_cancelled.send(Delivery, delivery=delivery)
    shutil.rmtree(staging_folder(delivery), ignore_errors=True)
    if not delivery.snapshots.exists():
        shutil.rmtree(stored_file(delivery).parent, ignore_errors=True)
