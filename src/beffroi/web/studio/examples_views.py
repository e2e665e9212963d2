"""Page of the examples of an analysis: inputs, expected rows, result; one more drawn from the data."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.fields import VisibleCharField

from . import example_tables, examples
from .answers import StudioError, read_definition
from .models import StoredRecipe

EXAMPLE_ERRORS = (StudioError, CatalogueError, QueryRefused, RecipeError)


class ExampleForm(forms.Form):
    """What the example shows."""

    title = VisibleCharField(
        label="Ce que montre cet exemple",
        max_length=200,
        help_text="Par exemple : « Deux collectes de la même commune s'ajoutent. »",
    )


@require_http_methods(["GET", "POST"])
@requires("board.read")
def recipe_examples(request: HttpRequest, recipe: str) -> HttpResponse:
    """The examples and their verdicts; posted, one more made of the first rows of the data."""
    place = request.territory  # type: ignore[attr-defined]
    stored = get_object_or_404(
        StoredRecipe.objects.of(place).select_related("territory", "processing"), slug=recipe
    )
    may_edit = may(request.user, "recipe.edit", place)
    if request.method == "POST" and not may_edit:
        raise Http404
    form = ExampleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            examples.propose(stored, request.user, form.cleaned_data["title"])  # type: ignore[arg-type]
        except PermissionDenied:
            form.add_error(None, "L'analyse est montrée au public : seule une personne qui publie la change.")
        except EXAMPLE_ERRORS as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, "L'exemple est ajouté. Relisez ce qu'il attend : c'est ce que donne l'analyse."
            )
            return redirect("recipe-examples", place.slug, stored.slug)
    context: dict[str, Any] = {"recipe": stored, "form": form, "may_edit": may_edit}
    try:
        read = read_definition(stored.definition)
        found = examples.check_examples(read, place.slug)
        context["examples"] = example_tables.build_example_tables(read, place, found)
    except EXAMPLE_ERRORS as error:
        context["trouble"] = str(error)
    return render(request, "studio/examples.html", context, status=422 if form.errors else 200)


@require_POST
@requires("recipe.edit")
def example_remove(request: HttpRequest, recipe: str) -> HttpResponse:
    """Take one example away: the next version of the analysis no longer has it."""
    place = request.territory  # type: ignore[attr-defined]
    stored = get_object_or_404(
        StoredRecipe.objects.of(place).select_related("territory", "processing"), slug=recipe
    )
    try:
        number, version = int(request.POST.get("numero", "")), int(request.POST.get("version", ""))
        title = examples.remove(stored, request.user, number, version)  # type: ignore[arg-type]
    except PermissionDenied:
        messages.error(
            request,
            "L'analyse est montrée au public : seule une personne qui publie la change. Rien n'est supprimé.",
        )
    except ValueError:
        raise Http404 from None
    except EXAMPLE_ERRORS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"L'exemple « {title} » est supprimé. Les versions d'avant l'ont encore.")
    return redirect("recipe-examples", place.slug, stored.slug)
