"""Analyses proposed, tried on the data, and saved with their board only when they give something to read.

In come `AnalysisCandidate`s; out come stored recipes and boards. A draft that fails, or whose figure would be empty, is dropped:
what is shown was computed once already.
"""

from collections.abc import Sequence

from beffroi.web.catalogue.models import Processing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.studio import answers, result_cache, services
from beffroi.web.studio.dataset_profiles import ANALYSIS_ERRORS
from beffroi.web.studio.models import Board, StoredRecipe
from beffroi.web.studio.proposing.candidates import AnalysisCandidate, source_text

__all__ = ["AnalysisCandidate", "board", "keep", "source_text"]


def keep(
    territory: Territory,
    person: Person,
    processing: Processing,
    drafts: Sequence[AnalysisCandidate],
    most: int = 8,
) -> list[StoredRecipe]:
    """Save the first `most` drafts that give something to read, each once, with the answer that was tried."""
    created: list[StoredRecipe] = []
    titles: set[str] = set()
    for draft in drafts:
        if len(created) >= most:
            break
        if draft.title in titles:
            continue
        try:
            recipe = draft.recipe()
            opened = answers.open_sources(person, territory, recipe, processing)
            released, figure = answers.compute(recipe, opened.grants)
            if not draft.is_informative(released.table):
                continue
            stored = services.save_recipe(
                territory, person, draft.slug, recipe.model_dump(mode="json"), processing
            )
        except (*ANALYSIS_ERRORS, ValueError):
            continue
        question = result_cache.CacheKey(stored, opened.grants, tuple(opened.snapshots.values()))
        result_cache.save(question, released, figure.base, figure.year)
        titles.add(draft.title)
        created.append(stored)
    return created


def board(
    territory: Territory,
    person: Person,
    slug: str,
    title: str,
    question: str,
    recipes: Sequence[StoredRecipe],
    *,
    rank: int,
) -> Board | None:
    """Save the board unless it would be empty; shown to the public when its author may publish."""
    if not recipes:
        return None
    public = may(person, "dataset.publish", territory)
    slugs = [recipe.slug for recipe in recipes]
    return services.save_board(territory, person, slug, title, question, slugs, public, rank=rank)
