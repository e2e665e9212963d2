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

from ..changes import changes
from ..errors import CatalogueError
from ..models import Dataset, Delivery, Snapshot
from .arrivals import Say, plan_of, silent
from .file_storage import kept_file, staging_folder
from .keeping import chosen, fitted, kept_for, unapplied
from .plans import Planned, planned
from .pouring import act_of
from .settling import one_writer

UNCHANGED = "La lecture précédente est gardée."


def correct(
    delivery: Delivery,
    person: Person,
    given: Mapping[int, Corrections],
    say: Say = silent,
    drafts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Delivery:
    """Read the tables again as it is said. Raises CatalogueError; then the earlier reading stays, whole.

    `drafts`: what was filled in on the page for each table, given back with the new reading.
    """
    require(person, "dataset.deposit", delivery)
    plans = {plan.index: plan for plan in planned(delivery)}
    _check(delivery, plans, given)
    # Asked again after a crash, what is already read so is not read once more.
    given = {index: said for index, said in given.items() if not _stands(delivery, plans[index], said)}
    if not given:
        return delivery
    say(5, f"Lecture de « {delivery.file_name} » avec vos corrections")
    said = {plans[index].staged.origin: corrections for index, corrections in given.items()}
    read = _read(delivery, said)
    fresh: list[Planned] = []
    for index, plan in plans.items():
        draft = (drafts or {}).get(index, plan.draft)
        if plan.staged.origin not in read:
            fresh.append(replace(plan, draft=draft))
            continue
        say(50 + 45 * index / len(plans), f"Examen de « {plan.staged.name} »")
        table = read[plan.staged.origin]
        corrections = said[plan.staged.origin].without(
            guess.column for guess in table.guesses if guess.about == "unfit"
        )
        new = plan_of(delivery, index, table, fresh, corrections, plan.prefer)
        changed = changes(plan.staged, table)
        fresh.append(replace(new, changed=changed, draft=_still_meant(draft, plan, new)))
    _keep(delivery, person, fresh, list(given))
    for index in given:
        shutil.rmtree(plans[index].staged.parquet.parent, ignore_errors=True)
    return delivery


def join_dataset(
    delivery: Delivery,
    person: Person,
    wanted: Mapping[int, str],
    say: Say = silent,
    drafts: Mapping[int, Mapping[str, Any]] | None = None,
) -> Delivery:
    """The tables for which a person chose another dataset (its slug): read as its files are, compared with its rows.

    Nothing is poured: what is now proposed is shown to them again. Raises CatalogueError; then nothing has changed.
    """
    require(person, "dataset.deposit", delivery)
    plans = {plan.index: plan for plan in planned(delivery)}
    fresh: list[Planned] = []
    left: list[Planned] = []
    for index, plan in plans.items():
        draft = (drafts or {}).get(index, plan.draft)
        if index not in wanted or plan.prefer == wanted[index]:
            fresh.append(replace(plan, draft=draft))
            continue
        say(10 + 80 * index / len(plans), f"Examen de « {plan.staged.name} »")
        new = _joining(delivery, plan, wanted[index], fresh)
        if new.staged.parquet != plan.staged.parquet:
            left.append(plan)
        mode = (
            new.match.mode if new.match.dataset == wanted[index] else "append"
        )  # by default nothing is lost
        people = {"personal": draft["personal"]} if "personal" in draft else {}
        chosen = {"pour": True, "dataset": wanted[index], "title": "", "mode": mode}
        title = (
            Dataset.objects.of(delivery.territory)
            .filter(slug=wanted[index])
            .values_list("title", flat=True)
            .first()
        )
        told = (f"Le jeu choisi est « {title} ».", *changes(plan.staged, new.staged))
        fresh.append(replace(new, changed=told, draft=chosen | (people if new.staged is plan.staged else {})))
    with one_writer(delivery.territory), transaction.atomic():
        _must_wait(delivery)
        delivery.tables = [plan.to_dict() for plan in fresh]
        delivery.save(update_fields=["tables"])
    for plan in left:
        shutil.rmtree(plan.staged.parquet.parent, ignore_errors=True)
    return delivery


def _joining(delivery: Delivery, plan: Planned, slug: str, earlier: list[Planned]) -> Planned:
    """The table beside the dataset chosen for it, with the corrections that were kept for that one."""
    origin = plan.staged.origin
    plain = plan_of(delivery, plan.index, plan.staged, earlier, plan.said, slug)
    row = None if origin in delivery.corrections else kept_for(delivery.territory, plain)
    if row is None or row.dataset.slug != slug or not kept_file(delivery).is_file():
        return plain
    said = fitted(Corrections.from_dict(row.said), plan.staged)
    try:
        table = _read(delivery, {origin: said})[origin]
    except CatalogueError as error:
        return unapplied(plain, row, str(error))
    new = plan_of(delivery, plan.index, table, earlier, said, slug)
    # The earlier reading stays until the new one is kept: `chosen` would throw one of the two away.
    return chosen(plain, new, row, tidy=False)


def _still_meant(draft: Mapping[str, Any], before: Planned, after: Planned) -> Mapping[str, Any]:
    """What was filled in, without what the new reading makes pointless, nor what would hide newly found people."""
    if before.match.dataset != after.match.dataset:
        return {}
    people = [{c.name for c in plan.staged.columns if c.personal} for plan in (before, after)]
    rows = [plan.staged.rows_kept > 0 for plan in (before, after)]
    # A table that has lost all its rows, or found some, is proposed anew.
    gone = {"personal": people[0] != people[1], "pour": rows[0] != rows[1]}
    return {key: value for key, value in draft.items() if not gone.get(key)}


def _stands(delivery: Delivery, plan: Planned, said: Corrections) -> bool:
    return plan.said == said and plan.staged.origin in delivery.corrections and plan.at_hand


def _check(delivery: Delivery, plans: Mapping[int, Planned], given: Mapping[int, Corrections]) -> None:
    if not given or any(index not in plans for index in given):
        raise CatalogueError(
            f"Il n'y a rien à corriger dans « {delivery.file_name} ». {UNCHANGED} Choisissez une de ses tables."
        )
    if delivery.state != Delivery.State.STAGED:
        raise CatalogueError(
            f"« {delivery.file_name} » n'attend pas de confirmation : sa lecture ne se corrige plus. Rien n'a changé."
        )
    if not kept_file(delivery).is_file():
        raise CatalogueError(
            f"Le fichier « {delivery.file_name} » n'est plus conservé. {UNCHANGED} Déposez-le à nouveau pour le relire."
        )
    for index in given:
        if Snapshot.objects.filter(act=act_of(delivery, index)).exists():
            raise CatalogueError(
                f"« {plans[index].staged.name} » est déjà versée : annulez d'abord sa livraison. {UNCHANGED}"
            )


def _read(delivery: Delivery, said: Mapping[str, Corrections]) -> dict[str, StagedTable]:
    """The tables read again, beside the earlier ones, which stay until the new ones are kept."""
    tables, refused = read_file(
        kept_file(delivery),
        staging_folder(delivery),
        origin=delivery.file_name,
        corrections=said,
        only=set(said),
    )
    read = {table.origin: table for table in tables}
    if missing := set(said) - set(read):
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


def _keep(delivery: Delivery, person: Person, plans: list[Planned], changed: list[int]) -> None:
    told = {plan.staged.origin: plan.said.to_dict() for plan in plans if plan.index in changed}
    kinds = sorted({kind for plan in plans if plan.index in changed for kind in plan.said.kinds})
    with one_writer(delivery.territory), transaction.atomic():
        _must_wait(delivery)
        delivery.corrections = {**delivery.corrections, **told}
        delivery.tables = [plan.to_dict() for plan in plans]
        delivery.save(update_fields=["corrections", "tables"])
        ledger.append(
            delivery.territory,
            "delivery.correct",
            person,
            f"delivery:{delivery.pk}",
            {"tables": sorted(changed), "kinds": kinds},
        )
