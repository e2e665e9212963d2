"""Services of the studio: save analyses and boards; purge their cached answers.

The only writers of this room's rows. A board displays analyses; an analysis reads for one purpose of the register.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from beffroi.recipes.charts.kinds import MAPS
from beffroi.recipes.model import Recipe
from beffroi.text import unique_name
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.tenancy import hosting

from .answers import Answer, Source, StudioError, answer, preview, read_definition
from .filters import MAX_FILTERS as MOST_FILTERS
from .materialized import dependencies, refresh_jobs
from .models import Board, BoardFigure, RecipeVersion, StoredRecipe
from .purposes import steering

__all__ = [
    "Answer",
    "Source",
    "StudioError",
    "add_to_board",
    "answer",
    "arrange_figure",
    "free_slug",
    "is_public",
    "preview",
    "put_on_board",
    "remove_board",
    "save_board",
    "save_on_board",
    "save_recipe",
    "steering",
    "take_off_board",
]


def save_recipe(
    territory: Territory, person: Person, slug: str, definition: dict[str, Any], processing: Processing
) -> StoredRecipe:
    """Write an analysis, or its next version; saved again unchanged, it stays as it is."""
    require(person, "recipe.edit", territory)
    recipe = read_definition(definition)
    _check_sources(territory, recipe)
    if processing.territory_id != territory.pk:
        raise StudioError("Cette finalité est inscrite au registre d'un autre territoire.")
    written = recipe.model_dump(mode="json")
    with transaction.atomic():
        stored = StoredRecipe.objects.of(territory).filter(slug=slug).select_for_update().first()
        if stored and _current_definition(stored) == written and stored.processing_id == processing.pk:
            return stored
        dependencies.refuse_cycle(territory, stored, recipe)
        if stored is None:
            stored = StoredRecipe(territory=territory, slug=slug, version=0)
        elif is_public(stored):
            # Only those who may publish change a public analysis.
            require(person, "dataset.publish", territory)
        stored.title = recipe.title
        stored.definition = written
        stored.processing = processing
        stored.author = person
        stored.version += 1
        stored.updated_at = timezone.now()
        stored.save()
        RecipeVersion.objects.create(
            recipe=stored, number=stored.version, definition=written, author=person, at=stored.updated_at
        )
        ledger.append(
            territory,
            "recipe.save",
            person,
            f"recipe:{stored.pk}",
            {"slug": slug, "version": stored.version, "datasets": sorted(recipe.sources.values())},
        )
        refresh_jobs.on_recipe_change(stored)
    return stored


def _current_definition(stored: StoredRecipe) -> dict[str, Any] | None:
    """Its definition as it would be written today: fields that came since have their defaults."""
    try:
        return read_definition(stored.definition).model_dump(mode="json")
    except StudioError:
        return None


def is_public(stored: StoredRecipe) -> bool:
    """Whether a public board displays this analysis."""
    return bool(Board.objects.of(stored.territory).filter(public=True, figures__recipe=stored).exists())


def save_board(
    territory: Territory,
    person: Person,
    slug: str,
    title: str,
    question: str,
    recipe_slugs: list[str],
    public: bool = False,
    *,
    rank: int = 100,
) -> Board:
    """Write a board and the order of its figures. Showing it to the public is the right of those who publish."""
    require(person, "recipe.edit", territory)
    if public:
        require(person, "dataset.publish", territory)
        if hosting.in_preparation(territory):
            raise StudioError(hosting.preparation_notice(territory))
    if not title.strip():
        raise StudioError("Donnez un titre à ce tableau de bord.")
    recipes = {r.slug: r for r in StoredRecipe.objects.of(territory).filter(slug__in=recipe_slugs)}
    if absent := [s for s in recipe_slugs if s not in recipes]:
        raise StudioError(
            f"Ces analyses n'existent pas : {', '.join(absent)}. Enregistrez-les avant le tableau de bord."
        )
    with transaction.atomic():
        widths = dict(
            BoardFigure.objects.filter(board__territory=territory, board__slug=slug).values_list(
                "recipe_id", "width"
            )
        )
        board, _ = Board.objects.update_or_create(
            territory=territory,
            slug=slug,
            defaults={"title": title.strip(), "question": question.strip(), "public": public, "rank": rank},
        )
        board.figures.all().delete()
        placed = [recipes[s] for s in dict.fromkeys(recipe_slugs)]
        BoardFigure.objects.bulk_create(
            BoardFigure(board=board, recipe=recipe, rank=n, width=width)
            for n, (recipe, width) in enumerate(zip(placed, _fill_rows(placed, widths), strict=True), start=1)
        )
        ledger.append(
            territory,
            "board.save",
            person,
            f"board:{board.pk}",
            {"slug": slug, "figures": list(dict.fromkeys(recipe_slugs)), "public": public},
        )
    return board


def add_to_board(board: Board, person: Person, recipe: StoredRecipe) -> Board:
    """Put an analysis at the end of a board; already there, it stays where it is."""
    slugs = [figure.recipe.slug for figure in board.figures.select_related("recipe")]
    return _save_figures(board, person, [*slugs, recipe.slug])


def put_on_board(board: Board | None, person: Person, recipe: StoredRecipe, new_title: str = "") -> Board:
    """Put a stored analysis on a board; None: on a new one, with its own title or that of the analysis."""
    if board is not None:
        return add_to_board(board, person, recipe)
    title = new_title.strip() or recipe.title
    slug = free_slug(recipe.territory, Board, title)
    return save_board(recipe.territory, person, slug, title, "", [recipe.slug])


def take_off_board(board: Board, person: Person, recipe: StoredRecipe) -> Board:
    """Take an analysis off a board; it stays among the analyses."""
    slugs = [f.recipe.slug for f in board.figures.select_related("recipe") if f.recipe_id != recipe.pk]
    return _save_figures(board, person, slugs)


def arrange_figure(
    board: Board, person: Person, rank: int, *, width: int | None = None, place: int | None = None
) -> Board:
    """Give the figure of this rank another width, another place (from 1), or both; the others keep their order."""
    require(person, "recipe.edit", board.territory)
    if board.public:
        require(person, "dataset.publish", board.territory)
    if width is not None and width not in BoardFigure.Width.values:
        raise StudioError("Choisissez une taille de la liste. Rien n'a changé.")
    with transaction.atomic():
        figures = list(board.figures.select_for_update())
        moved = next((figure for figure in figures if figure.rank == rank), None)
        if moved is None:
            raise StudioError("Cette figure n'est plus sur ce tableau. Rien n'a changé.")
        if width is not None:
            moved.width = width
        if place is not None:
            figures.remove(moved)
            figures.insert(max(0, min(place, len(figures) + 1) - 1), moved)
        for number, figure in enumerate(figures, start=1):
            figure.rank = number
        BoardFigure.objects.bulk_update(figures, ["rank", "width"])
        ledger.append(
            board.territory,
            "board.save",
            person,
            f"board:{board.pk}",
            {"slug": board.slug, "widths": [figure.width for figure in figures]},
        )
    return board


def save_on_board(
    territory: Territory, person: Person, recipe: Recipe, *, board: Board | None, new_title: str = ""
) -> Board:
    """Save a new analysis and put it on a board, made if need be: both or neither."""
    with transaction.atomic():
        slug = free_slug(territory, StoredRecipe, recipe.title)
        stored = save_recipe(territory, person, slug, recipe.model_dump(mode="json"), steering(territory))
        return put_on_board(board, person, stored, new_title)


def _save_figures(board: Board, person: Person, slugs: list[str]) -> Board:
    # `save_board` checks that only those who may publish change a public board.
    return save_board(
        board.territory,
        person,
        board.slug,
        board.title,
        board.question,
        slugs,
        board.public,
        rank=board.rank,
    )


def choose_filters(board: Board, person: Person, names: list[str]) -> Board:
    """By which columns readers may filter a board, in order."""
    require(person, "recipe.edit", board.territory)
    if len(names) > MOST_FILTERS:
        raise StudioError(f"Choisissez {MOST_FILTERS} filtres au plus : au-delà, on ne s'y retrouve plus.")
    with transaction.atomic():
        board.filters = list(dict.fromkeys(names))
        board.save(update_fields=["filters"])
        details = {"slug": board.slug, "filters": board.filters}
        ledger.append(board.territory, "board.save", person, f"board:{board.pk}", details)
    return board


@act("board.remove", "suppression d'un tableau", right="recipe.edit")
def remove_board(board: Board, person: Person) -> Recorded[None]:
    """Take a board away; its analyses stay."""
    subject = f"board:{board.pk}"
    board.delete()
    return Recorded(None, {"slug": board.slug}, subject)


def free_slug(territory: Territory, kind: type[StoredRecipe] | type[Board], title: str) -> str:
    """A slug for this title that no other analysis (or board) of the territory has."""
    base = slugify(title)[:70].strip("-") or "sans-titre"
    taken = set(kind.objects.of(territory).filter(slug__startswith=base).values_list("slug", flat=True))
    return unique_name(base, taken.__contains__)


def _check_sources(territory: Territory, recipe: Recipe) -> None:
    known = set(
        Dataset.objects.of(territory).filter(slug__in=recipe.sources.values()).values_list("slug", flat=True)
    )
    if absent := sorted(set(recipe.sources.values()) - known):
        raise StudioError(
            f"Ces jeux de données ne sont pas au catalogue : {', '.join(absent)}. L'analyse n'est pas enregistrée."
        )


def _fill_rows(recipes: list[StoredRecipe], chosen: dict[int, int]) -> list[int]:
    """Widths of figures in order: those that were chosen, otherwise what suits their kind and fills their row."""
    widths: list[int] = []
    left = BoardFigure.Width.WHOLE.value
    for recipe in recipes:
        width = chosen.get(recipe.pk) or _default_width(recipe)
        if recipe.pk not in chosen and (width, left) == (
            BoardFigure.Width.HALF,
            BoardFigure.Width.TWO_THIRDS,
        ):
            width = left  # beside one number
        left = (left if width <= left else BoardFigure.Width.WHOLE.value) - width
        left = left or BoardFigure.Width.WHOLE.value
        widths.append(width)
    return widths


def _default_width(recipe: StoredRecipe) -> int:
    """A number beside two others, a chart beside another, a map or a table alone."""
    kind = (recipe.definition.get("figure") or {}).get("kind", "table")
    if kind == "number":
        return BoardFigure.Width.THIRD
    return BoardFigure.Width.WHOLE if kind in (*MAPS, "table") else BoardFigure.Width.HALF
