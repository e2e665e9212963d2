"""Boards and analyses as the search finds them. Drafts are their authors' own and are not."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.urls import reverse

from beffroi.language.search import Document
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Territory
from beffroi.web.search.kinds import Kind, Origin, Target

from .models import Board, BoardFigure, StoredRecipe


def boards(territory: Territory, keys: Collection[str] | None) -> Iterable[Document]:
    found = Board.objects.of(territory).prefetch_related("figures__recipe")
    for board in found if keys is None else found.filter(pk__in=keys):
        yield Document(
            scope=territory.pk,
            kind="board",
            key=str(board.pk),
            title=board.title,
            card=(board.question, *(figure.recipe.title for figure in board.figures.all())),
            public=board.public,
        )


def analyses(territory: Territory, keys: Collection[str] | None) -> Iterable[Document]:
    found = StoredRecipe.objects.of(territory)
    chosen = list(found if keys is None else found.filter(pk__in=keys))
    slugs = {slug for recipe in chosen for slug in _sources(recipe)}
    titles = dict(Dataset.objects.of(territory).filter(slug__in=slugs).values_list("slug", "title"))
    for recipe in chosen:
        yield Document(
            scope=territory.pk,
            kind="analysis",
            key=str(recipe.pk),
            title=recipe.title,
            card=tuple(titles[slug] for slug in _sources(recipe) if slug in titles),
        )


def _sources(recipe: StoredRecipe) -> list[str]:
    return list(recipe.definition.get("sources", {}).values())


def board_targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    found = Board.objects.of(territory).filter(pk__in=keys)
    if public:
        found = found.filter(public=True)
    return _targets(territory, found, "portal-board" if public else "board")


def analysis_targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    if public:
        return {}
    return _targets(territory, StoredRecipe.objects.of(territory).filter(pk__in=keys), "recipe")


def _targets(territory: Territory, found: Any, name: str) -> Mapping[str, Target]:
    return {
        str(pk): Target(title, reverse(name, args=[territory.slug, slug]))
        for pk, slug, title in found.values_list("pk", "slug", "title")
    }


BOARDS = Kind(
    name="board",
    label="Tableaux de bord",
    act="board.read",
    documents=boards,
    targets=board_targets,
    origins=(
        Origin(Board, lambda board: (board.territory, [str(board.pk)])),
        Origin(BoardFigure, lambda figure: (figure.board.territory, [str(figure.board_id)])),
    ),
)
ANALYSES = Kind(
    name="analysis",
    label="Analyses",
    act="board.read",
    documents=analyses,
    targets=analysis_targets,
    origins=(Origin(StoredRecipe, lambda recipe: (recipe.territory, [str(recipe.pk)])),),
)
