"""What an analysis answers: its rights asked, its data read through grants, its result kept, its figure labelled.

In come a person (None: the public) and a stored recipe; out comes an `Answer`, with the deliveries that it was read
from. When the analysis fails today, the last good answer is given with its date and the reason in French.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from pydantic import ValidationError

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.recipes import model, pool
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.figures import Figure
from beffroi.recipes.french import number_text
from beffroi.recipes.model import Group, Join, Measure, Periods, Pivot, Recipe, Step, Top, Unpivot
from beffroi.recipes.release import Released, floors_of
from beffroi.recipes.requests import Asks, Earlier, Request
from beffroi.web.catalogue import grants as catalogue_grants
from beffroi.web.catalogue.grants import NotGranted
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.territories.fairness import resting
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import require
from beffroi.web.ui.formats import french_date

from . import filters, results, shown
from .models import StoredRecipe

MOST_ROWS = 5_000
MOST_PLACES = 40_000  # on a map: every commune of France
SERVING = "BEFFROI_SERVING"  # set by `beffroi serve`: no query ever runs inside the web's own process
DEPOSITED = "{depot}"
"""In the year of a figure: the day of the last delivery that it reads."""
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
    rows_open: bool = False
    """Whether its reader may see the rows behind its groups."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """The filters that were applied to it."""


def read_definition(definition: dict[str, Any]) -> Recipe:
    """The recipe in a stored definition. Raises StudioError with what is wrong with it."""
    try:
        return Recipe.model_validate(definition)
    except ValidationError as error:
        reasons = {str(e["msg"]).removeprefix("Value error, ") for e in error.errors()}
        raise StudioError(f"Cette analyse est mal écrite : {' '.join(sorted(reasons))}") from error


type Held = dict[tuple[str, int], tuple[Grant, Snapshot]]
"""What one reader was granted while one page is made, by dataset and purpose: a board asks once for all its figures."""


def answer(
    person: Person | None,
    stored: StoredRecipe,
    chosen: Mapping[str, str] | None = None,
    held: Held | None = None,
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
            return replace(found, rows_open=opened.rows, chosen=applied)
    return replace(_dressed(recipe, kept, question.snapshots), rows_open=opened.rows, chosen=applied)


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
    opened = open_sources(person, stored.territory, recipe, stored.processing)
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

    @property
    def rows(self) -> bool:
        """Whether all of them may be shown row by row."""
        return not any(grant.aggregate_only for grant in self.grants.values())


def open_sources(
    person: Person | None,
    territory: Territory,
    recipe: Recipe,
    processing: Processing,
    held: Held | None = None,
) -> Opened:
    """Ask the catalogue for each source. Raises NotGranted, or StudioError when a dataset is not there."""
    grants: dict[str, Grant] = {}
    snapshots: dict[str, Snapshot] = {}
    held = {} if held is None else held
    for alias, slug in recipe.sources.items():
        if found := held.get((slug, processing.pk)):
            grants[alias], snapshots[alias] = found
            continue
        dataset = Dataset.objects.of(territory).filter(slug=slug).first()
        snapshot = dataset.current if dataset else None
        if dataset is None or snapshot is None:
            raise StudioError(
                f"Le jeu de données « {slug} » n'est plus au catalogue : l'analyse « {recipe.title} » ne peut pas être "
                "calculée. Déposez-le à nouveau, ou choisissez un autre jeu."
            )
        dataset.territory = territory
        grants[alias] = catalogue_grants.grant(person, dataset, processing, snapshot=snapshot, groups=True)
        snapshots[alias] = snapshot
        held[slug, processing.pk] = grants[alias], snapshot
    return Opened(grants, snapshots)


def earlier_of(
    person: Person | None, stored: StoredRecipe, opened: Opened, held: Held | None = None
) -> tuple[Earlier, ...]:
    """What this reader's boards showed before of the same protected data, that can still be read."""
    found = []
    for definition in shown.before(stored, opened.grants):
        try:
            recipe = read_definition(definition)
            reading = open_sources(person, stored.territory, recipe, stored.processing, held)
        except (StudioError, NotGranted):
            continue
        found.append(Earlier(recipe, reading.grants))
    return tuple(found)


def ask(
    recipe: Recipe, grants: dict[str, Grant], limit: int = MOST_ROWS, earlier: tuple[Earlier, ...] = ()
) -> Released:
    """Run a recipe in the query processes."""
    return put(Request(recipe=recipe, grants=grants, limit=limit, earlier=earlier))


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


