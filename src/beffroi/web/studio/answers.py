"""What an analysis answers: its rights asked, its data read through grants, its result kept, its figure labelled.

In come a person (None: the public) and a stored recipe; out comes an `Answer`, with the deliveries that it was read
from. When the analysis fails today, the last good answer is given with its date and the reason in French.
"""

import os
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from pydantic import ValidationError

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.recipes import pool
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.figures import Figure
from beffroi.recipes.french import number_text
from beffroi.recipes.model import Group, Join, Measure, Pivot, Recipe, Step, Top
from beffroi.recipes.release import Released
from beffroi.recipes.requests import Asks, Request
from beffroi.web.catalogue import grants as catalogue_grants
from beffroi.web.catalogue.grants import NotGranted
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.territories.fairness import resting
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import require

from . import results
from .models import StoredRecipe

MOST_ROWS = 5_000
SERVING = "BEFFROI_SERVING"  # set by `beffroi serve`: no query ever runs inside the web's own process
_PERIOD = re.compile(r"\{periode:([^}]+)\}")
_TOKENS = re.compile(r"\{[^}]+\}")
_ONE = re.compile(r"\b([01]) (ligne|commune|relevé)s\b")  # « 1 lignes » is « 1 ligne »


class StudioError(Exception):
    """An analysis cannot be saved or answered; French, what happened and what to do."""


@dataclass(frozen=True)
class Source:
    """A delivery that an answer was read from."""

    dataset: str
    slug: str
    number: int
    date: datetime
    producer: str
    simulated: bool


@dataclass(frozen=True)
class Answer:
    """A result ready to be shown. `failure` is set when this is the last good answer, kept from `at`."""

    released: Released
    recipe: Recipe
    figure: Figure
    sources: list[Source]
    at: datetime
    failure: str | None = None


def read_definition(definition: dict[str, Any]) -> Recipe:
    """The recipe in a stored definition. Raises StudioError with what is wrong with it."""
    try:
        return Recipe.model_validate(definition)
    except ValidationError as error:
        reasons = {str(e["msg"]).removeprefix("Value error, ") for e in error.errors()}
        raise StudioError(f"Cette analyse est mal écrite : {' '.join(sorted(reasons))}") from error


def answer(person: Person | None, stored: StoredRecipe) -> Answer:
    """The answer to a stored recipe, as far as this person may see. Raises NotGranted or StudioError."""
    if person is not None:
        require(person, "board.read", stored.territory)
    recipe = read_definition(stored.definition)
    opened = open_sources(person, stored.territory, recipe, stored.processing)
    question = results.Question(stored, opened.grants, tuple(opened.snapshots.values()))
    kept = results.find(question)
    if kept is None:
        try:
            released, figure = compute(recipe, opened.grants)
        except (LakeError, RecipeError, QueryRefused) as error:
            return _last_good(question, recipe, str(error))
        results.keep(question, released, figure.base, figure.year)
        kept = results.find(question) or results.Kept.now(released, figure.base, figure.year)
    return _dressed(recipe, kept, question.snapshots)


def preview(person: Person, territory: Territory, recipe: Recipe, processing: Processing) -> Answer:
    """The answer to a recipe that is not saved, and is not kept."""
    require(person, "recipe.edit", territory)
    opened = open_sources(person, territory, recipe, processing)
    try:
        released, figure = compute(recipe, opened.grants)
    except (LakeError, RecipeError, QueryRefused) as error:
        raise StudioError(str(error)) from error
    kept = results.Kept.now(released, figure.base, figure.year)
    return _dressed(recipe, kept, tuple(opened.snapshots.values()))


@dataclass(frozen=True)
class Opened:
    """The sources of a recipe: their grants and the deliveries that these read."""

    grants: dict[str, Grant]
    snapshots: dict[str, Snapshot]


def open_sources(
    person: Person | None, territory: Territory, recipe: Recipe, processing: Processing
) -> Opened:
    """Ask the catalogue for each source. Raises NotGranted, or StudioError when a dataset is not there."""
    grants: dict[str, Grant] = {}
    snapshots: dict[str, Snapshot] = {}
    for alias, slug in recipe.sources.items():
        dataset = Dataset.objects.of(territory).filter(slug=slug).first()
        snapshot = dataset.current if dataset else None
        if dataset is None or snapshot is None:
            raise StudioError(
                f"Le jeu de données « {slug} » n'est plus au catalogue : l'analyse « {recipe.title} » ne peut pas être "
                "calculée. Déposez-le à nouveau, ou choisissez un autre jeu."
            )
        grants[alias] = catalogue_grants.grant(person, dataset, processing, snapshot=snapshot)
        snapshots[alias] = snapshot
    return Opened(grants, snapshots)


def ask(recipe: Recipe, grants: dict[str, Grant], limit: int = MOST_ROWS) -> Released:
    """Run a recipe in the query processes."""
    return put(Request(recipe=recipe, grants=grants, limit=limit))


def put[A](request: Asks[A]) -> A:
    """Put a request to the query processes; to this process for commands and tests, never in the served site."""
    socket = settings.HOME.query_socket
    if not socket.exists():
        if os.environ.get(SERVING):
            raise QueryRefused(
                "Le moteur de calcul redémarre. Vos données et vos analyses sont gardées. Rechargez la page dans une minute."
            )
        socket = None
    with resting():
        return pool.ask(socket, request)


def compute(recipe: Recipe, grants: dict[str, Grant]) -> tuple[Released, Figure]:
    """The result, and the figure with its base and its years counted in the rows that entered the result."""
    released = ask(recipe, grants)
    return released, labelled(recipe, grants)


