"""Public figures of a board: those that published data allow, and the data of their drawings.

In: a public board. Out: views without links to the private space. Figures of unpublished datasets are left out, and
those that lack their unit, base, year or source.
"""

from typing import Any

from django.urls import reverse

from beffroi.recipes.errors import FigureError
from beffroi.web.catalogue.errors import CatalogueError

from .answers import StudioError, answer
from .completeness import missing_mentions, missing_mentions_of_answer
from .models import Board
from .presentation import FigureView, Links, board_views
from .presentation import drawing as drawing_of


def figures(board: Board) -> list[FigureView]:
    """The figures that a citizen may see, in the board's order."""
    territory = board.territory.slug

    def links(rank: int, _: object) -> Links:
        return Links(drawing=reverse("portal-figure", args=[territory, board.slug, rank]))

    return [v for v in board_views(board, None, links) if not v.trouble and missing_mentions(v) is None]


def drawing(board: Board, rank: int) -> dict[str, Any] | None:
    """What the chart or map of one figure draws; None when there is none that the public may see."""
    figure = board.figures.select_related("recipe__territory", "recipe__processing").filter(rank=rank).first()
    if figure is None:
        return None
    try:
        found = answer(None, figure.recipe)
        return None if missing_mentions_of_answer(found) else drawing_of(found, None, board.territory)
    except (StudioError, CatalogueError, FigureError):
        return None
