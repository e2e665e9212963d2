"""Page of a new analysis without code: datasets, join, question, preview.

The answers of each stage travel in its address, so that going back loses nothing. Nothing is saved before the person
asks for it.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.lake.errors import LakeError
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory

from . import conditions, explanations, join_keys, services
from .analysis_builder import Partner, readable_datasets, usable_columns
from .editing import drafts
from .forms import AnalysisForm
from .models import Board
from .presentation import build_preview, typeset
from .views import FIGURE_ERRORS

PREVIEW_ERRORS = (*FIGURE_ERRORS, LakeError, RecipeError, QueryRefused)
_STAGES = ("Les données", "Le rapprochement", "La question", "L'aperçu")
_NOT_OFFERED = (
    "Le second jeu n'est pas au catalogue, ou il porte sur des personnes : cette page ne le lit pas. "
    "Rien n'a été lu. Choisissez un autre jeu dans la liste."
)
_SAME = "Choisissez deux jeux différents : un jeu ne se rapproche pas de lui-même."


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def new_analysis(request: HttpRequest) -> HttpResponse:
    """Choose the data, join them if there are two, ask, preview, then save."""
    place: Territory = request.territory  # type: ignore[attr-defined]
    params = request.POST if request.method == "POST" else request.GET
    datasets = readable_datasets(place)
    dataset = next((d for d in datasets if d.slug == params.get("jeu")), None)
    other = next((d for d in datasets if d.slug == params.get("avec")), None)
    context: dict[str, Any] = {
        "datasets": datasets,
        "dataset": dataset,
        "other": other,
        "form_values": _form_values(params),
        "stages": [s for n, s in enumerate(_STAGES) if n != 1 or params.get("avec") or not dataset],
        "stage": 1,
    }
    if dataset is None:
        return _render(request, context)
    if params.get("avec") and (other is None or other == dataset):
        return _render(request, {**context, "trouble": _SAME if other else _NOT_OFFERED, "other": None})
    if params.get("action") == "match":
        parts = [("jeu", dataset.slug), ("avec", params.get("avec", "")), *_form_values(params)]
        return redirect(f"{request.path}?{urlencode(parts)}")
    partner = None
    if other is not None:
        try:
            match, context["matching"] = _matched(request, dataset, other, params)
        except PREVIEW_ERRORS as error:
            return _render(request, {**context, "trouble": str(error)})
        if match is None:
            return _render(request, {**context, "stage": 2})
        partner = Partner(other, match.pair)
        context["match"] = _labelled(match, dataset, other)
    return _question(request, context, place, dataset, partner)


def _question(
    request: HttpRequest, context: dict[str, Any], place: Territory, dataset: Dataset, partner: Partner | None
) -> HttpResponse:
    boards = Board.objects.of(place)
    known = conditions.known_values_for(request.user)  # type: ignore[arg-type]
    context["stage"] = len(context["stages"]) - 1
    if request.method == "GET":
        form = AnalysisForm(
            dataset, boards, initial=dict(context["form_values"]), partner=partner, known=known
        )
        return _render(request, {**context, "form": form})
    form = AnalysisForm(dataset, boards, request.POST, partner=partner, known=known)
    context["form"] = form
    if not form.is_valid():
        return _render(request, context)
    if form.step_by_step:
        try:
            draft = drafts.begin_with(place, request.user, form.recipe)  # type: ignore[arg-type]
        except FIGURE_ERRORS as error:
            form.add_error(None, str(error))
            return _render(request, context)
        return redirect("draft", place.slug, draft.pk)
    try:
        previewed = services.preview(request.user, place, form.recipe, services.steering(place))  # type: ignore[arg-type]
        view, spec = build_preview(previewed, request.user, place)  # type: ignore[arg-type]
    except FIGURE_ERRORS as error:
        form.add_error(None, str(error))
        return _render(request, context)
    if request.POST.get("action") != "save":
        sentences = explanations.describe_steps(form.recipe, place)
        context |= {"preview": view, "spec": spec, "sentences": sentences}
        return _render(request, {**context, "stage": context["stage"] + 1})
    saved = services.save_on_board(
        place,
        request.user,  # type: ignore[arg-type]
        form.recipe,
        board=None if form.wants_new_board else boards.get(slug=form.cleaned_data["board"]),
        new_title=form.board_title,
    )
    messages.success(request, f"L'analyse « {form.recipe.title} » est enregistrée sur « {saved.title} ».")
    return redirect("board", place.slug, saved.slug)


def _matched(
    request: HttpRequest, dataset: Dataset, other: Dataset, params: QueryDict
) -> tuple[join_keys.KeyMatch | None, dict[str, Any] | None]:
    """The match that was chosen, when it is sound; otherwise what may be chosen."""
    two = join_keys.DatasetPair(request.user, services.steering(dataset.territory), dataset, other)  # type: ignore[arg-type]
    pair = join_keys.KeyPair.read(params.get("cle", ""))
    if pair is None and params.get("gauche") and params.get("droite"):
        pair = join_keys.KeyPair(params["gauche"], params["droite"], bool(params.get("proche")))
    left, right = ({c.name: c for c in usable_columns(d.current)} for d in (dataset, other) if d.current)
    found: list[join_keys.KeyMatch]
    if pair and pair.left in left and pair.right in right:
        measured = join_keys.measure_match(two, pair)
        if measured.sound:
            return measured, None
        found = [measured] if measured.matched else []
    else:
        found = join_keys.propose_matches(two)
    labelled = [_labelled(match, dataset, other) for match in found]
    return None, {
        "sound": [one for one in labelled if one["found"].sound],
        "many": [one for one in labelled if not one["found"].sound],
        "left": left.values(),
        "right": right.values(),
    }


def _labelled(match: join_keys.KeyMatch, dataset: Dataset, other: Dataset) -> dict[str, Any]:
    """A match with the words of the files' own headers."""
    words = [{c.name: c.label for c in usable_columns(d.current)} for d in (dataset, other) if d.current]
    return {
        "found": match,
        "sentence": typeset(match.sentence),
        "left": words[0][match.pair.left],
        "right": words[1][match.pair.right],
    }


def _form_values(params: QueryDict) -> list[tuple[str, str]]:
    return [(name, params[name]) for name in AnalysisForm.base_fields if params.get(name)]


def _render(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "studio/new.html", context)
