"""A person corrects how a delivery was read: its tables are read again, or nothing changes and the reason is told.

In: a delivery to be confirmed and, by table, what is said of it (nothing: the reader decides alone). Out: the delivery
with the new reading, its rows counted again, what changed told, one ledger line.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.readers.isolated import stage as read_file
from beffroi.lake.tables import StagedTable
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import CatalogueError
from ..lake_access import one_writer
from ..models import Dataset, Delivery, Snapshot
from ..planning.saved_corrections import applicable, choose_reading, find_corrections, note_unapplied
from ..planning.table_plans import TablePlan, load_plans
from ..planning.table_proposals import plan_table
from ..reading_changes import describe_changes
from .file_storage import staging_folder, stored_file
from .pouring import act_of
from .receiving import ReportProgress, ignore_progress

UNCHANGED = "La lecture précédente est gardée."


def correct(
    delivery: Delivery,
    person: Person,
    requested: Mapping[int, Corrections],
    report: ReportProgress = ignore_progress,
    drafts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Delivery:
    """Read the tables again as it is said. Raises CatalogueError; then the earlier reading stays, whole.

    `drafts`: what was filled in on the page for each table, given back with the new reading.
    """
    require(person, "dataset.deposit", delivery)
    plans = {plan.index: plan for plan in load_plans(delivery)}
    _check(delivery, plans, requested)
    # Asked again after a crash, what is already read so is not read once more.
    requested = {
        index: by_origin
        for index, by_origin in requested.items()
        if not _is_current(delivery, plans[index], by_origin)
    }
    if not requested:
        return delivery
    report(5, f"Lecture de « {delivery.file_name} » avec vos corrections")
    by_origin = {plans[index].staged.origin: corrections for index, corrections in requested.items()}
    read = _read(delivery, by_origin)
    fresh: list[TablePlan] = []
    for index, plan in plans.items():
        draft = (drafts or {}).get(index, plan.draft)
        if plan.staged.origin not in read:
            fresh.append(replace(plan, draft=draft))
            continue
        report(50 + 45 * index / len(plans), f"Examen de « {plan.staged.name} »")
        table = read[plan.staged.origin]
        corrections = by_origin[plan.staged.origin].without(
            guess.column for guess in table.guesses if guess.about == "unfit"
        )
        new = plan_table(delivery, index, table, fresh, corrections, plan.prefer)
        changed = describe_changes(plan.staged, table)
        fresh.append(replace(new, changed=changed, draft=_valid_draft(draft, plan, new)))
    _save_reading(delivery, person, fresh, list(requested))
    for index in requested:
        shutil.rmtree(plans[index].staged.parquet.parent, ignore_errors=True)
    return delivery


def join_dataset(
    delivery: Delivery,
    person: Person,
    wanted: Mapping[int, str],
    report: ReportProgress = ignore_progress,
    drafts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Delivery:
    """The tables for which a person chose another dataset (its slug): read as its files are, compared with its rows.

    Nothing is poured: what is now proposed is shown to them again. Raises CatalogueError; then nothing has changed.
    """
    require(person, "dataset.deposit", delivery)
    plans = {plan.index: plan for plan in load_plans(delivery)}
    fresh: list[TablePlan] = []
    left: list[TablePlan] = []
    for index, plan in plans.items():
        draft = (drafts or {}).get(index, plan.draft)
        if index not in wanted or plan.prefer == wanted[index]:
            fresh.append(replace(plan, draft=draft))
            continue
        report(10 + 80 * index / len(plans), f"Examen de « {plan.staged.name} »")
        new = _joining(delivery, plan, wanted[index], fresh)
        if new.staged.parquet != plan.staged.parquet:
            left.append(plan)
        mode = (
            new.match.mode if new.match.dataset == wanted[index] else "append"
        )  # by default nothing is lost
        people = {"personal": draft["personal"]} if "personal" in draft else {}
        filled_in = {"pour": True, "dataset": wanted[index], "title": "", "mode": mode}
        title = (
            Dataset.objects.of(delivery.territory)
            .filter(slug=wanted[index])
            .values_list("title", flat=True)
            .first()
        )
        sentences = (f"Le jeu choisi est « {title} ».", *describe_changes(plan.staged, new.staged))
        fresh.append(
            replace(new, changed=sentences, draft=filled_in | (people if new.staged is plan.staged else {}))
        )
    with one_writer(delivery.territory), transaction.atomic():
        _must_wait(delivery)
        delivery.tables = [plan.to_dict() for plan in fresh]
        delivery.save(update_fields=["tables"])
    for plan in left:
        shutil.rmtree(plan.staged.parquet.parent, ignore_errors=True)
    return delivery


def _joining(delivery: Delivery, plan: TablePlan, slug: str, earlier: list[TablePlan]) -> TablePlan:
    """The table beside the dataset chosen for it, with the corrections that were kept for that one."""
    origin = plan.staged.origin
    plain = plan_table(delivery, plan.index, plan.staged, earlier, plan.corrections, slug)
    row = None if origin in delivery.corrections else find_corrections(delivery.territory, plain)
    if row is None or row.dataset.slug != slug or not stored_file(delivery).is_file():
        return plain
    corrections = applicable(Corrections.from_dict(row.corrections), plan.staged)
    try:
        table = _read(delivery, {origin: corrections})[origin]
    except CatalogueError as error:
        return note_unapplied(plain, row, str(error))
    new = plan_table(delivery, plan.index, table, earlier, corrections, slug)
    # The earlier reading stays until the new one is kept: `chosen` would throw one of the two away.
    return choose_reading(plain, new, row, tidy=False)


def _valid_draft(draft: Mapping[str, Any], before: TablePlan, after: TablePlan) -> Mapping[str, Any]:
    """What was filled in, without what the new reading makes pointless, nor what would hide newly found people."""
    if before.match.dataset != after.match.dataset:
        return {}
    people = [{c.name for c in plan.staged.columns if c.personal} for plan in (before, after)]
    rows = [plan.staged.rows_kept > 0 for plan in (before, after)]
    # A table that has lost all its rows, or found some, is proposed anew.
    dropped = {"personal": people[0] != people[1], "pour": rows[0] != rows[1]}
    return {key: value for key, value in draft.items() if not dropped.get(key)}


def _is_current(delivery: Delivery, plan: TablePlan, corrections: Corrections) -> bool:
    return plan.corrections == corrections and plan.staged.origin in delivery.corrections and plan.at_hand


def _check(delivery: Delivery, plans: Mapping[int, TablePlan], requested: Mapping[int, Corrections]) -> None:
    if not requested or any(index not in plans for index in requested):
        raise CatalogueError(
            f"Il n'y a rien à corriger dans « {delivery.file_name} ». {UNCHANGED} Choisissez une de ses tables."
        )
    if delivery.state != Delivery.State.STAGED:
        raise CatalogueError(
            f"« {delivery.file_name} » n'attend pas de confirmation : sa lecture ne se corrige plus. Rien n'a changé."
        )
    if not stored_file(delivery).is_file():
        raise CatalogueError(
            f"Le fichier « {delivery.file_name} » n'est plus conservé. {UNCHANGED} Déposez-le à nouveau pour le relire."
        )
    for index in requested:
        if Snapshot.objects.filter(act=act_of(delivery, index)).exists():
            raise CatalogueError(
                f"« {plans[index].staged.name} » est déjà versée : annulez d'abord sa livraison. {UNCHANGED}"
            )


def _read(delivery: Delivery, corrections: Mapping[str, Corrections]) -> dict[str, StagedTable]:
    """The tables read again, beside the earlier ones, which stay until the new ones are kept."""
    tables, refused = read_file(
        stored_file(delivery),
        staging_folder(delivery),
        origin=delivery.file_name,
        corrections=corrections,
        only=set(corrections),
    )
    read = {table.origin: table for table in tables}
    if missing := set(corrections) - set(read):
        for table in tables:
            shutil.rmtree(table.parquet.parent, ignore_errors=True)
        reasons = [part.reason for part in refused if part.file in missing]
        raise CatalogueError(" ".join(reasons) or f"Cette table n'est plus dans le fichier. {UNCHANGED}")
    return read


def _must_wait(delivery: Delivery) -> None:
    delivery.refresh_from_db()
    if delivery.state != Delivery.State.STAGED:
        raise CatalogueError(
            f"« {delivery.file_name} » a été versé ou abandonné pendant la lecture. Rien d'autre n'a changé."
        )


def _save_reading(delivery: Delivery, person: Person, plans: list[TablePlan], changed: list[int]) -> None:
    corrections = {plan.staged.origin: plan.corrections.to_dict() for plan in plans if plan.index in changed}
    kinds = sorted({kind for plan in plans if plan.index in changed for kind in plan.corrections.kinds})
    with one_writer(delivery.territory), transaction.atomic():
        _must_wait(delivery)
        delivery.corrections = {**delivery.corrections, **corrections}
        delivery.tables = [plan.to_dict() for plan in plans]
        delivery.save(update_fields=["corrections", "tables"])
        ledger.append(
            delivery.territory,
            "delivery.correct",
            person,
            f"delivery:{delivery.pk}",
            {"tables": sorted(changed), "kinds": kinds},
        )
