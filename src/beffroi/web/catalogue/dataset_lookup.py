"""Datasets by their short name, with the delivery in force: one at a time, or many at once in two queries."""

from collections.abc import Iterable

from django.db.models import F, OuterRef, Subquery

from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read, store_read

from .models import Dataset, Snapshot, current_snapshot


@cached_read
def dataset_named(territory: Territory, slug: str) -> Dataset | None:
    """The dataset under this short name."""
    found: Dataset | None = Dataset.objects.of(territory).filter(slug=slug).first() if slug else None
    return found


def preload(territory: Territory, slugs: Iterable[str]) -> None:
    """Read these datasets and their deliveries in force now, for a page that will ask for each of them."""
    wanted = {slug for slug in slugs if slug}
    datasets = {dataset.slug: dataset for dataset in Dataset.objects.of(territory).filter(slug__in=wanted)}
    done = Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE)
    last = done.filter(dataset=OuterRef("dataset")).order_by("-number").values("number")[:1]
    rows = done.filter(dataset__in=datasets.values()).annotate(last=Subquery(last)).filter(number=F("last"))
    current = {snapshot.dataset_id: snapshot for snapshot in rows}
    for slug in wanted:
        store_read(dataset_named, datasets.get(slug), territory, slug)
    for dataset in datasets.values():
        store_read(current_snapshot, current.get(dataset.pk), dataset)
