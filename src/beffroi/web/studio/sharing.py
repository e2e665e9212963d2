"""Sharing links of a board: an unguessable address until a date, without figures about people.

In: a board and a date. Out: the address, displayed once; later, the board of an address, as far as the link's author
may still see it. Personal or sensitive data are never shared, not even grouped.
"""

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.recipes.errors import FigureError
from beffroi.web.catalogue.dataset_lookup import dataset_named, preload
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.publication.restrictions import restriction_of
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, require

from . import validation
from .answers import StudioError, answer, preload_sources
from .completeness import MissingMentions, missing_mentions, missing_mentions_of_answer
from .models import Board, BoardFigure, BoardLink
from .presentation import FigureView, Links, drawing, view_of

MAX_DURATION = timedelta(days=366)
DEFAULT_DURATION = timedelta(days=30)


def create_link(board: Board, person: Person, until: date, note: str) -> tuple[BoardLink, str]:
    """Create a link and its secret, displayed this once. Requires the right to publish."""
    require(person, "board.read", board.territory)
    require(person, "dataset.publish", board.territory)
    if not board.territory.is_public:
        raise StudioError(
            "La salle « Page publique » est fermée ici : le lien ne mènerait nulle part. Un administrateur l'ouvre dans Réglages, "
            "page Collectivité."
        )
    today = timezone.localdate()
    if not today <= until <= today + MAX_DURATION:
        raise StudioError("Choisissez une date de fin entre aujourd'hui et dans un an.")
    if not note.strip():
        raise StudioError("Dites pour qui est ce lien : vous le retrouverez dans la liste.")
    lacks = incomplete_figures(board, person)
    if lacks and len(lacks) == board.figures.count():
        details = " ; ".join(f"à « {view.title} », {lack.words}" for view, lack in lacks)
        raise StudioError(
            f"Rien de ce tableau ne peut être montré dehors. Il manque : {details}. Complétez, puis partagez."
        )
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        link = BoardLink.objects.create(
            territory=board.territory,
            board=board,
            author=person,
            digest=hash_secret(secret),
            note=note.strip(),
            until=until,
        )
        details = {"slug": board.slug, "until": until.isoformat(), "note": link.note}
        ledger.append(board.territory, "board.link", person, f"board:{board.pk}", details)
    return link, secret


@act(
    "board.unlink",
    "fin d'un lien vers un tableau",
    right="dataset.publish",
    done="Le lien « {it.note} » ne mène plus à rien.",
)
def close_link(link: BoardLink, person: Person) -> Recorded[BoardLink] | Unchanged[BoardLink]:
    """Close the link now; ended already, it stays as it is."""
    if link.ended_at is not None:
        return Unchanged(link)
    link.ended_at = timezone.now()
    link.save(update_fields=["ended_at"])
    return Recorded(link, {"slug": link.board.slug, "note": link.note}, f"board:{link.board_id}")


def find_open_link(territory: Territory, secret: str) -> BoardLink | None:
    """The link of this address, while it is open and its maker may still read and publish."""
    found = BoardLink.objects.of(territory).filter(digest=hash_secret(secret))
    link = found.select_related("board__territory", "author").first()
    if link is None or not link.open:
        return None
    try:
        require(link.author, "board.read", territory)
        require(link.author, "dataset.publish", territory)
    except PermissionDenied:
        return None
    return link


def link_figures(link: BoardLink, address: Callable[[int], str]) -> tuple[list[FigureView], int]:
    """The figures that may leave by a link, and how many stay inside; `address`: of the drawing of a rank."""
    placed = list(link.board.figures.select_related("recipe__territory", "recipe__processing"))
    preload_sources(link.board.territory, [figure.recipe for figure in placed])
    states = validation.states_of(figure.recipe for figure in placed)
    candidates = [
        view_of(
            link.author,
            figure.recipe,
            Links(drawing=address(figure.rank)),
            width=figure.width,
            validation_state=states.get(figure.recipe_id),
        )
        for figure in placed
        if _is_shareable(figure)
    ]
    views = [view for view in candidates if not view.trouble and missing_mentions(view) is None]
    return views, len(placed) - len(views)


def incomplete_figures(board: Board, person: Person) -> list[tuple[FigureView, MissingMentions]]:
    """Figures that a link would share if they were complete, and what they lack."""
    place = board.territory.slug
    found = []
    for figure in board.figures.select_related("recipe__territory", "recipe__processing"):
        if _is_shareable(figure):
            change = ""
            if may(person, "recipe.edit", board.territory):
                change = reverse("recipe-take-up", args=[place, figure.recipe.slug])
            view = view_of(person, figure.recipe, Links(change=change))
            if lack := missing_mentions(view):
                found.append((view, lack))
    return found


def link_drawing(link: BoardLink, rank: int) -> dict[str, Any] | None:
    """What the chart or map of one figure draws; None when none may leave."""
    figure = (
        link.board.figures.select_related("recipe__territory", "recipe__processing").filter(rank=rank).first()
    )
    if figure is None or not _is_shareable(figure):
        return None
    try:
        found = answer(link.author, figure.recipe)
        return None if missing_mentions_of_answer(found) else drawing(found, link.author, link.territory)
    except (StudioError, CatalogueError, FigureError):
        return None


def _is_shareable(figure: BoardFigure) -> bool:
    territory, slugs = figure.recipe.territory, set(figure.recipe.definition.get("sources", {}).values())
    preload(territory, slugs)
    read = [dataset for slug in slugs if (dataset := dataset_named(territory, slug)) is not None]
    return not any(dataset.opens_by_decision or restriction_of(dataset) for dataset in read)
