"""Uses of a dataset by analyses and boards, for its page in the catalogue."""

from django.urls import reverse

from beffroi.web.catalogue.usage_registry import Use
from beffroi.web.platform.models import Territory

from .models import BoardFigure, StoredRecipe


def dataset_uses(territory: Territory, slug: str | None = None) -> dict[str, list[Use]]:
    """Uses by the slug of a dataset, of that one when it is named."""
    found: dict[str, list[Use]] = {}
    sources: dict[int, set[str]] = {}
    for stored in StoredRecipe.objects.of(territory).order_by("title"):
        read = set(stored.definition.get("sources", {}).values())
        if slug is not None:
            read &= {slug}
        if not read:
            continue
        sources[stored.pk] = read
        url = reverse("recipe", args=[territory.slug, stored.slug])
        for of in read:
            # The dataset's page tells the analyses among what it serves.
            use = Use(f"l'analyse « {stored.title} »", url, act="board.read", listed=False)
            found.setdefault(of, []).append(use)
    boards = BoardFigure.objects.filter(recipe__in=sources).select_related("board").order_by("board__title")
    listed: set[tuple[str, int]] = set()
    for figure in boards:
        for of in sources[figure.recipe_id]:
            if (of, figure.board_id) not in listed:
                listed.add((of, figure.board_id))
                url = reverse("board", args=[territory.slug, figure.board.slug])
                found[of].append(Use(f"le tableau « {figure.board.title} »", url, act="board.read"))
    return found
