"""Chart proposals for a dataset just poured: computed, displayed, saved on a board in one act.

In: a person and a dataset. Out: `Proposal`s, at most three, on what the dataset measures. A measure whose unit is not
known is proposed too: its unit is asked where the chart is saved.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.recipes.charts.look import Comparison
from beffroi.recipes.map_points import locate_points
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may, require

from .. import services
from ..answers import Answer, StudioError
from ..columns import FILE_UNIT
from ..dataset_profiles import ANALYSIS_ERRORS, DatasetProfile, classify_columns
from ..models import Board, StoredRecipe
from ..presentation import FigureView, build_preview
from ..purposes import steering
from . import generic
from .candidates import AnalysisCandidate
from .places_map import places_map

MAX_PROPOSALS = 3
MIN_PLACES = 2


@dataclass(frozen=True)
class Proposal:
    """Chart that can be saved under its `key`: its view, and the data of its drawing."""

    key: str
    view: FigureView
    spec: dict[str, Any] | None


def open_to(person: Person, dataset: Dataset) -> bool:
    """Whether charts of this dataset can be proposed to this person."""
    ordinary = dataset.sensitivity != Dataset.Sensitivity.PERSONAL
    return ordinary and dataset.current is not None and may(person, "recipe.edit", dataset.territory)


def proposals(person: Person, dataset: Dataset) -> list[Proposal]:
    """The charts that say something, the most telling first; none when the data cannot be read now."""
    found: list[Proposal] = []
    for draft in _candidates(person, dataset):
        if (tried := _try_candidate(person, dataset, draft)) is None:
            continue
        view, spec = build_preview(tried, person, dataset.territory)
        found.append(Proposal(draft.slug, view, spec))
        if len(found) == MAX_PROPOSALS:
            break
    return found


def keep(person: Person, dataset: Dataset, key: str, unit: str = "") -> tuple[Board, bool]:
    """Save the proposal of this key, and put it on the dataset's own board, made if need be; `unit`: that of a measure
    whose header does not tell it. Also whether the chart has its unit. Raises StudioError."""
    territory = dataset.territory
    require(person, "recipe.edit", territory)
    draft = next((one for one in _candidates(person, dataset) if one.slug == key), None)
    if draft is None:
        raise StudioError(
            "Ce graphique n'est plus proposé : les données ont changé depuis. Choisissez parmi ceux d'aujourd'hui."
        )
    if draft.unit == FILE_UNIT:
        # Left empty, the unit that was given before stays.
        draft = replace(draft, unit=unit.strip()[:60] or _stored_unit(dataset, draft) or FILE_UNIT)
    complete = draft.unit != FILE_UNIT
    definition = draft.recipe().model_dump(mode="json")
    boards = Board.objects.of(territory).filter(title=dataset.title, public=False)
    with transaction.atomic():
        stored = services.save_recipe(
            territory, person, _free(dataset, draft), definition, steering(territory)
        )
        if board := boards.first():
            return services.add_to_board(board, person, stored), complete
        slug = services.free_slug(territory, Board, dataset.title)
        return services.save_board(territory, person, slug, dataset.title, "", [stored.slug]), complete


def _stored(dataset: Dataset, draft: AnalysisCandidate) -> StoredRecipe | None:
    found: StoredRecipe | None = StoredRecipe.objects.of(dataset.territory).filter(slug=draft.slug).first()
    return found


def _stored_unit(dataset: Dataset, draft: AnalysisCandidate) -> str:
    """The unit that a person gave to this chart, unless they made something else of it."""
    stored = _stored(dataset, draft)
    return _unit_of(stored.definition) if stored and _is_same(stored.definition, draft) else ""


def _free(dataset: Dataset, draft: AnalysisCandidate) -> str:
    """The proposal's own slug, unless someone has made something else of what it names."""
    stored = _stored(dataset, draft)
    if stored is None or _is_same(stored.definition, draft):
        return draft.slug
    return services.free_slug(dataset.territory, StoredRecipe, draft.title)


def _unit_of(definition: dict[str, Any]) -> str:
    return str((definition.get("figure") or {}).get("unit", ""))


def _is_same(definition: dict[str, Any], draft: AnalysisCandidate) -> bool:
    """Whether a stored recipe is the proposal, whatever its unit."""
    return bool(replace(draft, unit=_unit_of(definition)).recipe().model_dump(mode="json") == definition)


def _candidates(person: Person, dataset: Dataset) -> Iterator[AnalysisCandidate]:
    """Candidates of this dataset, the most informative first."""
    snapshot = dataset.current
    if snapshot is None or not open_to(person, dataset):
        return
    try:
        uses = classify_columns(person, dataset, snapshot, steering(dataset.territory))
    except ANALYSIS_ERRORS:
        return
    profile = DatasetProfile(dataset, snapshot, tuple(use for use in uses if use.role != "nothing"))
    measure = generic.best_measure(profile)
    series = generic.over_time(profile, measure)
    found = [
        places_map(profile, uses),
        series,
        generic.by_category(profile, measure),
        generic.by_weekday(profile, measure),
        _last(series) if series is not None and measure is not None and _is_complete(profile) else None,
        generic.by_category(profile, None) if measure is not None else None,
    ]
    yield from (one for one in found if one is not None)


def _is_complete(profile: DatasetProfile) -> bool:
    """Whether the last period of the table is over: a month begun would be said to fall."""
    ends = [use.counted.high for use in profile.with_roles("year", "date")]
    days = [end for end in ends if isinstance(end, date)]
    if days:
        return all((day + timedelta(days=3)).month != day.month for day in days)
    return all(isinstance(end, int) and end < timezone.localdate().year for end in ends)


def _last(series: AnalysisCandidate) -> AnalysisCandidate:
    """The last period of a measured series in large, compared to the one before."""
    e = series.encodings
    return replace(
        series,
        title=f"{series.title} : dernière période",
        kind="number",
        encodings={"x": e["x"], "value": e["y"], "labels": e["labels"]},
        comparison=Comparison(to="previous"),
    )


def _try_candidate(person: Person, dataset: Dataset, draft: AnalysisCandidate) -> Answer | None:
    """The answer of a draft when there is something to read in it."""
    try:
        tried = services.preview(person, dataset.territory, draft.recipe(), steering(dataset.territory))
        table = tried.released.table
        if draft.kind == "points" and len(locate_points(tried.figure, table).points) < MIN_PLACES:
            return None  # its shapes are lines or areas
        return tried if draft.is_informative(table) else None
    except (*ANALYSIS_ERRORS, ValueError):
        return None
