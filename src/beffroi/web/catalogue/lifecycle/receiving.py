"""Receipt of a file: it is stored as it came, whole or not at all, then read into tables, or refused with a reason.

In: the chunks of an upload, then the kept file. Out: a `Delivery` whose `tables` hold what was found and what is
proposed. Nothing of the lake changes here.
"""

import secrets
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beffroi.lake.errors import LakeError
from beffroi.lake.files import disk_full
from beffroi.lake.readers.corrections import NONE, Corrections
from beffroi.lake.readers.isolated import stage as read_file
from beffroi.lake.tables import Refused
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.platform.storage import disk_space

from ..errors import CatalogueError
from ..models import Delivery, Snapshot
from ..planning import saved_corrections
from ..planning.table_plans import TablePlan
from ..planning.table_proposals import plan_table
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

type ReportProgress = Callable[[float, str], None]


def ignore_progress(percent: float, message: str) -> None:
    """For callers who show no progress."""


def receive(territory: Territory, person: Person, file_name: str, content: Content) -> Delivery:
    """Store a file in the territory's incoming folder. Raises CatalogueError; then nothing is stored."""
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
    """Read the stored file into tables and propose a dataset for each. A file that gives no table is refused.

    `prefer`: the dataset (slug) that the person had in mind.
    """
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
        plans.append(plan_table(delivery, index, table, plans, corrections.get(table.origin, NONE), prefer))
    plans = _apply_saved_corrections(delivery, plans, report)
    _save_reading(delivery, plans, refused)
    return delivery, plans, refused


def _apply_saved_corrections(
    delivery: Delivery, plans: list[TablePlan], report: ReportProgress
) -> list[TablePlan]:
    """Read again, with them, the tables for which corrections were saved at an earlier delivery of their dataset.

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
        origin: saved_corrections.applicable(Corrections.from_dict(row.corrections), plain[origin])
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
            new = plan_table(delivery, plan.index, read[origin], fresh, corrections[origin], plan.prefer)
            plan = saved_corrections.choose_reading(plan, new, found[origin])
        elif origin in found and found[origin].dataset.slug == plan.match.dataset:
            plan = saved_corrections.note_unapplied(plan, found[origin], reasons.get(origin, ""))
        fresh.append(plan)
    return fresh


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
