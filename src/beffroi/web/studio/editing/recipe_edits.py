"""Edits of a recipe: a step put, moved or removed; sources follow. In: a recipe. Out: another.

The first step, which names the data, stays the first. Raises StudioError for an invalid recipe.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from beffroi.recipes.context import STEP_TITLES
from beffroi.recipes.model import Recipe, Source, Step, reads
from beffroi.text import unique_name

from ..answers import StudioError, read_definition

MAX_STEPS = 40


def put_steps(
    recipe: Recipe, at: int, steps: Sequence[Step], sources: Mapping[str, str], *, instead: bool = False
) -> Recipe:
    """The recipe with these steps at index `at`, `instead` of the one that is there or before it."""
    _check(recipe, at, within=len(recipe.steps) if instead else len(recipe.steps) + 1)
    updated = list(recipe.steps)
    updated[at : at + 1 if instead else at] = steps
    if len(updated) > MAX_STEPS:
        raise StudioError(
            f"Une analyse a {MAX_STEPS} étapes au plus : celle-ci n'est pas ajoutée. Retirez-en une d'abord."
        )
    return _written(recipe, updated, {**recipe.sources, **sources})


def move_step(recipe: Recipe, at: int, by: int) -> Recipe:
    """The recipe whose step at index `at` went `by` places down (−1: up)."""
    _check(recipe, at)
    to = at + by
    if not 1 <= to < len(recipe.steps):
        raise StudioError("Cette étape ne peut pas aller plus loin : rien n'a changé.")
    updated = list(recipe.steps)
    updated.insert(to, updated.pop(at))
    return _written(recipe, updated, recipe.sources)


def remove_step(recipe: Recipe, at: int) -> Recipe:
    _check(recipe, at)
    return _written(recipe, [*recipe.steps[:at], *recipe.steps[at + 1 :]], recipe.sources)


def step_title(step: Step) -> str:
    """« Filtrer »."""
    return f"«\u00a0{STEP_TITLES[step.step]}\u00a0»"


def _check(recipe: Recipe, at: int, within: int | None = None) -> None:
    if not 1 <= at < (len(recipe.steps) if within is None else within):
        raise StudioError(
            "Cette étape n'existe pas, ou plus : rien n'a changé. La page montre l'analyse telle qu'elle est."
        )


def _written(recipe: Recipe, steps: Sequence[Step], sources: Mapping[str, str]) -> Recipe:
    read = {alias for step in steps for alias in reads(step)}
    definition: dict[str, Any] = recipe.model_dump(mode="json")
    definition["steps"] = [step.model_dump(mode="json") for step in steps]
    definition["sources"] = {alias: slug for alias, slug in sources.items() if alias in read}
    return read_definition(definition)


def new_recipe(dataset_slug: str, title: str) -> Recipe:
    """The recipe that only takes a dataset."""
    alias = new_alias(dataset_slug, ())
    return Recipe(title=title[:200], sources={alias: dataset_slug}, steps=(Source(source=alias),))


def new_alias(slug: str, taken: Sequence[str]) -> str:
    """A short readable name of a dataset inside a recipe, that no other bears."""
    return unique_name(slug.replace("-", "_")[:60], taken.__contains__, "_")
