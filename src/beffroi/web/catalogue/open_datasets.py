"""Published datasets of a territory: searched, by theme, each with the delivery in force.

In: a territory and the parameters q, theme, page. Out: rows and the context of the public page. Two queries, whatever their
number.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import QueryDict

from beffroi.web.platform.models import Territory

from .dataset_search import find_rows, theme_of_dataset
from .models import Dataset, Snapshot
from .publication.authorisations import published_datasets
from .themes import OTHER, THEMES, Theme

A_PAGE: Final = 25
LATEST: Final = 5


@dataclass(frozen=True)
class OpenDataset:
    """A published dataset with the delivery in force."""

    dataset: Dataset
    current: Snapshot | None

    @cached_property
    def theme(self) -> Theme:
        return theme_of_dataset(self.dataset, self.current)


def published(territory: Territory) -> list[OpenDataset]:
    """Every published dataset, by title."""
    done = Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE)
    last = done.filter(dataset=OuterRef("pk")).order_by("-number").values("pk")[:1]
    datasets = list(published_datasets(territory).annotate(last=Subquery(last)))
    current = {
        snapshot.dataset_id: snapshot
        for snapshot in done.filter(pk__in=[dataset.last for dataset in datasets]).only(
            "dataset_id", "territory_id", "rows_total", "columns", "at"
        )
    }
    return [OpenDataset(dataset, current.get(dataset.pk)) for dataset in datasets]


def listing(territory: Territory, params: QueryDict) -> dict[str, Any]:
    """Context of the public list."""
    query = params.get("q", "").strip()[:200]
    rows = published(territory)
    found, near = find_rows(territory, query, rows)
    chosen = next((theme for theme in (*THEMES, OTHER) if theme.key == params.get("theme")), None)
    selected = [row for row in found if chosen is None or row.theme == chosen]
    return {
        "page": Paginator(selected, A_PAGE).get_page(params.get("page")),
        "total": len(rows),
        "query": query,
        "near": near,
        "chosen": chosen,
        "themes": count_themes(found),
    }


def latest(rows: list[OpenDataset]) -> list[OpenDataset]:
    """The few that were published last."""
    return sorted(rows, key=lambda row: row.dataset.published_at, reverse=True)[:LATEST]


def count_themes(rows: list[OpenDataset]) -> list[tuple[Theme, int]]:
    """Themes that have datasets, with how many."""
    counts = Counter(row.theme for row in rows)
    return [(theme, counts[theme]) for theme in (*THEMES, OTHER) if counts[theme]]
