"""Page on which a draft is saved as an analysis, after a preview of its figure."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.recipes.model import Recipe
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from .. import services
from ..models import Board, Draft
from ..new_analysis_views import PREVIEW_ERRORS
from ..presentation import build_preview
from . import drafts
from .figure_form import NEW_BOARD, FigureForm
from .page import open_page
from .views import own

ACT = "figure changée"


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def save(request: HttpRequest, draft: int) -> HttpResponse:
    """The figure and its words; a preview on the real data; then the analysis."""
    found = own(request, draft)
    place = found.territory
    look = open_page(found, request.user, None).look  # type: ignore[arg-type]
    if look.sound < len(look.recipe.steps):
        messages.info(
            request, "Corrigez d'abord l'étape en difficulté : l'analyse pourra ensuite être enregistrée."
        )
        return redirect("draft", place.slug, found.pk)
    # Only those who may publish change a public board.
    publishes = may(request.user, "dataset.publish", place)
    boards = [board for board in Board.objects.of(place) if publishes or not board.public]
    form = FigureForm(found, look, boards, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"draft": found, "form": form}
    if request.method == "GET":
        return _render(request, context, look.recipe if look.recipe.figure else None)
    if not form.is_valid():
        return _render(request, context, None)
    saving = request.POST.get("action") == "save"
    try:
        if not saving:
            # A preview is a state of the draft: it can be taken back, and is there when the person comes back.
            context["draft"] = drafts.change(found, request.user, form.recipe, ACT)  # type: ignore[arg-type]
            return _render(request, context, form.recipe)
        _add_preview(request, context, form.recipe)
        board = next((board for board in boards if board.slug == form.cleaned_data["board"]), None)
        stored = drafts.save(
            found,
            request.user,  # type: ignore[arg-type]
            form.recipe,
            in_place=form.in_place,
            board=board,
            new_board=form.cleaned_data["new_board"] if form.cleaned_data["board"] == NEW_BOARD else "",
        )
    except PREVIEW_ERRORS as error:
        form.add_error(None, str(error))
        return _render(request, context, None)
    messages.success(request, f"L'analyse « {stored.title} » est enregistrée, version {stored.version}.")
    return redirect("recipe", place.slug, stored.slug)


def _render(request: HttpRequest, context: dict[str, Any], previewed: Recipe | None) -> HttpResponse:
    """The page, with the figure of this recipe when it can be made, otherwise why not."""
    if previewed is not None:
        try:
            _add_preview(request, context, previewed)
        except PREVIEW_ERRORS as error:
            context["unseen"] = str(error)
    found: Draft = context["draft"]
    context |= {"undo": drafts.may_undo(found), "redo": drafts.may_redo(found)}
    return render(request, "studio/editing/save.html", context)


def _add_preview(request: HttpRequest, context: dict[str, Any], recipe: Recipe) -> None:
    """Add the figure of a recipe to the page. Raises one of PREVIEW_ERRORS."""
    found: Draft = context["draft"]
    previewed = services.preview(request.user, found.territory, recipe, drafts.processing_of(found))  # type: ignore[arg-type]
    context["preview"], context["spec"] = build_preview(previewed, request.user, found.territory)  # type: ignore[arg-type]
