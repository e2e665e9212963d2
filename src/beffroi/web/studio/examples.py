"""Examples of an analysis: run in the query processes, and drawn from the first rows of ordinary data.

In: a stored analysis. Out: the results of its examples, or its next version with one more. Rows of personal or
protected data never become examples.
"""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from beffroi.recipes.column_names import referenced_columns
from beffroi.recipes.examples import ExampleResult, ExamplesRequest
from beffroi.recipes.model import Recipe, Source, sources_of
from beffroi.recipes.model.examples import MAX_EXAMPLES, Example
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from . import services
from .answers import StudioError, open_sources, read_definition
from .models import StoredRecipe
from .queries import run_recipe, submit

FIRST_SOURCE_ROWS: Final = 5
JOINED_SOURCE_ROWS: Final = 20
"""Rows taken of the first source, and of those that are brought beside it."""
_KINDS: Final = {"text", "code", "integer", "decimal", "number", "boolean", "date", "datetime"}


def check_examples(recipe: Recipe, territory: str) -> list[ExampleResult]:
    """Result of each example, in order; no query when there is none. Raises QueryRefused."""
    if not recipe.examples:
        return []
    return ExamplesRequest.read(submit(ExamplesRequest(recipe, territory)))


def refuse_failing(stored: StoredRecipe) -> None:
    """Raises StudioError when an example fails."""
    found = check_examples(read_definition(stored.definition), stored.territory.slug)
    failing = next((verdict for verdict in found if not verdict.passed), None)
    if failing is not None:
        raise StudioError(
            f"L'exemple « {failing.title} » ne donne pas ce qui est attendu : {failing.mismatch} Rien n'est validé. Corrigez "
            "l'analyse ou l'exemple."
        )


def propose(stored: StoredRecipe, person: Person, title: str) -> StoredRecipe:
    """The next version of the analysis, with an example made of the first rows of its data and of what they give."""
    require(person, "recipe.edit", stored.territory)
    recipe = read_definition(stored.definition)
    if len(recipe.examples) >= MAX_EXAMPLES:
        raise StudioError(f"Une analyse a {MAX_EXAMPLES} exemples au plus. Celui-ci n'est pas ajouté.")
    if not title.strip():
        raise StudioError("Donnez un titre à cet exemple : ce qu'il montre. Rien n'est ajouté.")
    samples = _rows(recipe, stored, person)
    fields = {"title": title.strip()[:200], "given": samples}
    tried = recipe.model_copy(
        update={"examples": (Example.model_validate({**fields, "expect": {"columns": ["?"], "rows": []}}),)}
    )
    (verdict,) = check_examples(tried, stored.territory.slug)
    if verdict.found is None:
        raise StudioError(f"Ces lignes ne suffisent pas à faire un exemple : {verdict.mismatch}")
    expect = {"columns": verdict.found.columns, "rows": verdict.found.rows}
    definition = recipe.model_dump(mode="json")
    definition["examples"] = [
        *definition["examples"],
        Example.model_validate({**fields, "expect": expect}).model_dump(mode="json"),
    ]
    return services.save_recipe(stored.territory, person, stored.slug, definition, stored.processing)


def remove(stored: StoredRecipe, person: Person, number: int, version: int) -> str:
    """Take away example `number` (from 1) of the version that the person read; its title. Raises StudioError."""
    require(person, "recipe.edit", stored.territory)
    recipe = read_definition(stored.definition)
    if stored.version != version or not 1 <= number <= len(recipe.examples):
        raise StudioError(
            "L'analyse a changé depuis que vous avez ouvert cette page : aucun exemple n'est retiré. La voici telle qu'elle est."
        )
    remaining = list(recipe.examples)
    removed = remaining.pop(number - 1)
    definition = recipe.model_dump(mode="json") | {"examples": [e.model_dump(mode="json") for e in remaining]}
    services.save_recipe(stored.territory, person, stored.slug, definition, stored.processing)
    return removed.title


def _rows(recipe: Recipe, stored: StoredRecipe, person: Person) -> dict[str, Any]:
    opened = open_sources(person, stored.territory, recipe, stored.processing)
    closed = [s.dataset for s in opened.snapshots.values() if _is_closed(s.dataset)]
    if closed:
        raise StudioError(
            f"« {closed[0].title} » est protégé : ses lignes ne deviennent pas des exemples. Écrivez-en d'inventées dans la "
            "recette."
        )
    first, named = recipe.steps[0], referenced_columns(recipe)
    samples = {}
    for alias in sorted(sources_of(recipe)):
        source = Recipe(title="Exemple", sources=recipe.sources, steps=(Source(source=alias),))
        limit = (
            FIRST_SOURCE_ROWS if isinstance(first, Source) and first.source == alias else JOINED_SOURCE_ROWS
        )
        table = run_recipe(source, {alias: opened.grants[alias]}, limit).table
        columns = _columns(opened.snapshots[alias], named, set(table.column_names))
        rows = [[_cell(row[name]) for name in columns] for row in table.to_pylist()]
        samples[alias] = {"columns": columns, "rows": rows}
    return samples


def _is_closed(dataset: Dataset) -> bool:
    return dataset.sensitivity != Dataset.Sensitivity.ORDINARY or bool(dataset.protection)


def _columns(snapshot: Snapshot, named: set[str], available: set[str]) -> dict[str, str]:
    """Those that a step names, or all of them when none does."""
    known = {c["name"]: c["type"] for c in snapshot.columns if c["type"] in _KINDS and c["name"] in available}
    return {name: kind for name, kind in known.items() if name in named} or known


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
