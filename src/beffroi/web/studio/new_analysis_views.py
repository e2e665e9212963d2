"""Page of a new analysis without code: datasets, join, then the question beside its live figure.

The answers travel in the address, so that going back loses nothing. Nothing is saved before the person asks for it.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.lake.errors import LakeError
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.french import join_words
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may

from . import conditions, explanations, join_keys, services
from .analysis_builder import Partner, poured_datasets, usable_columns
from .dataset_profiles import cached_uses
from .editing import drafts
from .forms import FIELDS, AnalysisForm
from .models import Board
from .partners import propose_partners
from .presentation import build_preview, typeset
from .views import FIGURE_ERRORS

PREVIEW_ERRORS = (*FIGURE_ERRORS, LakeError, RecipeError, QueryRefused)
SURE = 0.5
"""Share of the rows that must find a partner for a join to be made without a question."""
_NOT_OFFERED = (
    "Le second jeu n'est pas au catalogue, ou il porte sur des personnes : cette page ne le lit pas. "
    "Rien n'a été lu. Choisissez un autre jeu dans la liste."
)
_SAME = "Choisissez deux jeux différents : un jeu ne se rapproche pas de lui-même."


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def new_analysis(request: HttpRequest) -> HttpResponse:
    """Choose the data, join them if there are two, ask beside the answer, then save."""
    place: Territory = request.territory  # type: ignore[attr-defined]
    params = request.POST if request.method == "POST" else request.GET
    readable = poured_datasets(place)
    chosen = {d.slug: d for d in readable.filter(slug__in=[params.get("jeu", ""), params.get("avec", "")])}
    dataset, other = chosen.get(params.get("jeu", "")), chosen.get(params.get("avec", ""))
    context: dict[str, Any] = {
        "dataset": dataset,
        "other": other,
        "titles": readable.values_list("slug", "title"),
        "form_values": _form_values(params),
    }
    if dataset is None:
        return _render(request, context)
    if params.get("avec") and (other is None or other == dataset):
        return _render(request, {**context, "trouble": _SAME if other else _NOT_OFFERED, "other": None})
    if params.get("action") == "match":
        return redirect(_address(request, dataset, other, params, choisir="1"))
    pair = _chosen_pair(params)
    if other is None:
        choosing = "choisir" in params
        return _render(request, context) if choosing else _question(request, context, dataset, None)
    if pair and _has_columns(pair, dataset, other) and "choisir" not in params:
        return _question(request, context, dataset, Partner(other, pair))
    try:
        return _matching(request, context, dataset, other, params)
    except PREVIEW_ERRORS as error:
        return _render(request, {**context, "trouble": str(error)})


def _matching(
    request: HttpRequest,
    context: dict[str, Any],
    dataset: Dataset,
    other: Dataset,
    params: QueryDict,
    pair: join_keys.KeyPair | None = None,
) -> HttpResponse:
    """The columns in common: those that are sure are used at once, the others are a question. `pair`: one that was
    chosen and is not sound."""
    two = join_keys.DatasetPair(request.user, services.steering(dataset.territory), dataset, other)  # type: ignore[arg-type]
    found = join_keys.propose_matches(two) if pair is None else [join_keys.measure_match(two, pair)]
    if pair is None and "choisir" not in params:
        best = found[0] if found else None
        if best and _is_sure(best):
            return redirect(_address(request, dataset, other, params, cle=best.pair.text))
        if best and best.turned and _is_sure(join_keys.measure_match(two.turned, best.pair.turned)):
            # A calendar has a row a day, and a file of meals a hundred: the join begins with the meals.
            return redirect(_address(request, other, dataset, params, cle=best.pair.turned.text))
    labelled = [_labelled(match, dataset, other) for match in found if match.matched]
    any_sound = any(match.sound for match in found)
    left, right = (usable_columns(d.current) for d in (dataset, other) if d.current)
    matching = {
        "sound": [one for one in labelled if one["found"].sound],
        "many": [
            one for one in labelled if not one["found"].sound and (one["found"].turned or not any_sound)
        ],
        "left": left,
        "right": right,
    }
    return _render(request, {**context, "matching": matching})


def _is_sure(match: join_keys.KeyMatch) -> bool:
    """Whether this match needs no question."""
    return match.sound and match.share >= SURE


def _question(
    request: HttpRequest, context: dict[str, Any], dataset: Dataset, partner: Partner | None
) -> HttpResponse:
    place, person = dataset.territory, request.user
    boards = _open_boards(request, place)
    sides = [dataset, *([partner.dataset] if partner else [])]
    processing = services.steering(place)
    uses = {
        side.slug: {use.name: use for use in cached_uses(person, side, current, processing)}  # type: ignore[arg-type]
        for side in sides
        if (current := side.current)
    }
    more: dict[str, Any] = {
        "partner": partner, "known": conditions.known_values_for(person), "uses": uses,  # type: ignore[arg-type]
    }  # fmt: skip
    if request.method == "GET":
        first = AnalysisForm.first_question(dataset, uses, partner)
        from_board = request.GET.get("tableau", "")
        board = {"board": from_board} if from_board in {b.slug for b in boards} else {}
        data = QueryDict(mutable=True)
        data.update(first | board | dict(context["form_values"]))
        form = AnalysisForm(dataset, boards, data, **more)
    else:
        form = AnalysisForm(dataset, boards, request.POST, **more)
    context |= {
        "form": form,
        "partner": partner,
        "join": _pair_words(partner.pair, dataset, partner.dataset) if partner else "",
    }
    context["partners"] = [] if partner else propose_partners(dataset, request.user)  # type: ignore[arg-type]
    if not form.is_valid():
        return _render(request, context)
    if form.step_by_step:
        try:
            draft = drafts.begin_with(place, person, form.recipe)  # type: ignore[arg-type]
        except FIGURE_ERRORS as error:
            form.add_error(None, str(error))
            return _render(request, context)
        return redirect("draft", place.slug, draft.pk)
    try:
        previewed = services.preview(person, place, form.recipe, processing)  # type: ignore[arg-type]
        view, spec = build_preview(previewed, person, place)  # type: ignore[arg-type]
    except FIGURE_ERRORS as error:
        if partner and (unsound := _unsound(request, context, dataset, partner)):
            return unsound
        form.add_error(None, str(error))
        return _render(request, context)
    if request.POST.get("action") != "save":
        sentences = explanations.describe_steps(form.recipe, place)
        return _render(request, {**context, "preview": view, "spec": spec, "sentences": sentences})
    saved = services.save_on_board(
        place,
        person,  # type: ignore[arg-type]
        form.recipe,
        board=None
        if form.wants_new_board
        else next(b for b in boards if b.slug == form.cleaned_data["board"]),
        new_title=form.board_title,
    )
    messages.success(request, f"L'analyse « {form.recipe.title} » est enregistrée sur « {saved.title} ».")
    return redirect("board", place.slug, saved.slug)


def _unsound(
    request: HttpRequest, context: dict[str, Any], dataset: Dataset, partner: Partner
) -> HttpResponse | None:
    """The page on the columns in common, when those that were chosen give a row several partners, or none."""
    two = join_keys.DatasetPair(request.user, services.steering(dataset.territory), dataset, partner.dataset)  # type: ignore[arg-type]
    try:
        if join_keys.measure_match(two, partner.pair).sound:
            return None
        return _matching(
            request, context | {"form": None}, dataset, partner.dataset, QueryDict(), partner.pair
        )
    except PREVIEW_ERRORS:
        return None


def _open_boards(request: HttpRequest, place: Territory) -> list[Board]:
    """The boards that this person may change: a public one is for those who publish."""
    publishes = may(request.user, "dataset.publish", place)
    return [board for board in Board.objects.of(place) if publishes or not board.public]


def _chosen_pair(params: QueryDict) -> join_keys.KeyPair | None:
    if pair := join_keys.KeyPair.read(params.get("cle", "")):
        return pair
    if params.get("gauche") and params.get("droite"):
        return join_keys.KeyPair(params["gauche"], params["droite"], bool(params.get("proche")))
    return None


def _has_columns(pair: join_keys.KeyPair, dataset: Dataset, other: Dataset) -> bool:
    left, right = ({c.name for c in usable_columns(d.current)} for d in (dataset, other) if d.current)
    return left.issuperset(pair.lefts) and right.issuperset(pair.rights)


def _labelled(match: join_keys.KeyMatch, dataset: Dataset, other: Dataset) -> dict[str, Any]:
    """A match with the words of the files' own headers."""
    labels = {column.name: column.label for column in usable_columns(other.current)} if other.current else {}
    return {
        "found": match,
        "sentence": typeset(match.sentence),
        "columns": _pair_words(match.pair, dataset, other),
        "right": typeset(join_words(f"« {labels[name]} »" for name in match.pair.rights)),
    }


def _pair_words(pair: join_keys.KeyPair, dataset: Dataset, other: Dataset) -> str:
    """« date » = « Date »: the columns by which two datasets are joined."""
    left, right = (
        {c.name: c.label for c in usable_columns(d.current)} for d in (dataset, other) if d.current
    )
    return typeset(pair.words(left, right))


def _address(
    request: HttpRequest, dataset: Dataset, other: Dataset | None, params: QueryDict, **more: str
) -> str:
    parts = [("jeu", dataset.slug), *([("avec", other.slug)] if other else []), *_form_values(params)]
    return f"{request.path}?{urlencode([*parts, *more.items()])}"


def _form_values(params: QueryDict) -> list[tuple[str, str]]:
    names = (*FIELDS, "tableau")
    return [(name, params[name]) for name in names if params.get(name)]


def _render(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "studio/new.html", context)
