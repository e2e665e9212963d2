"""Filters on the page of a board: those that its readers see, and the choice of columns.

In: a board and its reader. Out: for each filter its label, its values and the chosen one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Person

from . import answers, filters, services
from .dataset_profiles import ANALYSIS_ERRORS
from .models import Board, StoredRecipe


@dataclass(frozen=True)
class VisibleFilter:
    """Filter of a board: the name of its field, its label, its (value, words) choices, and the chosen one."""

    field: str
    label: str
    choices: list[tuple[str, str]]
    chosen: str


def visible_filters(board: Board, person: Person, chosen: Mapping[str, str]) -> list[VisibleFilter]:
    """The filters of a board for this reader; one whose values cannot be read today is left out."""
    if not board.filters:
        return []
    recipes = _recipes(board)
    found = []
    known = {column.name: column for column in board_filter_columns(board)}
    for name in board.filters:
        values: list[tuple[str, str]] = []
        for stored in recipes:
            try:
                values = answers.filter_values(person, stored, name)
            except ANALYSIS_ERRORS:
                continue
            if values:
                break
        if values and name in known:
            found.append(
                VisibleFilter(filters.PREFIX + name, known[name].label, values, chosen.get(name, ""))
            )
    return found


def board_filter_columns(board: Board) -> list[filters.FilterColumn]:
    """The columns by which its readers could filter, those that most figures have first."""
    found: dict[str, filters.FilterColumn] = {}
    for stored in _recipes(board):
        recipe = answers.read_definition(stored.definition)
        first = recipe.sources[recipe.steps[0].source]  # type: ignore[union-attr]
        dataset = Dataset.objects.of(board.territory).filter(slug=first).first()
        if dataset is None or dataset.current is None or dataset.sensitivity != Dataset.Sensitivity.ORDINARY:
            continue
        for name, column in filters.filterable_columns(dataset.current).items():
            seen = found.get(name)
            found[name] = replace(seen, figure_count=seen.figure_count + 1) if seen else column
    return sorted(found.values(), key=lambda column: (-column.figure_count, column.label))


def _recipes(board: Board) -> list[StoredRecipe]:
    figures = board.figures.select_related("recipe__territory", "recipe__processing")
    return [figure.recipe for figure in figures]


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def board_filters(request: HttpRequest, board: str) -> HttpResponse:
    """Choose by which columns the readers of a board may filter it."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    offered = board_filter_columns(found)
    trouble = ""
    if request.method == "POST":
        known = {column.name for column in offered}
        names = [name for name in request.POST.getlist("columns") if name in known]
        try:
            services.choose_filters(found, request.user, names)  # type: ignore[arg-type]
        except answers.StudioError as error:
            trouble, found.filters = str(error), names
        else:
            messages.success(request, "Les filtres du tableau sont enregistrés.")
            return redirect("board", place.slug, found.slug)
    context = {"board": found, "offered": offered, "most": filters.MAX_FILTERS, "trouble": trouble}
    return render(request, "studio/filters.html", context)
