"""Datasets that answer words; when none has every word, those of the theme that the words name.

In: a territory, the words and the rows of a list (each with its `dataset` and its `current` delivery). Out: the rows found, and
the theme when they were found by it.
"""

from collections.abc import Sequence
from typing import Protocol

from beffroi.web.platform.models import Territory
from beffroi.web.search import services as search

from .models import Dataset, Snapshot
from .search_documents import DATASETS
from .themes import OTHER, Theme, theme_of


class DatasetRow(Protocol):
    @property
    def dataset(self) -> Dataset: ...
    @property
    def current(self) -> Snapshot | None: ...


def find_rows[R: DatasetRow](
    territory: Territory, query: str, rows: Sequence[R]
) -> tuple[list[R], Theme | None]:
    """« budget 2024 »: no dataset has both words, and those that speak of the budget are what is sought."""
    if not query:
        return list(rows), None
    found = search.answering(territory, query, DATASETS.name, rows, lambda row: row.dataset.pk)
    theme = theme_of(query)
    if found or theme == OTHER:
        return found, None
    themes = _themes_of(rows)
    near = [row for row in rows if themes[row.dataset.pk] == theme]
    return near, theme if near else None


def theme_of_dataset(dataset: Dataset, current: Snapshot | None) -> Theme:
    columns = " ".join(column["label"] for column in current.columns) if current else ""
    return theme_of(dataset.title, f"{dataset.description} {columns}")


def _themes_of(rows: Sequence[DatasetRow]) -> dict[int, Theme]:
    """The theme of each dataset, by one query, whatever the list had loaded."""
    current = Snapshot.objects.only("columns").in_bulk([row.current.pk for row in rows if row.current])
    return {
        row.dataset.pk: theme_of_dataset(row.dataset, current[row.current.pk] if row.current else None)
        for row in rows
    }
