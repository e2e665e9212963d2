"""Answers of analyses: rights checked, data read through grants, result cached, figure captioned.

In: a person (None: the public) and a stored recipe. Out: an `Answer`, with the deliveries it was read from. When the
analysis fails today, the last good answer with its date and the reason in French.
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
from beffroi.recipes.requests import CaptionedRequest, GrantedRecipe, Request
from beffroi.web.catalogue import grants as catalogue_grants
from beffroi.web.catalogue.dataset_lookup import dataset_named, preload
from beffroi.web.catalogue.grants import NotGranted, Shows, may_read_rows
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.ui.form_errors import FieldError

from . import disclosure_history, filters, result_cache
from .labelling import (
    DEPOSITED,
    caption_queries,
    cite_reference,
    deposited_text,
    figure_of,
    first_row,
    label_figure,
)
from .models import StoredRecipe
from .queries import MAX_ROWS, run_recipe, submit

MAX_PLACES = 40_000  # on a map: every commune of France


class StudioError(FieldError):
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
    """A result ready to render. `failure` is set when this is the last good answer, computed at `at`."""

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
        """Citation of the reference of communes that it reads, empty without one."""
        return cite_reference(step.step for step in self.recipe.steps)


def read_definition(definition: dict[str, Any]) -> Recipe:
    """The recipe in a stored definition. Raises StudioError with what is wrong with it."""
    try:
        return Recipe.model_validate(definition)
    except ValidationError as error:
        reasons = {str(e["msg"]).removeprefix("Value error, ") for e in error.errors()}
        raise StudioError(f"Cette analyse est mal écrite : {' '.join(sorted(reasons))}") from error


type GrantCache = dict[tuple[str, int, Shows], tuple[Grant, Snapshot]]
"""What one reader was granted while one page is made, by dataset, purpose and what leaves: a board asks once for all its
figures."""


def answer(
    person: Person | None,
    stored: StoredRecipe,
    chosen: Mapping[str, str] | None = None,
    grant_cache: GrantCache | None = None,
) -> Answer:
    """The answer to a stored recipe, as far as this person may see, narrowed by what of `chosen` applies to it.

    `grant_cache`: what the page was granted so far, filled in place. Raises NotGranted or StudioError.
    """
    if person is not None:
        require(person, "board.read", stored.territory)
    recipe = read_definition(stored.definition)
    opened = open_sources(person, stored.territory, recipe, stored.processing, grant_cache)
    applied = filters.applicable(recipe, opened.grants, opened.snapshots, chosen or {})
    recipe = filters.narrow_recipe(recipe, opened.snapshots, applied)
    filter_labels = filters.describe_filters(recipe, opened.snapshots, applied)
    earlier = earlier_disclosures(person, stored, opened, grant_cache)
    cache_key = result_cache.CacheKey(
        stored,
        opened.grants,
        tuple(opened.snapshots.values()),
        earlier,
        chosen=tuple(sorted(applied.items())),
    )
    try:
        cached = result_cache.load_or_compute(cache_key, lambda: compute(recipe, opened.grants, earlier))
    except (LakeError, RecipeError, QueryRefused) as error:
        found = _last_good(cache_key, recipe, str(error))
    else:
        found = _build_answer(recipe, cached, cache_key.snapshots)
    return replace(found, rows_open=opened.rows, chosen=applied, narrowed_by=filter_labels)


def filter_values(person: Person, stored: StoredRecipe, name: str) -> list[tuple[str, str]]:
    """The values by which a reader may filter the first source of a recipe; none when it has no such column.

    Cached like an answer: queried once, whoever reads.
    """
    recipe = read_definition(stored.definition)
    first = recipe.steps[0]
    opened = open_sources(person, stored.territory, recipe, stored.processing, shows=Shows.GROUPS)
    if not isinstance(first, model.Source) or floors_of(opened.grants):
        return []
    snapshot, grant = opened.snapshots[first.source], opened.grants[first.source]
    column = filters.filterable_columns(snapshot).get(name)
    if column is None or name not in grant.columns:
        return []
    cache_key = result_cache.CacheKey(stored, {"jeu": grant}, (snapshot,), chosen=(("?", name),))
    cached = result_cache.load(cache_key)
    if cached is None:
        values_query = filters.values_recipe(snapshot.dataset, column)
        released = run_recipe(values_query, {"jeu": grant}, filters.MAX_VALUES)
        cached = result_cache.save(cache_key, released, "", "")
    return filters.format_choices(cached.released.table.column(0).to_pylist())


def preview(person: Person, territory: Territory, recipe: Recipe, processing: Processing) -> Answer:
    """Answer to a recipe that is not saved; it is not cached."""
    require(person, "recipe.edit", territory)
    opened = open_sources(person, territory, recipe, processing, way="draft")
    try:
        released, figure = compute(recipe, opened.grants)
    except (LakeError, RecipeError, QueryRefused) as error:
        raise StudioError(str(error)) from error
    cached = result_cache.CachedResult.now(released, figure.base, figure.year)
    return _build_answer(recipe, cached, tuple(opened.snapshots.values()))


@dataclass(frozen=True)
class OpenedSources:
    """The sources of a recipe: their grants and the deliveries that these read. `rows`: whether their reader may see all
    of them row by row, for the purpose for which they were opened."""

    grants: dict[str, Grant]
    snapshots: dict[str, Snapshot]
    rows: bool = False


def release_level(recipe: Recipe, floors: Mapping[str, int]) -> Shows:
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
    grant_cache: GrantCache | None = None,
    *,
    shows: Shows | None = None,
    way: str = "analysis",
) -> OpenedSources:
    """Grants and snapshots of the sources of a recipe. Raises NotGranted, or StudioError when a dataset is missing.

    `shows`: GROUPS when no row of the sources is displayed, such as counts; None: what the recipe releases. `way`:
    how it is read, for the ledger.
    """
    grants: dict[str, Grant] = {}
    snapshots: dict[str, Snapshot] = {}
    grant_cache = {} if grant_cache is None else grant_cache
    for alias, slug in recipe.sources.items():
        wants_rows = shows != Shows.GROUPS and release_level(recipe, {alias: 1}) == Shows.ROWS
        grants[alias], snapshots[alias] = _open_source(
            person, territory, recipe, slug, processing, grant_cache, Shows.GROUPS, way, wants_rows=wants_rows
        )
    datasets = {alias: snapshot.dataset for alias, snapshot in snapshots.items()}
    people = [alias for alias, one in datasets.items() if one.sensitivity == Dataset.Sensitivity.PERSONAL]
    shows = shows or (release_level(recipe, floors_of(grants)) if people else Shows.GROUPS)
    if shows == Shows.ROWS and person is not None:
        for alias in sorted(model.sources_of(recipe) & set(people)):
            slug = recipe.sources[alias]
            grants[alias], _ = _open_source(
                person, territory, recipe, slug, processing, grant_cache, Shows.ROWS, way
            )
    open_rows = [
        may_read_rows(person, one) if alias in people else not grants[alias].aggregate_only
        for alias, one in datasets.items()
    ]
    return OpenedSources(grants, snapshots, rows=all(open_rows))


def preload_sources(territory: Territory, recipes: Iterable[StoredRecipe]) -> None:
    """Read now what the figures of one page are computed from."""
    preload(territory, {slug for stored in recipes for slug in stored.definition.get("sources", {}).values()})


def _open_source(
    person: Person | None,
    territory: Territory,
    recipe: Recipe,
    slug: str,
    processing: Processing,
    grant_cache: GrantCache,
    shows: Shows,
    way: str,
    *,
    wants_rows: bool = False,
) -> tuple[Grant, Snapshot]:
    """Grant of one source, requested once a page. `wants_rows`: a refusal is one of rows, which the ledger records."""
    if found := grant_cache.get((slug, processing.pk, shows)):
        return found
    dataset = dataset_named(territory, slug)
    snapshot = dataset.current if dataset else None
    if dataset is None or snapshot is None:
        raise StudioError(
            f"Le jeu de données « {slug} » n'est plus au catalogue : l'analyse « {recipe.title} » ne peut pas être "
            "calculée. Déposez-le à nouveau, ou choisissez un autre jeu."
        )
    dataset.territory, snapshot.dataset = territory, dataset
    opened = catalogue_grants.grant(
        person,
        dataset,
        processing,
        shows=shows,
        way=way,
        snapshot=snapshot,
        analysis=True,
        wants_rows=wants_rows,
    )
    grant_cache[slug, processing.pk, shows] = opened, snapshot
    return grant_cache[slug, processing.pk, shows]


def earlier_disclosures(
    person: Person | None, stored: StoredRecipe, opened: OpenedSources, grant_cache: GrantCache | None = None
) -> tuple[GrantedRecipe, ...]:
    """What this reader's boards showed before of the same protected data, that can still be read."""
    found = []
    for definition in disclosure_history.find_earlier(stored, opened.grants):
        try:
            recipe = read_definition(definition)
            reading = open_sources(
                person, stored.territory, recipe, stored.processing, grant_cache, shows=Shows.GROUPS
            )
        except (StudioError, NotGranted):
            continue
        found.append(GrantedRecipe(recipe, reading.grants))
    return tuple(found)


