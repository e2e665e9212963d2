"""Pages of the studio: boards, their figures and their recipes.

Thin: each view calls the services, and renders their result or their refusal.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.recipes.errors import FigureError
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import Shows
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission, may

from . import comments, explanations, exports, filter_views, filters, services, validation
from .answers import StudioError, open_sources, read_definition
from .completeness import missing_mentions
from .materialized.materialization import active_result
from .models import Board, BoardComment, BoardFigure, StoredRecipe
from .presentation import Links, board_views, drawing, view_of
from .readymade.models import readymade_boards

FIGURE_ERRORS = (StudioError, CatalogueError, FigureError)


@require_GET
@requires("board.read")
def boards(request: HttpRequest) -> HttpResponse:
    """The boards of the territory, and the analyses that are on none."""
    place = request.territory  # type: ignore[attr-defined]
    found = Board.objects.of(place).prefetch_related("figures__recipe")
    placed = {figure.recipe_id: figure.recipe for board in found for figure in board.figures.all()}
    states = validation.states_of(placed.values())
    changed = {pk for pk, state in states.items() if state.changed is not None}
    context = {
        "boards": found,
        "marked": {b.pk for b in found if changed & {figure.recipe_id for figure in b.figures.all()}},
        "loose": StoredRecipe.objects.of(place).exclude(pk__in=placed).order_by("title"),
        "may_edit": Permission(request.user, "recipe.edit", place),
        "readymade": readymade_boards(),
    }
    return render(request, "studio/boards.html", context)


@require_GET
@requires("board.read")
def board(request: HttpRequest, board: str) -> HttpResponse:
    """One board: the answer in large, then what explains it."""
    place = request.territory  # type: ignore[attr-defined]
    return board_page(request, get_object_or_404(Board.objects.of(place), slug=board))


def board_page(request: HttpRequest, found: Board, more: dict[str, Any] | None = None) -> HttpResponse:
    """The page of a board; `more`: a comment that was refused, to be mended."""
    place, reader = found.territory, request.user
    may_edit = Permission(reader, "recipe.edit", place)
    publishes = Permission(reader, "dataset.publish", place)
    may_arrange = bool(may_edit) and (bool(publishes) or not found.public)
    chosen = {
        name: value for name, value in filters.parse_query(request.GET).items() if name in found.filters
    }
    query = (
        f"?{urlencode({filters.PREFIX + name: value for name, value in chosen.items()})}" if chosen else ""
    )

    def links(rank: int, stored: StoredRecipe) -> Links:
        return Links(
            drawing=reverse("board-figure", args=[place.slug, found.slug, rank]) + query,
            recipe=reverse("recipe", args=[place.slug, stored.slug]),
            exports=[(form, address + query) for form, address in _exports(stored)],
            rows=reverse("recipe-rows", args=[place.slug, stored.slug]) + query,
            change=reverse("recipe-take-up", args=[place.slug, stored.slug]) if may_edit else "",
            remove=reverse("board-figure-remove", args=[place.slug, found.slug, rank]) if may_edit else "",
            arrange=reverse("board-figure-arrange", args=[place.slug, found.slug, rank])
            if may_arrange
            else "",
            whole=reverse("board", args=[place.slug, found.slug]) if chosen else "",
        )

    figures = board_views(found, reader, links, chosen)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "board": found,
        "figures": figures,
        "incomplete": [(v, lack) for v in figures if found.public and (lack := missing_mentions(v))],
        "filters": filter_views.visible_filters(found, reader, chosen),  # type: ignore[arg-type]
        "chosen": chosen,
        "query": query,
        "may_edit": may_edit,
        "may_arrange": may_arrange,
        "widths": BoardFigure.Width.choices,
        "forms": exports.WORKBOOKS,
        "comments": [
            (one, comments.may_remove_comment(one, reader))  # type: ignore[arg-type]
            for one in found.comments.select_related("author", "territory")
        ],
        "may_comment": may(reader, "board.comment", place),
        "may_share": publishes,
    }
    return render(request, "studio/board.html", context | (more or {}))


@require_GET
@requires("board.read")
def board_figure(request: HttpRequest, board: str, rank: int) -> JsonResponse:
    """What the chart or map of a board's figure draws."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    figure = get_object_or_404(
        found.figures.select_related("recipe__territory", "recipe__processing"), rank=rank
    )
    return _drawn(request, figure.recipe, found.filters)


@require_GET
@requires("board.read")
def recipe_figure(request: HttpRequest, recipe: str) -> JsonResponse:
    """What the chart or map of an analysis draws."""
    return _drawn(request, _recipe(request, recipe))


