"""What an analysis answers: its rights asked, its data read through grants, its result kept, its figure labelled.

In come a person (None: the public) and a stored recipe; out comes an `Answer`, with the deliveries that it was read
from. When the analysis fails today, the last good answer is given with its date and the reason in French.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from pydantic import ValidationError

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.recipes import model
from beffroi.recipes.compile import disclosure_step
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.figures import Figure
from beffroi.recipes.model import Recipe
from beffroi.recipes.release import Released, floors_of, refuse_points
from beffroi.recipes.requests import GrantedRecipe
from beffroi.web.catalogue import grants as catalogue_grants
from beffroi.web.catalogue.grants import NotGranted, Shows, may_read_rows
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from . import filters, results, shown
from .labelling import DEPOSITED, cited, deposited_text, figure_of, labelled
from .models import StoredRecipe
from .queries import MOST_ROWS, ask

MOST_PLACES = 40_000  # on a map: every commune of France


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
    rows_open: bool = False
    """Whether its reader may see the rows behind its groups."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """The filters that were applied to it."""
    narrowed_by: tuple[str, ...] = ()
    """The same, with the words of the file's own headers."""

    @property
    def reference(self) -> str:
        """The reference of communes that it brings from, as it is cited."""
        return cited(step.step for step in self.recipe.steps)


def read_definition(definition: dict[str, Any]) -> Recipe:
    """The recipe in a stored definition. Raises StudioError with what is wrong with it."""
    try:
        return Recipe.model_validate(definition)
    except ValidationError as error:
        reasons = {str(e["msg"]).removeprefix("Value error, ") for e in error.errors()}
        raise StudioError(f"Cette analyse est mal écrite : {' '.join(sorted(reasons))}") from error


type Granted = dict[tuple[str, int, Shows], tuple[Grant, Snapshot]]
"""What one reader was granted while one page is made, by dataset, purpose and what leaves: a board asks once for all its
figures."""


def answer(
    person: Person | None,
    stored: StoredRecipe,
    chosen: Mapping[str, str] | None = None,
    held: Granted | None = None,
) -> Answer:
    """The answer to a stored recipe, as far as this person may see, narrowed by what of `chosen` applies to it.

    `held`: what the page was granted so far; it grows. Raises NotGranted or StudioError.
    """
    if person is not None:
        require(person, "board.read", stored.territory)
    recipe = read_definition(stored.definition)
    opened = open_sources(person, stored.territory, recipe, stored.processing, held)
    applied = filters.applicable(recipe, opened.grants, opened.snapshots, chosen or {})
    recipe = filters.narrowed(recipe, opened.snapshots, applied)
    told = filters.said(recipe, opened.snapshots, applied)
    earlier = earlier_of(person, stored, opened, held)
    question = results.Question(
        stored,
        opened.grants,
        tuple(opened.snapshots.values()),
        earlier,
        chosen=tuple(sorted(applied.items())),
    )
    kept = results.find(question)
    if kept is None:
        try:
            kept = _computed(question, recipe)
        except (LakeError, RecipeError, QueryRefused) as error:
            found = _last_good(question, recipe, str(error))
            return replace(found, rows_open=opened.rows, chosen=applied, narrowed_by=told)
    found = _dressed(recipe, kept, question.snapshots)
    return replace(found, rows_open=opened.rows, chosen=applied, narrowed_by=told)


def _computed(question: results.Question, recipe: Recipe) -> results.Kept:
    """The answer, computed once for all who ask at the same time, and kept."""
    with results.alone(question):
        if kept := results.find(question):
            return kept
        released, figure = compute(recipe, dict(question.grants), question.earlier)
        results.keep(question, released, figure.base, figure.year)
        return results.find(question) or results.Kept.now(released, figure.base, figure.year)


def values_to_choose(person: Person, stored: StoredRecipe, name: str) -> list[tuple[str, str]]:
    """The values by which a reader may filter the first source of a recipe; none when it has no such column.

    Kept like an answer: asked for once, whoever reads.
    """
    recipe = read_definition(stored.definition)
    first = recipe.steps[0]
    opened = open_sources(person, stored.territory, recipe, stored.processing, shows=Shows.GROUPS)
    if not isinstance(first, model.Source) or floors_of(opened.grants):
        return []
    snapshot, grant = opened.snapshots[first.source], opened.grants[first.source]
    column = filters.usable(snapshot).get(name)
    if column is None or name not in grant.columns:
        return []
    question = results.Question(stored, {"jeu": grant}, (snapshot,), chosen=(("?", name),))
    kept = results.find(question)
    if kept is None:
        asked = filters.values_of(snapshot.dataset, column)
        released = ask(asked, {"jeu": grant}, filters.MOST_VALUES)
        results.keep(question, released, "", "")
        kept = results.Kept.now(released, "", "")
    return filters.choices(kept.released.table.column(0).to_pylist())


def preview(person: Person, territory: Territory, recipe: Recipe, processing: Processing) -> Answer:
    """The answer to a recipe that is not saved, and is not kept."""
    require(person, "recipe.edit", territory)
    opened = open_sources(person, territory, recipe, processing, way="draft")
    try:
        released, figure = compute(recipe, opened.grants)
    except (LakeError, RecipeError, QueryRefused) as error:
        raise StudioError(str(error)) from error
    kept = results.Kept.now(released, figure.base, figure.year)
    return _dressed(recipe, kept, tuple(opened.snapshots.values()))


@dataclass(frozen=True)
class Opened:
    """The sources of a recipe: their grants and the deliveries that these read. `rows`: whether their reader may see all
    of them row by row, for the purpose for which they were opened."""

    grants: dict[str, Grant]
    snapshots: dict[str, Snapshot]
    rows: bool = False


