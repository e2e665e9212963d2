"""Datasets by their short name, with the delivery in force: one at a time, or many at once in two queries."""

from collections.abc import Iterable

from django.db.models import OuterRef, Subquery

from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read, is_active, is_stored, store_read

from .models import Dataset, Snapshot, current_snapshot


@cached_read
def dataset_named(territory: Territory, slug: str) -> Dataset | None:
    """The dataset under this short name."""
    found: Dataset | None = Dataset.objects.of(territory).filter(slug=slug).first() if slug else None
    return found


def preload(territory: Territory, slugs: Iterable[str]) -> None:
    """Read these datasets and their deliveries in force now, for a page that will ask for each of them."""
    if not is_active():
        return
    named = {slug for slug in slugs if slug}
    wanted = {slug for slug in named if not is_stored(dataset_named, territory, slug)}
    if wanted:
        rows = {dataset.slug: dataset for dataset in Dataset.objects.of(territory).filter(slug__in=wanted)}
        for slug in wanted:
            store_read(dataset_named, rows.get(slug), territory, slug)
    read = (dataset_named(territory, slug) for slug in named)
    preload_current(territory, [dataset for dataset in read if dataset is not None])


def preload_current(territory: Territory, datasets: Iterable[Dataset]) -> None:
    """Read the deliveries in force of these datasets now."""
    if not is_active():
        return
    wanted = {dataset.pk: dataset for dataset in datasets if not is_stored(current_snapshot, dataset)}
    if not wanted:
        return
    done = Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE)
    last = Subquery(done.filter(dataset=OuterRef("dataset")).order_by("-number").values("number")[:1])
    current = {snapshot.dataset_id: snapshot for snapshot in done.filter(dataset__in=wanted, number=last)}
    for key, dataset in wanted.items():
        store_read(current_snapshot, current.get(key), dataset)
