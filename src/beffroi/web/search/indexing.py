"""Upkeep of the entries: written with the row that they come from, made again whole once a week, after an import or an upgrade.

In: kinds, and the rows that are saved or deleted. Out: entries; the engines' own indexes follow them.
"""

from collections.abc import Collection
from typing import Any, Final

from django.db import transaction
from django.db.models.signals import post_delete, post_save

from beffroi.language.search import Document
from beffroi.language.search.dialects import FIELDS
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

from .kinds import Kind, Origin, all_kinds
from .models import Entry

CHUNK: Final = 500
_WRITTEN: Final = ("title", "public", *FIELDS)


def follow(kind: Kind) -> None:
    """Refresh the entries of a kind at each write of the models that it comes from."""
    for origin in kind.origins:
        name = f"search.{kind.name}.{origin.model.__name__}"
        saved, deleted = _receivers(kind, origin)
        post_save.connect(saved, origin.model, weak=False, dispatch_uid=f"{name}.saved")
        post_delete.connect(deleted, origin.model, weak=False, dispatch_uid=f"{name}.deleted")


def _receivers(kind: Kind, origin: Origin) -> tuple[Any, Any]:
    def saved(instance: Any, update_fields: Collection[str] | None = None, **_: Any) -> None:
        if not update_fields or not origin.fields or origin.fields & set(update_fields):
            refresh(kind, *origin.resources(instance))

    def deleted(instance: Any, **_: Any) -> None:
        refresh(kind, *origin.resources(instance))

    return saved, deleted


def refresh(kind: Kind, territory: Territory, keys: Collection[str]) -> None:
    """Write again the entries of these things; of those that are no more, take them away."""
    if not keys:
        return
    documents = list(kind.documents(territory, keys))
    _write(territory, documents)
    if missing := set(keys) - {document.key for document in documents}:
        Entry.objects.of(territory).filter(kind=kind.name, key__in=missing).delete()


def rebuild(territory: Territory) -> int:
    """Make every entry of the territory again; how many there are. The caller has opened its space."""
    count = 0
    with transaction.atomic():
        Entry.objects.of(territory).exclude(kind__in=[kind.name for kind in all_kinds()]).delete()
        for kind in all_kinds():
            documents = list(kind.documents(territory, None))
            known = set(Entry.objects.of(territory).filter(kind=kind.name).values_list("key", flat=True))
            _write(territory, documents)
            missing = known - {document.key for document in documents}
            Entry.objects.of(territory).filter(kind=kind.name, key__in=missing).delete()
            count += len(documents)
    return count


def rebuild_all() -> None:
    """Every territory, one after the other."""
    for territory in Territory.objects.order_by("pk"):
        with scope.inside(territory):
            rebuild(territory)


def _write(territory: Territory, documents: list[Document]) -> None:
    entries = [
        Entry(
            territory=territory,
            kind=document.kind,
            key=document.key,
            title=document.title[:300],
            public=document.public,
            **document.words(),
        )
        for document in documents
    ]
    Entry.objects.bulk_create(
        entries,
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["territory", "kind", "key"],
        update_fields=_WRITTEN,
    )
