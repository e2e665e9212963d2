"""Datasets that may be joined to one: found by the headers and types of their columns, nothing being read.

In: a dataset. Out: the likeliest partners, each with the columns in common, which are measured once one is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.recipes.french import join_words
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory

from .analysis_builder import Column, poured_datasets, usable_columns
from .columns import ColumnCounts, classify_column, header_words, vocabulary
from .join_keys import KEY_TYPES

MAX_PARTNERS = 3
_READ = 200
"""The datasets looked at, the last ones poured first: the cost of a page does not grow with the catalogue."""
_VAGUE = vocabulary("nom libelle type code id num numero no n de du des la le les et par identifiant")
_UNCOUNTED = ColumnCounts(rows=1, filled=1, distinct=2)


@dataclass(frozen=True)
class ProposedPartner:
    """A dataset, and the columns that it seems to have in common."""

    slug: str
    title: str
    columns: tuple[str, ...]

    @property
    def by(self) -> str:
        return join_words(f"«\u00a0{label}\u00a0»" for label in self.columns[:2])


def propose_partners(dataset: Dataset) -> list[ProposedPartner]:
    """The likeliest partners of a dataset, at most three."""
    snapshot = dataset.current
    if snapshot is None:
        return []
    own = _key_columns(snapshot)
    found = []
    for other in last_snapshots(dataset.territory):
        if other.dataset_id == dataset.pk:
            continue
        shared = _in_common(own, _key_columns(other))
        if shared:
            found.append(ProposedPartner(other.dataset.slug, other.dataset.title, shared))
    # The sort is stable: among equals, the last one poured comes first.
    return sorted(found, key=lambda one: -len(one.columns))[:MAX_PARTNERS]


def last_snapshots(place: Territory) -> Sequence[Snapshot]:
    """The deliveries in force of the datasets poured last, with their columns alone."""
    datasets = poured_datasets(place)
    poured = Snapshot.objects.filter(dataset__in=datasets, state=Snapshot.State.DONE).order_by("-at")
    last: dict[int, Snapshot] = {}
    for snapshot in poured.select_related("dataset").only(
        "dataset__slug", "dataset__title", "number", "columns"
    )[:_READ]:
        last.setdefault(snapshot.dataset_id, snapshot)
    return list(last.values())


def _key_columns(snapshot: Snapshot) -> list[Column]:
    """The columns that may name what a row is about: no amount, no year, no part of a date."""
    found = []
    for column in usable_columns(snapshot):
        nature = classify_column(column.name, column.label, column.type, None, _UNCOUNTED).nature
        if column.type in KEY_TYPES and nature in (None, "identifier", "unknown"):
            found.append(column)
    return found


def _in_common(columns: Sequence[Column], others: Sequence[Column]) -> tuple[str, ...]:
    """The labels of the columns that one of the others seems to match."""
    return tuple(column.label for column in columns if any(_alike(column, other) for other in others))


def _alike(column: Column, other: Column) -> bool:
    if (column.type == "date") != (other.type == "date"):
        return False
    words = set(header_words(column.name, column.label)) & set(header_words(other.name, other.label))
    return bool(words - _VAGUE)
