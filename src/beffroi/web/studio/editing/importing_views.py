"""Pages of the import of a recipe: the text, the mapping, then a draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.recipes import serialization
from beffroi.recipes.errors import RecipeError
from beffroi.web.platform.guards import requires

from ..answers import StudioError
from . import drafts
from .importing import MatchForm, TextForm, origin_in


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def take_in(request: HttpRequest) -> HttpResponse:
    """A recipe from elsewhere becomes a draft on the data of this territory."""
    place = request.territory  # type: ignore[attr-defined]
    if request.method == "GET":
        return _render(request, {"form": TextForm()})
    if request.POST.get("stage") != "match":
        form = TextForm(request.POST, request.FILES)
        if not form.is_valid():
            return _render(request, {"form": form}, 422)
        text = form.cleaned_data["whole"]
        first = MatchForm(
            place, form.cleaned_data["recipe"], initial={"text": text, "origin": origin_in(text)}
        )
        return _matching(request, first)
    try:
        recipe = serialization.load_recipe(request.POST.get("text", ""))
    except RecipeError:
        return redirect("recipe-import", place.slug)
    match = MatchForm(place, recipe, request.POST)
    if not match.is_valid():
        return _matching(request, match, 422)
    if match.missing and not match.columns_were_offered:
        return _matching(request, match)
    try:
        draft = drafts.begin_with(
            place,
            request.user,  # type: ignore[arg-type]
            match.adapted(),
            origin=match.cleaned_data["origin"],
        )
    except StudioError as error:
        match.add_error(None, str(error))
        return _matching(request, match, 422)
    messages.success(
        request, "L'analyse est reprise dans un brouillon. Vérifiez chaque étape, puis enregistrez."
    )
    return redirect("draft", place.slug, draft.pk)


def _matching(request: HttpRequest, form: MatchForm, status: int = 200) -> HttpResponse:
    return _render(request, {"form": form, "match": True, "title": form.recipe.title}, status)


def _render(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "studio/editing/import.html", context, status=status)
