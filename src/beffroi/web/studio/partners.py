"""Datasets that may be joined to one: the likeliest by their headers, kept where the values of these columns meet.

In: a dataset and the person who would join it. Out: the partners, at most three, each with the columns in common.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache

from beffroi.recipes.french import join_words
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Person, Territory

from .analysis_builder import Column, poured_datasets, usable_columns
from .columns import ColumnCounts, classify_column, header_words, vocabulary
from .dataset_profiles import ANALYSIS_ERRORS
from .join_keys import DatasetPair, score_columns
from .key_scores import KEY_TYPES
from .services import steering

MAX_PARTNERS = 3
_MEASURED = 6
_COLUMNS = 3
"""Partners measured, and columns of each: a page costs a few queries, the first time."""
_CACHED_FOR = timedelta(hours=1)
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


def propose_partners(dataset: Dataset, person: Person) -> list[ProposedPartner]:
    """The likeliest partners of a dataset, at most three, whose values were measured; read once an hour."""
    snapshot = dataset.current
    if snapshot is None:
        return []
    own = _key_columns(snapshot)
    found = []
    for other in last_snapshots(dataset.territory):
        if other.dataset_id != dataset.pk and (shared := _in_common(own, _key_columns(other))):
            found.append((other, shared))
    processing = steering(dataset.territory)
    partners: list[ProposedPartner] = []
    # The sort is stable: among equals, the last one poured comes first.
    for other, shared in sorted(found, key=lambda one: -len(one[1]))[:_MEASURED]:
        pair = DatasetPair(person, processing, dataset, other.dataset)
        if labels := _that_meet(pair, snapshot, other, shared):
            partners.append(ProposedPartner(other.dataset.slug, other.dataset.title, labels))
        if len(partners) == MAX_PARTNERS:
            break
    return partners


def _that_meet(
    pair: DatasetPair, snapshot: Snapshot, other: Snapshot, shared: Sequence[tuple[Column, Column]]
) -> tuple[str, ...]:
    """The labels of the columns that hold the same values, among those whose headers agree."""
    moments = "-".join(f"{one.pk}.{one.at.timestamp()}" for one in (snapshot, other))
    key = f"studio.partners.{moments}.{pair.processing.pk}.{pair.person.pk}"
    found: tuple[str, ...] | None = cache.get(key)
    if found is None:
        names = [(one.name, another.name) for one, another in shared[:_COLUMNS]]
        try:
            meeting = {score.left for score in score_columns(pair, names)}
        except ANALYSIS_ERRORS:
            return ()
        found = tuple(dict.fromkeys(one.label for one, _ in shared if one.name in meeting))
        cache.set(key, found, _CACHED_FOR.total_seconds())
    return found


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


def _in_common(columns: Sequence[Column], others: Sequence[Column]) -> list[tuple[Column, Column]]:
    """The columns of both whose headers agree."""
    return [(column, other) for column in columns for other in others if _alike(column, other)]


def _alike(column: Column, other: Column) -> bool:
    if (column.type == "date") != (other.type == "date"):
        return False
    words = set(header_words(column.name, column.label)) & set(header_words(other.name, other.label))
    return bool(words - _VAGUE)
