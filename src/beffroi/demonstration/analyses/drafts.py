"""Analyses proposed, tried on the data, and saved with their board only when they give something to read.

In come `Draft`s; out come stored recipes and boards. A draft that fails, or whose figure would be empty, is dropped:
what is shown was computed once already.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.utils.text import slugify

from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.french import listed
from beffroi.recipes.model import Recipe, Step
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.studio import answers, results, services
from beffroi.web.studio.held import TROUBLES
from beffroi.web.studio.models import Board, StoredRecipe
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import may

LEAST_MARKS = 2  # a chart of one bar says less than a number


@dataclass(frozen=True)
class Draft:
    """A recipe to try. `datasets`: alias → dataset, the first being the one that the figure is about."""

    title: str
    datasets: dict[str, Dataset]
    steps: Sequence[Step]
    kind: str
    unit: str
    base: str
    year: str
    encodings: dict[str, Any]
    estimated: bool = False

    @property
    def slug(self) -> str:
        """Readable, the same each time, and never that of another draft whose title begins alike."""
        slugs = [dataset.slug for dataset in self.datasets.values()]
        mark = hashlib.sha256("/".join([*slugs, self.title]).encode()).hexdigest()[:6]
        return f"{slugify(f'{slugs[0][:28]} {self.title}')[:70].strip('-')}-{mark}"

    def recipe(self) -> Recipe:
        return Recipe(
            title=self.title[:200],
            sources={alias: dataset.slug for alias, dataset in self.datasets.items()},
            steps=tuple(self.steps),
            figure=Figure(
                kind=self.kind,  # type: ignore[arg-type]
                title=self.title,
                unit=self.unit,
                base=self.base,
                year=self.year,
                source=source_text(list(self.datasets.values())),
                encodings=Encodings(**self.encodings),
                estimated=self.estimated,
                simulated=any(dataset.simulated for dataset in self.datasets.values()),
            ),
        )

    def tells(self, table: pa.Table) -> bool:
        """Whether there is something to read: marks enough, values that are not all missing, all nought, all alike."""
        least = LEAST_MARKS if self.kind in ("bar", "line") else 1
        measured = self.encodings.get("y") or self.encodings.get("value")
        if table.num_rows < least or measured is None:
            return bool(table.num_rows >= least)
        values = [float(value) for value in table[measured].to_pylist() if value is not None]
        if len(values) < least:
            return False
        if self.unit == "lignes" and self.kind in ("bar", "line"):
            return max(values) > 1.1 * min(values)  # as many rows everywhere: nothing is told
        return self.kind == "number" or any(value != 0 for value in values)


def source_text(datasets: list[Dataset]) -> str:
    """« Fréquentation et Écoles (Ville de Nantes) »: the datasets and who made them, when it is known."""
    producers = {d.producer for d in datasets}
    if len(producers) == 1 and (producer := producers.pop()):
        return f"{listed(d.title for d in datasets)} ({producer})"
    return listed(f"{d.title} ({d.producer})" if d.producer else d.title for d in datasets)


def keep(
    territory: Territory, person: Person, processing: Processing, drafts: Sequence[Draft], most: int = 8
) -> list[StoredRecipe]:
    """Save the first `most` drafts that give something to read, each once, with the answer that was tried."""
    kept: list[StoredRecipe] = []
    titles: set[str] = set()
    for draft in drafts:
        if len(kept) >= most:
            break
        if draft.title in titles:
            continue
        try:
            recipe = draft.recipe()
            opened = answers.open_sources(person, territory, recipe, processing)
            released, figure = answers.compute(recipe, opened.grants)
            if not draft.tells(released.table):
                continue
            stored = services.save_recipe(
                territory, person, draft.slug, recipe.model_dump(mode="json"), processing
            )
        except (*TROUBLES, ValueError):
            continue
        question = results.Question(stored, opened.grants, tuple(opened.snapshots.values()))
        results.keep(question, released, figure.base, figure.year)
        titles.add(draft.title)
        kept.append(stored)
    return kept


def board(
    territory: Territory,
    person: Person,
    slug: str,
    title: str,
    question: str,
    recipes: Sequence[StoredRecipe],
    *,
    rank: int,
) -> Board | None:
    """Save the board unless it would be empty; shown to the public when its author may publish."""
    if not recipes:
        return None
    public = may(person, "dataset.publish", territory)
    slugs = [recipe.slug for recipe in recipes]
    return services.save_board(territory, person, slug, title, question, slugs, public, rank=rank)
