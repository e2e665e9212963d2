"""Lists of the sheets: an analysis or a dataset, read for the kit by the rights and purpose of the person who added it.

In: a list. Out: a `ListTable` of texts with its date. One that cannot be read today keeps its last good content, for 30 days at
most where it names people, and says why. What a list was read from that is withdrawn takes its content away.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from beffroi.lake.errors import LakeError
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.lake.readers.person_rows import TRAIT
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.web.catalogue import grants, row_queries
from beffroi.web.catalogue.dataset_lookup import dataset_named
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.studio import answers, explanations
from beffroi.web.studio.models import StoredRecipe
from beffroi.web.studio.presentation import format_value

from ..errors import ContinuityError
from ..models import KitList, KitListContent

MOST_ROWS: Final = 2_000
PERSONAL_RETENTION: Final = timedelta(days=30)
"""How long the last good content of a list about people is kept when it cannot be read again: as the lake's own history."""
FAILURES: Final = (
    NotGranted,
    PermissionDenied,
    CatalogueError,
    answers.StudioError,
    LakeError,
    RecipeError,
    QueryRefused,
    ContinuityError,
)
CHANGED_KIND: Final = (
    "Ce qu'elle lit contient maintenant des données de personnes. Retirez cette liste, puis ajoutez-la de nouveau : elle ira "
    "dans la partie scellée."
)


@dataclass(frozen=True)
class ListTable:
    """A list as texts. `naming`: ranks of the columns that name somebody; `total`: rows there are, of which some may be left out."""

    kit_list: KitList
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    naming: tuple[int, ...] = ()
    total: int = 0
    at: datetime | None = None
    failure: str = ""

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.rows)


@dataclass(frozen=True)
class _Read:
    columns: list[str]
    rows: list[list[str]]
    naming: list[int]
    total: int
    at: datetime
    snapshots: list[int]
    failure: str = ""


def lists_of(territory: Territory, entry: RegisterEntry | None = None) -> list[KitList]:
    """The lists of every sheet, or of one."""
    rows = KitList.objects.of(territory).filter(removed_at=None, entry__removed_at=None)
    if entry is not None:
        rows = rows.filter(entry=entry)
    return list(
        rows.select_related("recipe__processing", "dataset", "processing", "added_by", "entry", "content")
    )


def add(
    entry: RegisterEntry,
    by: Person,
    title: str,
    *,
    recipe: StoredRecipe | None = None,
    dataset: Dataset | None = None,
    processing: Processing | None = None,
    columns: Sequence[str] = (),
    personal: bool = False,
) -> KitList:
    """Have the kit hold this list, and read it once now. `personal`: it names people though its source does not say so.

    Raises ContinuityError; NotGranted where the person may not read it.
    """
    territory = entry.territory
    require(by, "continuity.answer", territory)
    title = strip_invisible(title).strip()[:120]
    if not title:
        raise ContinuityError("Donnez un titre à la liste : « Enfants inscrits, par école ».", "title")
    if (recipe is None) == (dataset is None):
        raise ContinuityError("Choisissez ce que la liste montre.", "source")
    row = KitList(
        territory=territory,
        entry=entry,
        title=title,
        recipe=recipe,
        dataset=dataset,
        processing=processing,
        columns=list(columns),
        is_personal=personal or reads_people(territory, recipe, dataset),
        added_by=by,
    )
    found = _read(row)
    with transaction.atomic():
        row.save()
        _save(row, found)
        about = {"list": row.pk, "personal": row.is_personal, **_source_of(row)}
        ledger.append(territory, "kit.list", by, f"entry:{entry.pk}", about)
    return row


def remove(row: KitList, by: Person) -> None:
    """Take a list out of the kit, with its last content; the kits already made keep theirs."""
    require(by, "continuity.answer", row.territory)
    with transaction.atomic():
        row.refresh_from_db()
        if row.removed_at is not None:
            return
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        KitListContent.objects.of(row.territory).filter(kit_list=row).update(sealed="", snapshots=[])
        ledger.append(row.territory, "kit.list_end", by, f"entry:{row.entry_id}", {"list": row.pk})


def reads_people(territory: Territory, recipe: StoredRecipe | None, dataset: Dataset | None) -> bool:
    """Whether something that it reads is about people."""
    slugs = recipe.definition.get("sources", {}).values() if recipe is not None else ()
    sources = [dataset] if dataset is not None else [dataset_named(territory, slug) for slug in slugs]
    return any(
        one is not None
        and (
            one.sensitivity != Dataset.Sensitivity.ORDINARY
            or (one.current is not None and bool(one.current.personal_columns))
        )
        for one in sources
    )


def refresh(row: KitList) -> ListTable:
    """Read the list again by the rights of who added it; the last good content where that fails."""
    try:
        if not row.is_personal and reads_people(row.territory, row.recipe, row.dataset):
            _erase(row)
            raise ContinuityError(CHANGED_KIND)
        found = _read(row)
    except FAILURES as error:
        reason = str(error) or "La personne qui l'a ajoutée n'a plus le droit de la lire."
        return _last_good(row, reason)
    _save(row, found)
    return _table(row, _packed(found), found.at, found.failure)