@require_POST
@requires("board.comment")
def board_comment(request: HttpRequest, board: str) -> HttpResponse:
    """Add a comment; an invalid one comes back to be corrected."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    try:
        comments.add_comment(found, request.user, strip_invisible(request.POST.get("text", "")))  # type: ignore[arg-type]
    except StudioError as error:
        return board_page(request, found, {"unsaid": request.POST.get("text", ""), "refused": str(error)})
    messages.success(request, "Votre commentaire est ajouté. Les membres qui lisent ce tableau le voient.")
    return redirect("board", place.slug, found.slug)


@require_POST
@requires("board.comment")
def board_comment_remove(request: HttpRequest, board: str, comment: int) -> HttpResponse:
    """Take a comment away."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(BoardComment.objects.of(place), board__slug=board, pk=comment)
    if not comments.may_remove_comment(found, request.user):  # type: ignore[arg-type]
        raise Http404
    found.delete()
    messages.success(request, "Le commentaire est retiré.")
    return redirect("board", place.slug, board)


@require_POST
@requires("recipe.edit")
def board_figure_remove(request: HttpRequest, board: str, rank: int) -> HttpResponse:
    """Take a figure off a board; its analysis stays."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    figure = get_object_or_404(found.figures.select_related("recipe"), rank=rank)
    services.take_off_board(found, request.user, figure.recipe)  # type: ignore[arg-type]
    messages.success(
        request,
        f"« {figure.recipe.title} » n'est plus sur ce tableau. L'analyse est gardée, et se remet depuis sa page.",
    )
    return redirect("board", place.slug, found.slug)


@require_POST
@requires("recipe.edit")
def board_figure_arrange(request: HttpRequest, board: str, rank: int) -> HttpResponse:
    """Give a figure another width or another place on its board."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    get_object_or_404(found.figures, rank=rank)
    width, position = (_whole(request.POST.get(name)) for name in ("largeur", "place"))
    try:
        services.arrange_figure(found, request.user, rank, width=width, place=position)  # type: ignore[arg-type]
    except PermissionDenied:
        messages.error(request, "Ce tableau est montré au public : seule une personne qui publie le change.")
    except FIGURE_ERRORS as error:
        messages.error(request, str(error))
    return redirect("board", place.slug, found.slug)


def _whole(text: str | None) -> int | None:
    """A small whole number of a form; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else None


@require_POST
@requires("recipe.edit")
def recipe_to_board(request: HttpRequest, recipe: str) -> HttpResponse:
    """Put a stored analysis at the end of a board."""
    place = request.territory  # type: ignore[attr-defined]
    stored = _recipe(request, recipe)
    slug = request.POST.get("tableau", "")
    found = get_object_or_404(Board.objects.of(place), slug=slug) if slug else None
    try:
        found = services.put_on_board(found, request.user, stored)  # type: ignore[arg-type]
    except PermissionDenied:
        messages.error(
            request,
            "Ce tableau est montré au public : seule une personne qui publie le change. Rien n'est ajouté.",
        )
    except FIGURE_ERRORS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"« {stored.title} » est sur ce tableau.")
        return redirect("board", place.slug, found.slug)
    return redirect("recipe", place.slug, stored.slug)


@require_POST
@requires("recipe.edit")
def board_remove(request: HttpRequest, board: str) -> HttpResponse:
    """Take a board away; its analyses stay."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    services.remove_board(found, request.user)  # type: ignore[arg-type]
    messages.success(request, f"Le tableau « {found.title} » est supprimé. Ses analyses sont gardées.")
    return redirect("boards", place.slug)


@require_GET
@requires("board.read")
def recipe(request: HttpRequest, recipe: str) -> HttpResponse:
    """An analysis: its figure, its steps in French, its joins, its SQL, its versions."""
    place = request.territory  # type: ignore[attr-defined]
    stored = _recipe(request, recipe)
    may_edit = may(request.user, "recipe.edit", place)
    links = Links(
        drawing=reverse("recipe-figure", args=[place.slug, stored.slug]),
        exports=_exports(stored),
        rows=reverse("recipe-rows", args=[place.slug, stored.slug]),
        change=reverse("recipe-take-up", args=[place.slug, stored.slug]) if may_edit else "",
    )
    context: dict[str, Any] = {
        "recipe": stored,
        "figures": [view_of(request.user, stored, links)],  # type: ignore[arg-type]
        "versions": stored.versions.select_related("author"),
        "definition": _written_out(stored),
        "boards": Board.objects.of(place).filter(figures__recipe=stored).distinct(),
        "other_boards": Board.objects.of(place).exclude(figures__recipe=stored) if may_edit else (),
        "may_edit": may_edit,
        "may_keep": may_edit and may(request.user, "dataset.deposit", place),
        "materialized": active_result(stored),
        "validation": (state := validation.state_of(stored)),
        "validation_text": state.describe(named=True) if state else "",
        "difference": validation.difference(stored, state) if state and state.changed else [],
        "why_not": validation.why_not(request.user, stored),
        "may_validate": validation.may_validate(request.user, stored),
    }
    try:
        read = read_definition(stored.definition)
        context["sentences"] = explanations.describe_steps(read, place)
        opened = open_sources(request.user, place, read, stored.processing, shows=Shows.GROUPS)  # type: ignore[arg-type]
        context["joins"] = explanations.describe_joins(read, opened)
        context["checks"] = explanations.describe_checks(read, opened)
        context["sql"] = explanations.render_sql(read, opened)
    except FIGURE_ERRORS as error:
        context["trouble"] = str(error)
    return render(request, "studio/recipe.html", context)


