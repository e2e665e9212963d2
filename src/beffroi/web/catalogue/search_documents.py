"""Datasets as the search finds them: title, card, columns and, where anyone who reads the catalogue may read them, some values."""

from collections.abc import Collection, Iterable, Mapping
from itertools import batched
from typing import Final

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from beffroi.language.search import Document
from beffroi.web.platform.models import Territory
from beffroi.web.search.indexing import CHUNK
from beffroi.web.search.kinds import Kind, Origin, Target

from .models import Dataset, Snapshot
from .publication.authorisations import published_datasets

MOST_VALUES: Final = 300


def documents(territory: Territory, keys: Collection[str] | None) -> Iterable[Document]:
    done = Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE, correction__isnull=True)
    last = done.filter(dataset=OuterRef("pk")).order_by("-number").values("pk")[:1]
    found = Dataset.objects.of(territory).order_by("pk").annotate(in_force=Subquery(last))
    for some in batched(found if keys is None else found.filter(pk__in=keys), CHUNK):
        snapshots = done.only("dataset", "columns", "profile").in_bulk(
            [d.in_force for d in some if d.in_force]
        )
        for dataset in some:
            yield _document(dataset, snapshots.get(dataset.in_force))


def _document(dataset: Dataset, current: Snapshot | None) -> Document:
    return Document(
        scope=dataset.territory_id,
        kind="dataset",
        key=str(dataset.pk),
        title=dataset.title,
        card=(dataset.description, dataset.purpose, dataset.producer),
        columns=tuple(column["label"] for column in current.columns) if current else (),
        values=_values(dataset, current) if current else (),
        public=dataset.published_at is not None,
    )


def _values(dataset: Dataset, current: Snapshot) -> tuple[str, ...]:
    """Some values of its texts; none of data about people, of protected groups, or of a column that tells of somebody."""
    if dataset.opens_by_decision or dataset.protection:
        return ()
    hidden = current.personal_columns | {dataset.unit}
    profiles = (column for name, column in current.profile.items() if name not in hidden)
    values = dict.fromkeys(value for column in profiles for value in column.get("values", ()))
    return tuple(values)[:MOST_VALUES]


def targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    readable = published_datasets(territory) if public else Dataset.objects.of(territory)
    found = readable.filter(pk__in=keys)
    name = "portal-dataset" if public else "dataset"
    return {
        str(pk): Target(
            title,
            reverse(name, args=[territory.slug, slug]),
            "données personnelles" if sensitivity == Dataset.Sensitivity.PERSONAL else "",
        )
        for pk, slug, title, sensitivity in found.values_list("pk", "slug", "title", "sensitivity")
    }


def _of_snapshot(snapshot: Snapshot) -> tuple[Territory, Collection[str]]:
    settled = snapshot.state in (Snapshot.State.DONE, Snapshot.State.UNDONE)
    return snapshot.territory, [str(snapshot.dataset_id)] if settled else []


SEARCHED_FIELDS: Final = frozenset(
    ("title", "description", "purpose", "producer", "sensitivity", "protects", "unit", "published_at")
)
DATASETS = Kind(
    name="dataset",
    label="Jeux de données",
    act="dataset.read",
    noun="dataset",
    documents=documents,
    targets=targets,
    origins=(
        Origin(Dataset, lambda dataset: (dataset.territory, [str(dataset.pk)]), SEARCHED_FIELDS),
        Origin(Snapshot, _of_snapshot, frozenset({"state", "columns", "profile"})),
    ),
)