def drop_withdrawn(dataset: Dataset) -> int:
    """Erase the contents that were read from a delivery which no longer stands; how many."""
    count = 0
    for content in KitListContent.objects.of(dataset.territory).exclude(sealed="").select_related("kit_list"):
        if not _is_valid(content):
            _erase(content.kit_list)
            count += 1
    return count


def _read(row: KitList) -> _Read:
    if row.recipe is not None:
        return _read_recipe(row, row.recipe)
    if row.dataset is None or row.processing is None:
        raise ContinuityError(
            "Choisissez un jeu de données et la finalité pour laquelle il est lu.", "source"
        )
    dataset, snapshot = row.dataset, row.dataset.current
    rows = row_queries.page_of_rows(
        row.added_by,
        dataset,
        row.processing,
        1,
        size=MOST_ROWS,
        columns=row.columns or None,
        way="kit",
    )
    if snapshot is None:
        raise ContinuityError("Ce jeu de données n'a plus de livraison en vigueur.")
    naming = set(grants.identifying_columns(dataset, snapshot)) if row.is_personal else set()
    return _Read(
        [column["label"] for column in rows.columns],
        [[format_value(value) for value in line] for line in rows.rows],
        [
            rank
            for rank, column in enumerate(rows.columns)
            if column["name"] in naming and column.get("personal") != TRAIT
        ],
        rows.total,
        snapshot.at,
        [snapshot.pk],
    )


def _read_recipe(row: KitList, recipe: StoredRecipe) -> _Read:
    found = answers.answer(row.added_by, recipe)
    table = found.released.table
    names = [name for name in table.column_names if not name.startswith("_")]
    if row.columns:
        names = [name for name in row.columns if name in names]
    if not names:
        raise ContinuityError(
            "L'analyse ne donne plus les colonnes choisies. Retirez la liste, puis ajoutez-la."
        )
    labels = explanations.column_labels(found.recipe, row.territory)
    snapshots = [
        Snapshot.objects.of(row.territory)
        .filter(dataset__slug=source.slug, number=source.number)
        .values_list("pk", flat=True)
        .first()
        for source in found.sources
    ]
    lines = table.select(names).to_pylist()[:MOST_ROWS]
    return _Read(
        [labels.get(name, name) for name in names],
        [[format_value(line[name]) for name in names] for line in lines],
        list(range(len(names))) if row.is_personal else [],
        found.released.row_count,
        found.at,
        [pk for pk in snapshots if pk is not None],
        found.failure or "",
    )


def _packed(found: _Read) -> dict[str, Any]:
    return {"columns": found.columns, "rows": found.rows, "naming": found.naming, "total": found.total}


def _save(row: KitList, found: _Read) -> None:
    values = {
        "sealed": sealing.seal(json.dumps(_packed(found), ensure_ascii=False)),
        "at": found.at,
        "snapshots": found.snapshots,
        "failure": found.failure[:500],
        "failed_at": timezone.now() if found.failure else None,
    }
    KitListContent.objects.update_or_create(territory=row.territory, kit_list=row, defaults=values)


def _last_good(row: KitList, reason: str) -> ListTable:
    content, _ = KitListContent.objects.get_or_create(territory=row.territory, kit_list=row)
    content.failure, content.failed_at = reason[:500], timezone.now()
    content.save(update_fields=["failure", "failed_at"])
    too_old = row.is_personal and content.at is not None and content.at < timezone.now() - PERSONAL_RETENTION
    if content.sealed and (too_old or not _is_valid(content)):
        _erase(row)
        content.refresh_from_db()
    if not content.sealed:
        return ListTable(row, failure=content.failure)
    try:
        packed = json.loads(sealing.unseal(content.sealed))
    except sealing.CannotUnseal:
        return ListTable(row, failure=content.failure)
    return _table(row, packed, content.at, content.failure)


def _table(row: KitList, packed: dict[str, Any], at: datetime | None, failure: str) -> ListTable:
    return ListTable(
        row,
        tuple(packed["columns"]),
        tuple(map(tuple, packed["rows"])),
        tuple(packed["naming"]),
        packed["total"],
        at,
        failure,
    )


def _is_valid(content: KitListContent) -> bool:
    """Whether every delivery that it was read from still stands."""
    valid = Snapshot.objects.of(content.territory).filter(
        pk__in=content.snapshots, state=Snapshot.State.DONE, cut_at=None
    )
    return valid.count() == len(set(content.snapshots))


def _erase(row: KitList) -> None:
    KitListContent.objects.of(row.territory).filter(kit_list=row).update(sealed="", at=None, snapshots=[])


def _source_of(row: KitList) -> dict[str, Any]:
    if row.recipe is not None:
        return {"recipe": row.recipe.slug}
    return {"dataset": row.dataset_id, "processing": row.processing_id}
