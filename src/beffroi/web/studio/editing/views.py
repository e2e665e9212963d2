"""Pages of drafts: their list, a draft with its steps and preview, its actions, its counts.

Thin: a draft of another person is not found.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDictKeyError
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.recipes.model import Recipe
from beffroi.web.platform.guards import requires

from ..analysis_builder import readable_datasets
from ..answers import StudioError
from ..models import Draft, RecipeVersion, StoredRecipe
from . import drafts, recipe_edits
from .forms import StepForm, StepPosition, form_for
from .forms.base import MORE
from .page import Page, open_page

STALE = (
    "Le brouillon a changé dans une autre page depuis que vous avez ouvert celle-ci : rien n'a été fait. "
    "Le voici tel qu'il est."
)
FIGURE = "figure"
"""StepPosition a form of this room leads when it says so: the page of the figure, at one of its FIELDS."""
FIELDS = frozenset({"kind", "title", "unit", "base", "year", "source"})
NO_STEP = "Cette étape n'existe pas, ou plus. L'analyse est montrée telle qu'elle est."


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def list_drafts(request: HttpRequest) -> HttpResponse:
    """List of the person's drafts; posted, a new one on the chosen dataset, at the join form when a second one is
    named.
    """
    place = request.territory  # type: ignore[attr-defined]
    datasets = readable_datasets(place)
    context: dict[str, Any] = {"drafts": drafts.drafts_of(place, request.user), "datasets": datasets}  # type: ignore[arg-type]
    if request.method == "POST":
        dataset = next((d for d in datasets if d.slug == request.POST.get("jeu")), None)
        if dataset is not None:
            other = next((d for d in datasets if d.slug == request.POST.get("avec") and d != dataset), None)
            # Two pairs of columns are required: a single one was measured before, and would multiply rows.
            to = {"genre": "join", "apres": 1, "avec": other.slug, "rows": 2} if other else {}
            return _opened(request, lambda: drafts.begin(place, request.user, dataset), to=to)  # type: ignore[arg-type]
        context["trouble"] = "Choisissez d'abord un jeu de données dans la liste."
    return render(request, "studio/editing/drafts.html", context)


@require_POST
@requires("recipe.edit")
def take_up(request: HttpRequest, recipe: str) -> HttpResponse:
    """A draft of a stored analysis, as it is or as an earlier version was."""
    place = request.territory  # type: ignore[attr-defined]
    stored = get_object_or_404(StoredRecipe.objects.of(place).select_related("territory"), slug=recipe)
    page = "draft-save" if request.POST.get("vers") == FIGURE else "draft"
    params = request.POST.get("version")
    try:
        earlier = stored.versions.get(number=int(params)) if params else None
    except (ValueError, OverflowError, RecipeVersion.DoesNotExist):
        raise Http404 from None
    return _opened(request, lambda: drafts.take_up(stored, request.user, earlier), page)  # type: ignore[arg-type]


@require_GET
@requires("recipe.edit")
def draft(request: HttpRequest, draft: int) -> HttpResponse:
    """The steps, and the first rows after the one that is looked at."""
    found = own(request, draft)
    page = open_page(found, request.user, request.GET.get("etape"))  # type: ignore[arg-type]
    return page.render_page(request, counted=bool(request.GET.get("compter")))


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def step(request: HttpRequest, draft: int) -> HttpResponse:
    """The form of one step: a new one after step `apres`, or step `numero` changed."""
    found = own(request, draft)
    params = request.POST if request.method == "POST" else request.GET
    page = open_page(found, request.user, params.get("numero") or params.get("apres"))  # type: ignore[arg-type]
    recipe = page.look.recipe
    number = page.number_in(params.get("numero"), minimum=2)
    kind = recipe.steps[number - 1].step if number else params.get("genre", "")
    form_type = form_for(kind)
    if number and _stale(request, found):
        messages.info(request, STALE)
        return redirect("draft", found.territory.slug, found.pk)
    if form_type is None or (params.get("numero") and not number):
        if params:
            messages.info(request, NO_STEP)
        return redirect("draft", found.territory.slug, found.pk)
    before = number - 1 if number else page.at
    if before > page.look.sound:
        messages.info(request, "Corrigez d'abord l'étape en difficulté : celles qui la suivent l'attendent.")
        return redirect("draft", found.territory.slug, found.pk)
    page.number, page.at, page.form_type = number, number or before, form_type
    position = StepPosition(found, page.look, before)
    changed = recipe.steps[number - 1] if number else None
    if request.method == "GET":
        begun = {name: request.GET[name] for name in ("avec", "column_0", "rows") if request.GET.get(name)}
        page.form = form_type(position, step=changed, initial=begun)
        return page.render_page(request)
    form = form_type(position, request.POST, step=changed)
    page.form = form
    if params.get("action") == MORE:
        page.form = form.longer()
        return page.render_page(request)
    if not form.is_valid():
        return page.render_page(request)
    return _save_step(request, page, form, before)


def _save_step(request: HttpRequest, page: Page, form: StepForm, before: int) -> HttpResponse:
    """Save the step if it is valid at its position; later steps may become invalid and explain why."""
    found, recipe = page.draft, page.look.recipe
    try:
        after = recipe_edits.put_steps(recipe, before, form.made, form.sources(), instead=bool(page.number))
    except StudioError as error:
        form.add_error(None, str(error))
        return page.render_page(request)
    last = before + len(form.made)
    look = page.look.with_recipe(after)
    if look.sound < last:
        form.add_error(None, look.stages[look.sound].trouble)
        return page.render_page(request)
    act = "changée" if page.number else "ajoutée"
    drafts.change(found, request.user, after, f"étape {recipe_edits.step_title(form.made[-1])} {act}")  # type: ignore[arg-type]
    messages.success(request, f"Étape {recipe_edits.step_title(form.made[-1])} {act}. {form.notice}".strip())
    if (trouble := look.sound + 1) <= len(after.steps):
        messages.warning(
            request, f"L'étape {trouble} ne peut plus être suivie : elle dit pourquoi ci-dessous."
        )
    return _at(found, last)


@require_POST
@requires("recipe.edit")
def move(request: HttpRequest, draft: int) -> HttpResponse:
    """A step goes one place up or down."""
    by = -1 if request.POST.get("sens") == "haut" else 1

    def moved(recipe: Recipe, at: int) -> Recipe:
        return recipe_edits.move_step(recipe, at, by)

    return _changed(request, draft, moved, "déplacée", to=by)


@require_POST
@requires("recipe.edit")
def remove(request: HttpRequest, draft: int) -> HttpResponse:
    """A step goes away; undo brings it back."""
    return _changed(request, draft, recipe_edits.remove_step, "retirée", to=-1)


@require_POST
@requires("recipe.edit")
def undo(request: HttpRequest, draft: int) -> HttpResponse:
    return _undo_or_redo(request, draft, drafts.undo)


@require_POST
@requires("recipe.edit")
def redo(request: HttpRequest, draft: int) -> HttpResponse:
    return _undo_or_redo(request, draft, drafts.redo)


@require_POST
@requires("recipe.edit")
def discard(request: HttpRequest, draft: int) -> HttpResponse:
    """The draft goes; the analysis that it took up stays as it is."""
    found = own(request, draft)
    drafts.discard(found, request.user)  # type: ignore[arg-type]
    messages.success(request, f"Le brouillon « {found.title} » est supprimé.")
    return redirect("drafts", found.territory.slug)


@require_GET
@requires("recipe.edit")
def counts(request: HttpRequest, draft: int) -> JsonResponse:
    """The rows after each step, for the island that fills the page with them."""
    found = own(request, draft)
    page = open_page(found, request.user, None)  # type: ignore[arg-type]
    return JsonResponse(page.counts_as_data())


def own(request: HttpRequest, draft: int) -> Draft:
    place = request.territory  # type: ignore[attr-defined]
    found: Draft = get_object_or_404(
        drafts.drafts_of(place, request.user).select_related("territory", "recipe__processing"),  # type: ignore[arg-type]
        pk=draft,
    )
    return found


def _opened(
    request: HttpRequest, begin: Any, page: str = "draft", to: dict[str, Any] | None = None
) -> HttpResponse:
    """The draft that begins, on this page, or at the form of the step that `to` asks for."""
    place = request.territory  # type: ignore[attr-defined]
    try:
        made = begin()
    except StudioError as error:
        messages.error(request, str(error))
        return redirect("drafts", place.slug)
    if to:
        return redirect(f"{reverse('draft-step', args=[place.slug, made.pk])}?{urlencode(to)}#travail")
    field = request.POST.get("champ", "")
    anchor = f"#id_{field}" if page == "draft-save" and field in FIELDS else ""
    return redirect(reverse(page, args=[place.slug, made.pk]) + anchor)


def _changed(request: HttpRequest, draft: int, act: Any, outcome: str, *, to: int) -> HttpResponse:
    found = own(request, draft)
    recipe = drafts.current_recipe(found)
    if _stale(request, found):
        messages.info(request, STALE)
        return _at(found, 0)
    try:
        number = int(request.POST["numero"])
        after = act(recipe, number - 1)
    except (MultiValueDictKeyError, ValueError):
        messages.error(request, NO_STEP)
        return _at(found, 0)
    except StudioError as error:
        messages.error(request, str(error))
        return _at(found, 0)
    name = recipe_edits.step_title(recipe.steps[number - 1])
    drafts.change(found, request.user, after, f"étape {name} {outcome}")  # type: ignore[arg-type]
    messages.success(request, f"Étape {name} {outcome}.")
    return _at(found, number + to)


def _stale(request: HttpRequest, found: Draft) -> bool:
    """Whether the page that posts was opened on another state of the draft: its numbers may mean other steps."""
    return request.method == "POST" and request.POST.get("etat", str(found.current)) != str(found.current)


def _undo_or_redo(request: HttpRequest, draft: int, act: Any) -> HttpResponse:
    found = own(request, draft)
    try:
        act(found, request.user)
    except StudioError as error:
        messages.info(request, str(error))
    if request.POST.get("vers") == FIGURE:
        return redirect("draft-save", found.territory.slug, found.pk)
    return _at(found, 0)


def _at(found: Draft, number: int) -> HttpResponse:
    """Back to the draft, at this step if it is one."""
    address = reverse("draft", args=[found.territory.slug, found.pk])
    return redirect(f"{address}?{urlencode({'etape': number})}#etape-{number}" if number > 0 else address)
