"""Profiles of the readable datasets of a territory: the use of each column in an analysis.

In: a territory, a person and a purpose. Out: `DatasetProfile`s. Datasets that the purpose does not open (personal
data) are left out. Everything is read through recipes and grants.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from django.core.cache import cache

from beffroi.lake.errors import LakeError
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Group, Measure, Recipe, Source
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.platform.models import Person, Territory

from . import answers, queries
from .columns import ColumnCounts, ColumnUse, classify_column

ANALYSIS_ERRORS = (LakeError, RecipeError, QueryRefused, CatalogueError, answers.StudioError)
"""What may prevent one analysis without preventing the others."""

_COLUMNS_PER_QUERY = 40  # columns counted in one query
_CACHED_FOR = timedelta(hours=1)
_SCHOOL_YEAR = re.compile(r"(19|20)\d{2}[-/](19|20)?\d{2}")


@dataclass(frozen=True)
class DatasetProfile:
    """A dataset in force and the use of its columns, those that serve for nothing left out."""

    dataset: Dataset
    snapshot: Snapshot
    uses: tuple[ColumnUse, ...]

    @property
    def rows(self) -> int:
        return self.snapshot.rows_total

    @property
    def alias(self) -> str:
        """A short readable name of the dataset inside a recipe."""
        return self.dataset.slug.replace("-", "_")[:60]

    def with_roles(self, *roles: str) -> list[ColumnUse]:
        return [use for use in self.uses if use.role in roles]

    def use(self, name: str) -> ColumnUse:
        return next(use for use in self.uses if use.name == name)


def profile_datasets(territory: Territory, person: Person, processing: Processing) -> list[DatasetProfile]:
    """Every dataset that may be read for this purpose, the largest first."""
    found = []
    for dataset in Dataset.objects.of(territory):
        snapshot = dataset.current
        if snapshot is None or dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
            continue
        try:
            uses = classify_columns(person, dataset, snapshot, processing)
            found.append(
                DatasetProfile(dataset, snapshot, tuple(use for use in uses if use.role != "nothing"))
            )
        except ANALYSIS_ERRORS:
            continue
    return sorted(found, key=lambda profile: (-profile.rows, profile.dataset.slug))


def classify_columns(
    person: Person, dataset: Dataset, snapshot: Snapshot, processing: Processing
) -> tuple[ColumnUse, ...]:
    """Every column that is neither personal nor a shape, counted, those that serve for nothing among them."""
    columns = [c for c in snapshot.columns if c["type"] not in ("geometry", "time") and not c.get("personal")]
    uses: list[ColumnUse] = []
    for start in range(0, len(columns), _COLUMNS_PER_QUERY):
        part = columns[start : start + _COLUMNS_PER_QUERY]
        counted = _count(person, dataset, part, processing)
        for column in part:
            use = classify_column(
                column["name"], column["label"], column["type"], None, counted[column["name"]]
            )
            uses.append(_school_years(use))
    return tuple(uses)


def cached_uses(
    person: Person, dataset: Dataset, snapshot: Snapshot, processing: Processing
) -> tuple[ColumnUse, ...]:
    """The same, counted once for this person and delivery; by the headers alone when they cannot be counted now."""
    key = f"studio.uses.{snapshot.pk}.{snapshot.at.timestamp()}.{processing.pk}.{person.pk}"
    found: tuple[ColumnUse, ...] | None = cache.get(key)
    if found is None:
        try:
            found = classify_columns(person, dataset, snapshot, processing)
        except ANALYSIS_ERRORS:
            uncounted = ColumnCounts(rows=1, filled=1, distinct=2)
            return tuple(
                classify_column(c["name"], c["label"], c["type"], c.get("personal"), uncounted)
                for c in snapshot.columns
            )
        cache.set(key, found, _CACHED_FOR.total_seconds())
    return found


def _school_years(use: ColumnUse) -> ColumnUse:
    """« 2016-2017 » is a year that is written as a text."""
    low, high = use.counted.low, use.counted.high
    both = isinstance(low, str) and isinstance(high, str)
    if both and _SCHOOL_YEAR.fullmatch(str(low)) and _SCHOOL_YEAR.fullmatch(str(high)):
        return replace(use, role="year")
    return use


def _count(
    person: Person, dataset: Dataset, columns: list[dict[str, str]], processing: Processing
) -> dict[str, ColumnCounts]:
    measures = [Measure(name="rows", operation="count")]
    for n, column in enumerate(columns):
        name = column["name"]
        measures += [
            Measure(name=f"filled_{n}", operation="count", column=name),
            Measure(name=f"distinct_{n}", operation="count_distinct", column=name),
        ]
        if column["type"] != "boolean":
            measures += [
                Measure(name=f"low_{n}", operation="min", column=name),
                Measure(name=f"high_{n}", operation="max", column=name),
            ]
    recipe = Recipe(
        title=f"Colonnes de {dataset.title}"[:200],
        sources={"jeu": dataset.slug},
        steps=(Source(source="jeu"), Group(measures=tuple(measures))),
    )
    opened = answers.open_sources(person, dataset.territory, recipe, processing)
    row = queries.run_recipe(recipe, opened.grants).table.to_pylist()[0]
    return {
        column["name"]: ColumnCounts(
            rows=row["rows"],
            filled=row[f"filled_{n}"],
            distinct=row[f"distinct_{n}"],
            low=row.get(f"low_{n}"),
            high=row.get(f"high_{n}"),
        )
        for n, column in enumerate(columns)
    }
