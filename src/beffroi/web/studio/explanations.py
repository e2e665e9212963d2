"""Explanations of an analysis for its readers: French sentences, readable SQL, reports of joins and checks.

In: a recipe and the deliveries that it reads. Out: text. The SQL is written from the types of the columns alone and
never run.
"""

import ibis

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.recipes.compile import to_sql
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import Check, Derive, Group, Join, Measure, Recipe
from beffroi.recipes.sentences import sentences
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Territory

from .analysis_builder import DATE_PARTS, INNER
from .answers import OpenedSources
from .labelling import figure_of
from .queries import run_recipe
from .row_counts import safe_difference

_TYPES = {
    "integer": "int64",
    "decimal": "decimal(18, 3)",
    "number": "float64",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "time": "time",
}


def describe_steps(recipe: Recipe, territory: Territory) -> list[str]:
    """One sentence a step, with the labels of the columns."""
    return sentences(recipe, column_labels(recipe, territory))


def column_labels(recipe: Recipe, territory: Territory) -> dict[str, str]:
    """Labels of the columns of a recipe, and titles of its datasets (by their slug)."""
    labels: dict[str, str] = {}
    datasets = {d.slug: d for d in Dataset.objects.of(territory).filter(slug__in=recipe.sources.values())}
    for alias, slug in recipe.sources.items():
        if slug not in datasets:
            continue
        labels[slug] = datasets[slug].title
        if current := datasets[slug].current:
            for column in current.columns:
                # A name that two datasets bear is the first's; the second's bears its alias behind it.
                labels.setdefault(column["name"], column["label"])
                labels[f"{column['name']}_{alias}"] = f"{column['label']} ({datasets[slug].title})"
    return labels | _made(recipe, labels) | figure_of(recipe).encodings.labels


def _made(recipe: Recipe, labels: dict[str, str]) -> dict[str, str]:
    """Labels of the intermediate columns of the analysis form, which nobody named."""
    made: dict[str, str] = {}
    for step in recipe.steps:
        if (
            isinstance(step, Derive)
            and step.operation in DATE_PARTS
            and step.name.rstrip("_") == step.operation
        ):
            made[step.name] = f"{labels.get(step.column, step.column)}, {DATE_PARTS[step.operation]}"
        elif isinstance(step, Group):
            for measure in step.measures:
                if measure.name.endswith(INNER):
                    made[measure.name] = f"{measure.name.removesuffix(INNER)} de chaque ligne rapprochée"
    return {name: words for name, words in made.items() if name not in labels}


def render_sql(recipe: Recipe, opened: OpenedSources) -> str:
    """The query as SQL; a French sentence when it cannot be written without looking at the data."""
    tables = {
        alias: ibis.table(
            {column["name"]: _TYPES.get(column["type"], "string") for column in snapshot.columns},
            name=snapshot.dataset.table,
        )
        for alias, snapshot in opened.snapshots.items()
    }
    try:
        return to_sql(recipe, tables)
    except (LakeError, RecipeError, ibis.common.exceptions.IbisError) as error:
        return f"-- La requête ne peut pas être écrite sans lire les données : {str(error).splitlines()[0]}"


def describe_joins(recipe: Recipe, opened: OpenedSources) -> list[str]:
    """For each join, how many rows found something and how many did not."""
    lines = []
    grants = opened.grants
    if any(isinstance(step, Join) for step in recipe.steps) and any(g.protected for g in grants.values()):
        return [
            "Le détail du rapprochement n'est pas montré : ses comptes feraient reconnaître de petits groupes."
        ]
    for index, step in enumerate(recipe.steps):
        if not isinstance(step, Join):
            continue
        before = recipe.steps[:index]
        try:
            rows = _count(recipe, before, grants)
            pairs = _count(recipe, (*before, step.model_copy(update={"keep": "matched"})), grants)
            everything = _count(recipe, (*before, step.model_copy(update={"keep": "all"})), grants)
        except (LakeError, RecipeError, QueryRefused):
            continue
        if rows is None or pairs is None or everything is None:
            continue
        lost = everything - pairs
        words = [
            f"{humanize_number(rows - lost)} lignes sur {humanize_number(rows)} trouvent leur correspondance"
        ]
        if lost:
            words.append(f"{humanize_number(lost)} n'en trouvent pas")
        if pairs > rows - lost:
            words.append(
                f"{humanize_number(pairs - rows + lost)} lignes de plus, car certaines en trouvent plusieurs"
            )
        lines.append(f"Avec « {opened.snapshots[step.source].dataset.title} » : {' ; '.join(words)}.")
    return lines


def describe_checks(recipe: Recipe, opened: OpenedSources) -> list[str]:
    """For each check, how many rows it tested and how many break a rule."""
    lines = []
    for index, step in enumerate(recipe.steps):
        if not isinstance(step, Check):
            continue
        before = recipe.steps[:index]
        try:
            rows = _count(recipe, before, opened.grants)
            failing = _count(recipe, (*before, step.model_copy(update={"keep": "failing"})), opened.grants)
        except (LakeError, RecipeError, QueryRefused):
            continue
        if rows is None or failing is None or safe_difference(rows, failing, opened.grants) is None:
            continue  # a subtraction would reveal the few that pass
        words = "ligne manque" if failing < 2 else "lignes manquent"
        left = " ; la suite est faite sans" if step.keep == "passing" and failing else ""
        lines.append(
            f"Étape {index + 1} : {humanize_number(failing)} {words} à une règle, sur {humanize_number(rows)}{left}."
        )
    return lines


def _count(recipe: Recipe, steps: tuple[object, ...], grants: dict[str, Grant]) -> int | None:
    counting = Recipe(
        title=recipe.title,
        sources=recipe.sources,
        steps=(*steps, Group(measures=(Measure(name="lignes", operation="count"),))),  # type: ignore[arg-type]
    )
    rows = run_recipe(counting, grants).table.to_pylist()
    value = rows[0]["lignes"] if rows else None
    return int(value) if value is not None else None