def shown_by(recipe: Recipe, floors: Mapping[str, int]) -> Shows:
    """Whether rows of protected sources would leave by this recipe, or groups of them; groups of one that cannot be
    followed, by which nothing leaves."""
    try:
        return Shows.ROWS if disclosure_step(recipe, floors) is None else Shows.GROUPS
    except RecipeError:
        return Shows.GROUPS


def open_sources(
    person: Person | None,
    territory: Territory,
    recipe: Recipe,
    processing: Processing,
    held: Granted | None = None,
    *,
    shows: Shows | None = None,
    way: str = "analysis",
) -> Opened:
    """Ask the catalogue for each source. Raises NotGranted, or StudioError when a dataset is not there.

    `shows`: GROUPS for whoever shows no row of what is opened, such as counts; None: what the recipe lets out. `way`: how
    it is read, for the ledger.
    """
    grants: dict[str, Grant] = {}
    snapshots: dict[str, Snapshot] = {}
    held = {} if held is None else held
    for alias, slug in recipe.sources.items():
        try:
            found = _opened(person, territory, recipe, slug, processing, held, Shows.GROUPS, way)
        except NotGranted:
            if shows != Shows.GROUPS and shown_by(recipe, {alias: 1}) == Shows.ROWS:
                _opened(
                    person, territory, recipe, slug, processing, held, Shows.ROWS, way
                )  # refused, and written
            raise
        grants[alias], snapshots[alias] = found
    datasets = {alias: snapshot.dataset for alias, snapshot in snapshots.items()}
    people = [alias for alias, one in datasets.items() if one.sensitivity == Dataset.Sensitivity.PERSONAL]
    shows = shows or (shown_by(recipe, floors_of(grants)) if people else Shows.GROUPS)
    if shows == Shows.ROWS and person is not None:
        for alias in sorted(model.sources_of(recipe) & set(people)):
            slug = recipe.sources[alias]
            grants[alias], _ = _opened(person, territory, recipe, slug, processing, held, Shows.ROWS, way)
    open_rows = [
        may_read_rows(person, one) if alias in people else not grants[alias].aggregate_only
        for alias, one in datasets.items()
    ]
    return Opened(grants, snapshots, rows=all(open_rows))


def _opened(
    person: Person | None,
    territory: Territory,
    recipe: Recipe,
    slug: str,
    processing: Processing,
    held: Granted,
    shows: Shows,
    way: str,
) -> tuple[Grant, Snapshot]:
    """One source, asked of the catalogue once a page."""
    if found := held.get((slug, processing.pk, shows)):
        return found
    dataset = Dataset.objects.of(territory).filter(slug=slug).first()
    snapshot = dataset.current if dataset else None
    if dataset is None or snapshot is None:
        raise StudioError(
            f"Le jeu de données « {slug} » n'est plus au catalogue : l'analyse « {recipe.title} » ne peut pas être "
            "calculée. Déposez-le à nouveau, ou choisissez un autre jeu."
        )
    dataset.territory, snapshot.dataset = territory, dataset
    opened = catalogue_grants.grant(
        person, dataset, processing, shows=shows, way=way, snapshot=snapshot, analysis=True
    )
    held[slug, processing.pk, shows] = opened, snapshot
    return held[slug, processing.pk, shows]


def earlier_of(
    person: Person | None, stored: StoredRecipe, opened: Opened, held: Granted | None = None
) -> tuple[GrantedRecipe, ...]:
    """What this reader's boards showed before of the same protected data, that can still be read."""
    found = []
    for definition in shown.before(stored, opened.grants):
        try:
            recipe = read_definition(definition)
            reading = open_sources(
                person, stored.territory, recipe, stored.processing, held, shows=Shows.GROUPS
            )
        except (StudioError, NotGranted):
            continue
        found.append(GrantedRecipe(recipe, reading.grants))
    return tuple(found)


def compute(
    recipe: Recipe, grants: dict[str, Grant], earlier: tuple[GrantedRecipe, ...] = ()
) -> tuple[Released, Figure]:
    """The result, and the figure with its base and its years counted in the rows that entered the result."""
    refuse_points(recipe, grants)
    drawn_whole = recipe.figure is not None and recipe.figure.kind == "map"
    released = ask(recipe, grants, MOST_PLACES if drawn_whole else MOST_ROWS, earlier)
    if any(grant.protected for grant in grants.values()):
        # What is said of the figure comes after what it shows.
        earlier = (*earlier, GrantedRecipe(recipe, grants))
    return released, labelled(recipe, grants, earlier)


def _last_good(question: results.Question, recipe: Recipe, reason: str) -> Answer:
    found = results.last_good(question)
    if found is None:
        raise StudioError(reason)
    kept, snapshots = found
    return replace(_dressed(recipe, kept, tuple(snapshots)), failure=reason)


def _dressed(recipe: Recipe, kept: results.Kept, snapshots: tuple[Snapshot, ...]) -> Answer:
    year = kept.year.replace(DEPOSITED, deposited_text(snapshots))
    figure = figure_of(recipe).model_copy(update={"base": kept.base, "year": year})
    sources = sources_of(snapshots)
    if any(source.simulated for source in sources):
        figure = figure.model_copy(update={"simulated": True})
    return Answer(kept.released, recipe, figure, sources, kept.at)


def sources_of(snapshots: Iterable[Snapshot]) -> list[Source]:
    """What a page says of the deliveries that it was read from."""
    return [
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


__all__ = ["Answer", "NotGranted", "PermissionDenied", "Source", "StudioError", "answer", "preview"]
