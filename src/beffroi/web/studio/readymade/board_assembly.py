"""Board made of a ready-made one: its figures written on the chosen columns, tried, then saved together.

In: the datasets and the columns of each role. Out: recipes that have an answer today, and the titles of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from beffroi.recipes.model import Condition, Recipe
from beffroi.text import to_ascii
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .. import join_keys, services
from ..analysis_builder import ALL, AUTO, DATED, OTHER, AnalysisBuilder, Column, Partner, usable_columns
from ..answers import StudioError
from ..conditions import known_values_for
from ..dataset_profiles import ANALYSIS_ERRORS, cached_uses
from ..models import Board, StoredRecipe
from ..purposes import steering
from .models import ReadymadeBoard, ReadymadeFigure


@dataclass(frozen=True)
class ChosenFile:
    """A dataset that serves as a file, and the column of each role that it has."""

    dataset: Dataset
    columns: Mapping[str, str]


type ChosenFiles = Mapping[str, ChosenFile]


def make_board(
    place: Territory, person: Person, board: ReadymadeBoard, files: ChosenFiles
) -> tuple[Board, list[str]]:
    """Save the figures that have an answer on one new board: all or nothing. Also the titles of those that have none.

    Raises StudioError when there is no figure at all.
    """
    require(person, "recipe.edit", place)
    recipes, absent = [], []
    for figure in board.figures:
        recipe = _try_figure(place, person, figure, files)
        if recipe is None:
            absent.append(figure.title)
        else:
            recipes.append(recipe)
    if not recipes:
        raise StudioError(
            "Aucune figure ne peut être faite de ces colonnes. Rien n'est enregistré : choisissez-en d'autres."
        )
    with transaction.atomic():
        slugs = []
        for recipe in recipes:
            slug = services.free_slug(place, StoredRecipe, recipe.title)
            slugs.append(slug)
            services.save_recipe(place, person, slug, recipe.model_dump(mode="json"), steering(place))
        slug = services.free_slug(place, Board, board.title)
        return services.save_board(place, person, slug, board.title, board.question, slugs), absent


def can_be_made(figure: ReadymadeFigure, files: ChosenFiles) -> bool:
    """Whether each column that the figure reads was chosen."""
    known = {(key, role) for key, file in files.items() for role, column in file.columns.items() if column}
    read = {(file or figure.file, key) for file, _, key in (role.rpartition(":") for role in figure.roles)}
    return figure.file in files and read <= known


def _try_figure(
    place: Territory, person: Person, figure: ReadymadeFigure, files: ChosenFiles
) -> Recipe | None:
    """The recipe of a figure whose answer has rows; None when a column is missing or nothing can be computed."""
    if not can_be_made(figure, files):
        return None
    try:
        recipe = _recipe(person, figure, files)
        answer = services.preview(person, place, recipe, steering(place)) if recipe else None
    except (*ANALYSIS_ERRORS, ValueError):
        return None
    return recipe if answer is not None and answer.released.table.num_rows else None


def _recipe(person: Person, figure: ReadymadeFigure, files: ChosenFiles) -> Recipe | None:
    own = files[figure.file]
    columns = _columns(person, own.dataset)
    partner = None
    if figure.joined:
        other = files[figure.joined]
        if (partner := _partner(person, figure, own, other)) is None:
            return None
        columns += _columns(person, other.dataset, OTHER)
    by_value = {column.value: column for column in columns}

    def value(role: str) -> str:
        file, _, key = role.rpartition(":")
        name = files[file or figure.file].columns[key]
        return f"{OTHER}:{name}" if file else name

    conditions = _conditions(person, figure, own, by_value)
    if conditions is None:
        return None
    operation, _, measured = figure.measure.partition("|")
    role, _, part = figure.group.partition("|")
    group = value(role) if role else ALL
    if part and by_value[group].type in DATED:
        group = f"{group}|{part}"
    data: dict[str, Any] = {
        "title": figure.title,
        "measure": f"{operation}|{value(measured)}" if measured else figure.measure,
        "compare": figure.compare,
        "divisor": value(figure.divisor) if figure.divisor else "",
        "group": group,
        "kind": AUTO if role else "number",
        "first": "10",
        "unit": figure.unit,
        "conditions": conditions,
    }
    return AnalysisBuilder(data, own.dataset, partner, columns).recipe()


def _conditions(
    person: Person, figure: ReadymadeFigure, own: ChosenFile, columns: Mapping[str, Column]
) -> list[tuple[str, Condition]] | None:
    """The rows that the figure counts; None when the column that tells them has no such value."""
    name = own.columns.get(figure.only, "")
    if not name:
        return []
    values = known_values_for(person)(own.dataset, columns[name], "")
    counted = tuple(value for value in values if to_ascii(value).lower().startswith(figure.begins))
    return [(name, Condition(column=name, op="in", value=counted))] if counted else None


def _partner(person: Person, figure: ReadymadeFigure, own: ChosenFile, other: ChosenFile) -> Partner | None:
    """The other file, when each row finds one partner at most there."""
    left, right = figure.on
    two = join_keys.DatasetPair(person, steering(own.dataset.territory), own.dataset, other.dataset)
    exact = join_keys.KeyPair(own.columns[left], other.columns[right])
    matches = [join_keys.measure_match(two, pair) for pair in (exact, replace(exact, fold=True))]
    best = max(matches, key=lambda match: (match.sound, match.matched))
    return Partner(other.dataset, best.pair) if best.sound else None


def _columns(person: Person, dataset: Dataset, side: str = "") -> list[Column]:
    snapshot = dataset.current
    if snapshot is None:
        return []
    uses = {use.name: use for use in cached_uses(person, dataset, snapshot, steering(dataset.territory))}
    return [replace(column, use=uses.get(column.name)) for column in usable_columns(snapshot, side)]