def compute(
    recipe: Recipe, grants: Mapping[str, Grant], earlier: tuple[GrantedRecipe, ...] = ()
) -> tuple[Released, Figure]:
    """Result of a recipe, and its figure captioned with the base and years of the rows read, in one query."""
    refuse_points(recipe, grants)
    is_map = recipe.figure is not None and recipe.figure.kind == "map"
    request = Request(recipe, grants, MAX_PLACES if is_map else MAX_ROWS, earlier=earlier)
    found = submit(CaptionedRequest(request, caption_queries(recipe, grants)))
    return found.released, label_figure(recipe, grants, map(first_row, found.counts))


def _last_good(cache_key: result_cache.CacheKey, recipe: Recipe, reason: str) -> Answer:
    found = result_cache.load_last_good(cache_key)
    if found is None:
        raise StudioError(reason)
    cached, snapshots = found
    return replace(_build_answer(recipe, cached, tuple(snapshots)), failure=reason)


def _build_answer(
    recipe: Recipe, cached: result_cache.CachedResult, snapshots: tuple[Snapshot, ...]
) -> Answer:
    year = cached.year.replace(DEPOSITED, deposited_text(snapshots))
    figure = figure_of(recipe).model_copy(update={"base": cached.base, "year": year})
    sources = describe_sources(snapshots)
    if any(source.simulated for source in sources):
        figure = figure.model_copy(update={"simulated": True})
    return Answer(cached.released, recipe, figure, sources, cached.at)


def describe_sources(snapshots: Iterable[Snapshot]) -> list[Source]:
    """Deliveries that a page cites as its sources."""
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
