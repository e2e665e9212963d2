"""Which datasets analyses read, and on which boards they are shown: what the studio tells the catalogue of their use."""

from django.urls import reverse

from beffroi.web.catalogue.uses import Use
from beffroi.web.territories.models import Territory

from .models import BoardFigure, StoredRecipe


def uses(territory: Territory) -> dict[str, list[Use]]:
    """By the slug of a dataset; the results that are kept come from these analyses."""
    found: dict[str, list[Use]] = {}
    sources: dict[int, set[str]] = {}
    for stored in StoredRecipe.objects.of(territory).order_by("title"):
        sources[stored.pk] = set(stored.definition.get("sources", {}).values())
        url = reverse("recipe", args=[territory.slug, stored.slug])
        for slug in sources[stored.pk]:
            # The dataset's page tells the analyses among what it serves.
            use = Use(f"l'analyse « {stored.title} »", url, act="board.read", shown=False)
            found.setdefault(slug, []).append(use)
    boards = BoardFigure.objects.filter(recipe__in=sources).select_related("board").order_by("board__title")
    told: set[tuple[str, int]] = set()
    for figure in boards:
        for slug in sources[figure.recipe_id]:
            if (slug, figure.board_id) not in told:
                told.add((slug, figure.board_id))
                url = reverse("board", args=[territory.slug, figure.board.slug])
                found[slug].append(Use(f"le tableau « {figure.board.title} »", url, act="board.read"))
    return found
