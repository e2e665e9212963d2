"""Analyses proposed, tried on the data, and saved with their board only when they give something to read.

In come `Draft`s; out come stored recipes and boards. A draft that fails, or whose figure would be empty, is dropped:
what is shown was computed once already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.model import Recipe, Step
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.studio import answers, services
from beffroi.web.studio.models import Board, StoredRecipe
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import may

from .held import TROUBLES

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
        main = next(iter(self.datasets.values()))
        return slugify(f"{main.slug[:28]} {self.title}")[:78].strip("-")

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


def source_text(datasets: list[Dataset]) -> str:
    """« Fréquentation (Ville de Nantes) et Écoles »: the datasets and who made them, when it is known."""
    names = [f"{d.title} ({d.producer})" if d.producer else d.title for d in datasets]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} et {names[-1]}"


def keep(
    territory: Territory, person: Person, processing: Processing, drafts: Sequence[Draft], most: int = 8
) -> list[StoredRecipe]:
    """Save the first `most` drafts that give something to read, each once."""
    kept: list[StoredRecipe] = []
    for draft in drafts:
        if len(kept) >= most:
            break
        try:
            recipe = draft.recipe()
            if not _tells(recipe, person, territory, processing):
                continue
            stored = services.save_recipe(
                territory, person, draft.slug, recipe.model_dump(mode="json"), processing
            )
            services.answer(person, stored)
        except (*TROUBLES, ValueError):
            continue
        if stored not in kept:
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


def _tells(recipe: Recipe, person: Person, territory: Territory, processing: Processing) -> bool:
    """Whether the figure has something to show: marks enough, values that are not all missing or all nought."""
    found = services.preview(person, territory, recipe, processing)
    table, encodings = found.released.table, found.figure.encodings
    kind = found.figure.kind
    least = LEAST_MARKS if kind in ("bar", "line") else 1
    if table.num_rows < least:
        return False
    measured = encodings.y or encodings.value
    if measured is None:
        return True
    values = [value for value in table[measured].to_pylist() if value is not None]
    return len(values) >= least and (kind == "number" or any(value != 0 for value in values))


__all__ = ["Draft", "answers", "board", "keep", "source_text"]
