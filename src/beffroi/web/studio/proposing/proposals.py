"""Chart proposals for a dataset just poured: computed, displayed, saved on a board in one act.

In: a person and a dataset. Out: `Proposal`s, at most three. Only columns whose unit is known are added up: a figure
that could not be published is not proposed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from beffroi.recipes.charts.look import Comparison
from beffroi.recipes.model import Group, Source
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

MAX_PROPOSALS = 3


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


def keep(person: Person, dataset: Dataset, key: str) -> Board:
    """Save the proposal of this key, and put it on the dataset's own board, made if need be. Raises StudioError."""
    territory = dataset.territory
    require(person, "recipe.edit", territory)
    draft = next((one for one in _candidates(person, dataset) if one.slug == key), None)
    if draft is None:
        raise StudioError(
            "Ce graphique n'est plus proposé : les données ont changé depuis. Choisissez parmi ceux d'aujourd'hui."
        )
    definition = draft.recipe().model_dump(mode="json")
    boards = Board.objects.of(territory).filter(title=dataset.title, public=False)
    with transaction.atomic():
        stored = services.save_recipe(
            territory, person, _free(dataset, draft), definition, steering(territory)
        )
        if board := boards.first():
            return services.add_to_board(board, person, stored)
        slug = services.free_slug(territory, Board, dataset.title)
        return services.save_board(territory, person, slug, dataset.title, "", [stored.slug])


def _free(dataset: Dataset, draft: AnalysisCandidate) -> str:
    """The proposal's own slug, unless someone has made something else of what it names."""
    existing = StoredRecipe.objects.of(dataset.territory).filter(slug=draft.slug).first()
    definition = draft.recipe().model_dump(mode="json")
    same = existing is None or existing.definition == definition
    return draft.slug if same else services.free_slug(dataset.territory, StoredRecipe, draft.title)


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
    known = replace(
        profile, uses=tuple(u for u in profile.uses if u.role not in ("sum", "mean") or u.unit != FILE_UNIT)
    )
    measure = generic.best_measure(known)
    series = generic.over_time(known, measure)
    if series is not None:
        yield series
    if (ranking := generic.by_category(known, measure)) is not None:
        yield ranking
    if series is not None:
        yield _last(series)
    if measure is not None and (counted := generic.by_category(known, None)) is not None:
        yield counted
    yield _rows(profile)


def _last(series: AnalysisCandidate) -> AnalysisCandidate:
    """The last period of a series in large, compared to the one before."""
    e = series.encodings
    return replace(
        series,
        title=f"{series.title} : dernière période",
        kind="number",
        encodings={"x": e["x"], "value": e["y"], "labels": e["labels"]},
        comparison=Comparison(to="previous"),
    )


def _rows(profile: DatasetProfile) -> AnalysisCandidate:
    """Number of rows, which any file has."""
    value, unit, label = generic.measure_for(None, "valeur")
    return AnalysisCandidate(
        title=f"{profile.dataset.title} : nombre de lignes",
        datasets={profile.alias: profile.dataset},
        steps=(Source(source=profile.alias), Group(measures=(value,))),
        kind="number",
        unit=unit,
        base=f"toutes les lignes de la livraison n° {profile.snapshot.number}",
        year=generic.period_of(profile),
        encodings={"value": "valeur", "labels": {"valeur": label}},
    )


def _try_candidate(person: Person, dataset: Dataset, draft: AnalysisCandidate) -> Answer | None:
    """The answer of a draft when there is something to read in it."""
    try:
        tried = services.preview(person, dataset.territory, draft.recipe(), steering(dataset.territory))
        return tried if draft.is_informative(tried.released.table) else None
    except (*ANALYSIS_ERRORS, ValueError):
        return None