def compute(
    recipe: Recipe, grants: dict[str, Grant], earlier: tuple[Earlier, ...] = ()
) -> tuple[Released, Figure]:
    """The result, and the figure with its base and its years counted in the rows that entered the result."""
    drawn_whole = recipe.figure is not None and recipe.figure.kind == "map"
    released = ask(recipe, grants, MOST_PLACES if drawn_whole else MOST_ROWS, earlier)
    if any(grant.protected for grant in grants.values()):
        # What is said of the figure comes after what it shows.
        earlier = (*earlier, Earlier(recipe, grants))
    return released, labelled(recipe, grants, earlier)


def labelled(recipe: Recipe, grants: dict[str, Grant], earlier: tuple[Earlier, ...] = ()) -> Figure:
    """The figure, its `{lignes}`, `{perdues}` and `{periode:column}` replaced by what the data say today."""
    figure = figure_of(recipe)
    period = _PERIOD.search(figure.year)
    figure = _partnered(recipe, figure, grants, earlier)
    if not period and not {"{lignes}", "{perdues}"} & set(_TOKENS.findall(figure.base)):
        return figure
    # Protected data refuse their smallest and largest values: a figure made of them is not dated.
    dated = period[1] if period and not any(grant.protected for grant in grants.values()) else None
    row = _one_row(_entering(recipe, dated), grants, earlier)
    lines = row.get("lignes")
    base = figure.base.replace("{lignes}", _counted(lines))
    if "{perdues}" in base:
        before = _one_row(_entering(recipe, None, lossless=True), grants, earlier).get("lignes")
        lost = apart(before, lines, grants)
        base = base.replace("{perdues}", _counted(lost))
    base = _ONE.sub(r"\1 \2", base)
    year = _PERIOD.sub(lambda _: period_text(row.get("debut"), row.get("fin")), figure.year)
    return figure.model_copy(update={"base": base, "year": year})


def apart(whole: Any, part: Any, grants: dict[str, Grant]) -> int | None:
    """How many rows the part lacks; nothing where that is a small number of protected ones."""
    if not isinstance(whole, int) or not isinstance(part, int):
        return None
    floor = max((max(grant.floor, 2) for grant in grants.values() if grant.protected), default=0)
    return None if 0 < abs(whole - part) < floor else whole - part


def _partnered(
    recipe: Recipe, figure: Figure, grants: dict[str, Grant], earlier: tuple[Earlier, ...]
) -> Figure:
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
        return _one_row(asked, grants, earlier).get("lignes")

    rows = count()
    found = count(join.model_copy(update={"keep": "matched"}))
    everything = count(join.model_copy(update={"keep": "all"}))
    lost = apart(everything, found, grants)
    if lost is None:
        # A few protected rows would be told by a subtraction.
        found = None
    elif isinstance(rows, int) and found != rows - lost:
        raise RecipeError(
            "des lignes trouvent maintenant plusieurs partenaires dans le second jeu : les totaux seraient trop grands. "
            "Retirez de ce jeu les lignes en double, ou refaites l'analyse avec une autre colonne commune."
        )
    base = figure.base.replace("{trouvees}", _counted(found)).replace("{avant}", _counted(rows))
    base = _ONE.sub(r"\1 \2", base.replace("{perdues}", _counted(lost)))
    return figure.model_copy(update={"base": base})


def _one_row(recipe: Recipe, grants: dict[str, Grant], earlier: tuple[Earlier, ...]) -> dict[str, Any]:
    try:
        rows = ask(recipe, grants, earlier=earlier).table.to_pylist()
    except RecipeError:
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
    """The recipe that counts the rows entering the first step that merges, makes or drops some, and their period.

    `lossless` keeps the rows for which a join found nothing.
    """
    before: list[Step] = []
    for step in recipe.steps:
        if isinstance(step, Group | Periods | Pivot | Top | Unpivot):
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
    year = kept.year.replace(DEPOSITED, deposited_text(snapshots))
    figure = figure_of(recipe).model_copy(update={"base": kept.base, "year": year})
    sources = sources_of(snapshots)
    if any(source.simulated for source in sources):
        figure = figure.model_copy(update={"simulated": True})
    return Answer(kept.released, recipe, figure, sources, kept.at)


def deposited_text(snapshots: Iterable[Snapshot]) -> str:
    """« état au 3 mars 2026 »: the day of the last delivery, for data that no column dates."""
    days = [timezone.localtime(snapshot.at).date() for snapshot in snapshots]
    return f"état au {french_date(max(days))}" if days else "non datée"


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
