"""The page of a new analysis without code: the datasets, what they have in common, the question, its preview.

Each stage is an address: what was answered travels in it, so that going back loses nothing. Nothing is kept before
the person asks for it.
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

from . import conditions, explanations, keys, services
from .building import Partner, offered, usable
from .editing import drafts
from .forms import AnalysisForm
from .models import Board
from .presentation import sketched, typeset
from .views import TROUBLES

ALL_TROUBLES = (*TROUBLES, LakeError, RecipeError, QueryRefused)
_STAGES = ("Les données", "Le rapprochement", "La question", "L'aperçu")
_NOT_OFFERED = (
    "Le second jeu n'est pas au catalogue, ou il porte sur des personnes : cette page ne le lit pas. "
    "Rien n'a été lu. Choisissez un autre jeu dans la liste."
)
_SAME = "Choisissez deux jeux différents : un jeu ne se rapproche pas de lui-même."


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def new_analysis(request: HttpRequest) -> HttpResponse:
    """Choose the data, bring them together if there are two, ask; see it before keeping it."""
    place: Territory = request.territory  # type: ignore[attr-defined]
    asked = request.POST if request.method == "POST" else request.GET
    datasets = offered(place)
    dataset = next((d for d in datasets if d.slug == asked.get("jeu")), None)
    other = next((d for d in datasets if d.slug == asked.get("avec")), None)
    context: dict[str, Any] = {
        "datasets": datasets,
        "dataset": dataset,
        "other": other,
        "kept": _kept(asked),
        "stages": [s for n, s in enumerate(_STAGES) if n != 1 or asked.get("avec") or not dataset],
        "stage": 1,
    }
    if dataset is None:
        return _shown(request, context)
    if asked.get("avec") and (other is None or other == dataset):
        return _shown(request, {**context, "trouble": _SAME if other else _NOT_OFFERED, "other": None})
    if asked.get("action") == "match":
        parts = [("jeu", dataset.slug), ("avec", asked.get("avec", "")), *_kept(asked)]
        return redirect(f"{request.path}?{urlencode(parts)}")
    partner = None
    if other is not None:
        try:
            match, context["matching"] = _matched(request, dataset, other, asked)
        except ALL_TROUBLES as error:
            return _shown(request, {**context, "trouble": str(error)})
        if match is None:
            return _shown(request, {**context, "stage": 2})
        partner = Partner(other, match.pair)
        context["match"] = _labelled(match, dataset, other)
    return _question(request, context, place, dataset, partner)


def _question(
    request: HttpRequest, context: dict[str, Any], place: Territory, dataset: Dataset, partner: Partner | None
) -> HttpResponse:
    boards = Board.objects.of(place)
    known = conditions.known_to(request.user)  # type: ignore[arg-type]
    context["stage"] = len(context["stages"]) - 1
    if request.method == "GET":
        form = AnalysisForm(dataset, boards, initial=dict(context["kept"]), partner=partner, known=known)
        return _shown(request, {**context, "form": form})
    form = AnalysisForm(dataset, boards, request.POST, partner=partner, known=known)
    context["form"] = form
    if not form.is_valid():
        return _shown(request, context)
    if form.step_by_step:
        try:
            draft = drafts.begin_with(place, request.user, form.recipe)  # type: ignore[arg-type]
        except TROUBLES as error:
            form.add_error(None, str(error))
            return _shown(request, context)
        return redirect("draft", place.slug, draft.pk)
    try:
        previewed = services.preview(request.user, place, form.recipe, services.steering(place))  # type: ignore[arg-type]
        view, spec = sketched(previewed, request.user, place)  # type: ignore[arg-type]
    except TROUBLES as error:
        form.add_error(None, str(error))
        return _shown(request, context)
    if request.POST.get("action") != "save":
        told = explanations.told(form.recipe, place)
        context |= {"preview": view, "spec": spec, "sentences": told}
        return _shown(request, {**context, "stage": context["stage"] + 1})
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
    request: HttpRequest, dataset: Dataset, other: Dataset, asked: QueryDict
) -> tuple[keys.Match | None, dict[str, Any] | None]:
    """The match that was chosen, when it is sound; otherwise what may be chosen."""
    two = keys.Two(request.user, services.steering(dataset.territory), dataset, other)  # type: ignore[arg-type]
    pair = keys.Pair.read(asked.get("cle", ""))
    if pair is None and asked.get("gauche") and asked.get("droite"):
        pair = keys.Pair(asked["gauche"], asked["droite"], bool(asked.get("proche")))
    left, right = ({c.name: c for c in usable(d.current)} for d in (dataset, other) if d.current)
    found: list[keys.Match]
    if pair and pair.left in left and pair.right in right:
        measured = keys.measure(two, pair)
        if measured.sound:
            return measured, None
        found = [measured] if measured.matched else []
    else:
        found = keys.proposals(two)
    labelled = [_labelled(match, dataset, other) for match in found]
    return None, {
        "sound": [one for one in labelled if one["found"].sound],
        "many": [one for one in labelled if not one["found"].sound],
        "left": left.values(),
        "right": right.values(),
    }


def _labelled(match: keys.Match, dataset: Dataset, other: Dataset) -> dict[str, Any]:
    """A match with the words of the files' own headers."""
    words = [{c.name: c.label for c in usable(d.current)} for d in (dataset, other) if d.current]
    return {
        "found": match,
        "said": typeset(match.sentence),
        "left": words[0][match.pair.left],
        "right": words[1][match.pair.right],
    }


def _kept(asked: QueryDict) -> list[tuple[str, str]]:
    return [(name, asked[name]) for name in AnalysisForm.base_fields if asked.get(name)]


def _shown(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "studio/new.html", context)