@require_GET
@requires("board.read")
def recipe_export(request: HttpRequest, recipe: str, form: str) -> HttpResponse:
    """The whole result of an analysis, as a file of one of `exports.KINDS`."""
    place = request.territory  # type: ignore[attr-defined]
    stored = _recipe(request, recipe)
    if form not in exports.KINDS:
        raise Http404
    try:
        found = services.answer(request.user, stored, filters.parse_query(request.GET))  # type: ignore[arg-type]
        made = exports.export_answer(found, form)
    except FIGURE_ERRORS as error:
        messages.error(request, str(error))
        return redirect("recipe", place.slug, stored.slug)
    return _download(made)


@require_GET
@requires("board.read")
def recipe_yaml(request: HttpRequest, recipe: str) -> HttpResponse:
    """The written recipe, to be taken elsewhere: what to do, not the data."""
    return _written(request, recipe, exports.export_recipe)


@require_GET
@requires("board.read")
def recipe_python(request: HttpRequest, recipe: str) -> HttpResponse:
    """The analysis as a Python script, for a notebook: what to do, not the data."""
    return _written(request, recipe, exports.export_script)


def _written(
    request: HttpRequest, recipe: str, write: Callable[[StoredRecipe], exports.ExportedFile]
) -> HttpResponse:
    """A file made of an analysis; on its page, why it cannot be."""
    stored = _recipe(request, recipe)
    try:
        return _download(write(stored))
    except FIGURE_ERRORS as error:
        messages.error(request, str(error))
        return redirect("recipe", stored.territory.slug, stored.slug)


@require_GET
@requires("board.read")
def board_export(request: HttpRequest, board: str, form: str) -> HttpResponse:
    """All the figures of a board in one workbook; those that cannot be computed today are listed as absent."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    if form not in exports.WORKBOOKS:
        raise Http404
    answers, troubles = [], []
    chosen = {
        name: value for name, value in filters.parse_query(request.GET).items() if name in found.filters
    }
    for figure in found.figures.select_related("recipe__territory", "recipe__processing"):
        try:
            answers.append(services.answer(request.user, figure.recipe, chosen))  # type: ignore[arg-type]
        except FIGURE_ERRORS as error:
            troubles.append(f"« {figure.recipe.title} » : {error}")
    if not answers:
        messages.error(request, "Aucune figure de ce tableau ne peut être exportée. " + " ".join(troubles))
        return redirect("board", place.slug, found.slug)
    return _download(exports.export_board(found.title, answers, form, troubles))


def _written_out(stored: StoredRecipe) -> str:
    """Recipe as YAML; its stored JSON when it can no longer be parsed."""
    try:
        return exports.export_recipe(stored).content.decode()
    except StudioError:
        return json.dumps(stored.definition, ensure_ascii=False, indent=2)


def _exports(stored: StoredRecipe) -> list[tuple[str, str]]:
    """The forms in which an analysis leaves, and where."""
    place = stored.territory.slug
    return [
        (form.upper(), reverse("recipe-export", args=[place, stored.slug, form])) for form in exports.KINDS
    ]


def _download(made: exports.ExportedFile) -> HttpResponse:
    response = HttpResponse(made.content, content_type=made.media)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


def _recipe(request: HttpRequest, slug: str) -> StoredRecipe:
    place = request.territory  # type: ignore[attr-defined]
    found: StoredRecipe = get_object_or_404(
        StoredRecipe.objects.of(place).select_related("territory", "processing"), slug=slug
    )
    return found


def _drawn(request: HttpRequest, stored: StoredRecipe, narrowing: Sequence[str] = ()) -> JsonResponse:
    chosen = {name: value for name, value in filters.parse_query(request.GET).items() if name in narrowing}
    try:
        found = services.answer(request.user, stored, chosen)  # type: ignore[arg-type]
        drawn = drawing(found, request.user, stored.territory)  # type: ignore[arg-type]
    except FIGURE_ERRORS as error:
        return JsonResponse({"erreur": str(error)}, status=409)
    if drawn is None:
        raise Http404
    return JsonResponse(drawn)