def labelled(recipe: Recipe, grants: dict[str, Grant]) -> Figure:
    """The figure, its `{lignes}`, `{perdues}` and `{periode:column}` replaced by what the data say today."""
    figure = figure_of(recipe)
    period = _PERIOD.search(figure.year)
    figure = _partnered(recipe, figure, grants)
    if not period and not {"{lignes}", "{perdues}"} & set(_TOKENS.findall(figure.base)):
        return figure
    row = _one_row(_entering(recipe, period[1] if period else None), grants)
    lines = row.get("lignes")
    base = figure.base.replace("{lignes}", _counted(lines))
    if "{perdues}" in base:
        before = _one_row(_entering(recipe, None, lossless=True), grants).get("lignes")
        lost = before - lines if isinstance(before, int) and isinstance(lines, int) else None
        base = base.replace("{perdues}", _counted(lost))
    base = _ONE.sub(r"\1 \2", base)
    year = _PERIOD.sub(lambda _: period_text(row.get("debut"), row.get("fin")), figure.year)
    return figure.model_copy(update={"base": base, "year": year})


def _partnered(recipe: Recipe, figure: Figure, grants: dict[str, Grant]) -> Figure:
    """The base of two datasets brought together: rows of the first, those that found a partner, those that did not.

    Raises RecipeError when a row finds several partners, as a new delivery may bring: totals would be too large.
    """
    index = next((n for n, step in enumerate(recipe.steps) if isinstance(step, Join)), None)
    if index is None or "{trouvees}" not in figure.base:
        return figure
    before = tuple(step for step in recipe.steps[:index])
    join = recipe.steps[index]
    counting = Group(measures=(Measure(name="lignes", operation="count"),))

    def count(*steps: Step) -> Any:
        asked = Recipe(title=recipe.title, sources=recipe.sources, steps=(*before, *steps, counting))
        return _one_row(asked, grants).get("lignes")

    rows = count()
    found = count(join.model_copy(update={"keep": "matched"}))
    everything = count(join.model_copy(update={"keep": "all"}))
    lost = everything - found if isinstance(everything, int) and isinstance(found, int) else None
    if lost is not None and isinstance(rows, int) and found != rows - lost:
        raise RecipeError(
            "des lignes trouvent maintenant plusieurs partenaires dans le second jeu : les totaux seraient trop grands. "
            "Retirez de ce jeu les lignes en double, ou refaites l'analyse avec une autre colonne commune."
        )
    base = figure.base.replace("{trouvees}", _counted(found)).replace("{avant}", _counted(rows))
    base = _ONE.sub(r"\1 \2", base.replace("{perdues}", _counted(lost)))
    return figure.model_copy(update={"base": base})


def _one_row(recipe: Recipe, grants: dict[str, Grant]) -> dict[str, Any]:
    try:
        rows = ask(recipe, grants).table.to_pylist()
    except RecipeError:
        # Protected data refuse their smallest and largest values: the figure is then not dated.
        return {}
    return dict(rows[0]) if rows else {}


def _counted(lines: Any) -> str:
    return number_text(lines) if isinstance(lines, int) else "un petit nombre de"


def figure_of(recipe: Recipe) -> Figure:
    """The recipe's figure; a plain table when it has none."""
    return recipe.figure or Figure(
        kind="table",
        title=recipe.title,
        unit="voir les colonnes",
        base="{lignes} lignes",
        year="non précisée",
        source="voir les jeux de données",
    )


def period_text(begin: Any, end: Any) -> str:
    """« 2011 à 2017 », « 2016 »: the years from the first value to the last."""
    if begin is None or end is None:
        return "non datée"
    first, last = (str(value.year) if isinstance(value, date) else str(value) for value in (begin, end))
    return first if first == last else f"{first} à {last}"


def _entering(recipe: Recipe, period: str | None, *, lossless: bool = False) -> Recipe:
    """The recipe that counts the rows entering the first step that merges or drops some, and their period.

    `lossless` keeps the rows for which a join found nothing.
    """
    before: list[Step] = []
    for step in recipe.steps:
        if isinstance(step, Group | Pivot | Top):
            break
        before.append(
            step.model_copy(update={"keep": "all"}) if lossless and isinstance(step, Join) else step
        )
    measures = [Measure(name="lignes", operation="count")]
    if period:
        measures += [Measure(name="debut", operation="min", column=period)]
        measures += [Measure(name="fin", operation="max", column=period)]
    return Recipe(
        title=recipe.title, sources=recipe.sources, steps=(*before, Group(measures=tuple(measures)))
    )


def _last_good(question: results.Question, recipe: Recipe, reason: str) -> Answer:
    found = results.last_good(question)
    if found is None:
        raise StudioError(reason)
    kept, snapshots = found
    return replace(_dressed(recipe, kept, tuple(snapshots)), failure=reason)


def _dressed(recipe: Recipe, kept: results.Kept, snapshots: tuple[Snapshot, ...]) -> Answer:
    figure = figure_of(recipe).model_copy(update={"base": kept.base, "year": kept.year})
    sources = [
        Source(
            dataset=s.dataset.title,
            slug=s.dataset.slug,
            number=s.number,
            date=s.at,
            producer=s.dataset.producer,
            simulated=s.dataset.simulated,
        )
        for s in snapshots
    ]
    if any(source.simulated for source in sources):
        figure = figure.model_copy(update={"simulated": True})
    return Answer(kept.released, recipe, figure, sources, kept.at)


__all__ = ["Answer", "NotGranted", "PermissionDenied", "Source", "StudioError", "answer", "preview"]
