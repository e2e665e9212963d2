"""Which results are made of which datasets: no result may come from itself, and each waits for those before it.

In: analyses as they are stored. Out: the results that a dataset feeds, those that are behind, or a refusal.
"""

import json
from collections.abc import Iterator

from beffroi.hashing import text_sha256
from beffroi.recipes.model import Recipe
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory

from ..answers import StudioError
from ..models import KeptResult, StoredRecipe


def live(territory: Territory) -> list[KeptResult]:
    """The results that are computed."""
    found = KeptResult.objects.of(territory).filter(ended_at=None)
    return list(
        found.select_related(
            "territory", "dataset__territory", "recipe__processing", "recipe__author", "asked_by"
        )
    )


def sources_of(kept: KeptResult) -> set[str]:
    return set(kept.recipe.definition.get("sources", {}).values())


def fed_by(dataset: Dataset) -> list[KeptResult]:
    """The results whose analysis reads this dataset."""
    return [kept for kept in live(dataset.territory) if dataset.slug in sources_of(kept)]


def refuse_circle(territory: Territory, stored: StoredRecipe | None, recipe: Recipe) -> None:
    """Raises StudioError when the analysis would read, at once or through others, the dataset made of its own result."""
    if stored is None:
        return
    made = {kept.dataset.slug: kept for kept in live(territory)}
    own = {slug for slug, kept in made.items() if kept.recipe_id == stored.pk}
    waiting, seen = [(slug, (slug,)) for slug in recipe.sources.values()], set()
    while waiting:
        slug, path = waiting.pop()
        if slug in own:
            told = " → ".join(f"« {made[one].dataset.title} »" for one in reversed(path) if one in made)
            raise StudioError(
                f"Cette analyse lirait son propre résultat ({told}) : elle ne pourrait jamais être calculée. Elle n'est pas "
                "enregistrée. Choisissez un autre jeu."
            )
        if slug in made and slug not in seen:
            seen.add(slug)
            waiting += [(one, (*path, one)) for one in sources_of(made[slug])]


def behind(kept: KeptResult) -> bool:
    """Whether what it reads, or its analysis, moved since it was computed."""
    last = kept.dataset.current
    if last is None or last.cut_at is not None:
        return True
    reads = list(kept.reads.filter(result=last).select_related("source__dataset"))
    then = sorted((r.source_id, r.protects, r.unit) for r in reads)
    now = sorted((s.pk, s.dataset.protects, s.dataset.unit) for s in _read_now(kept))
    return then != now or any(read.recipe_version != kept.recipe.version for read in reads)


def waits_for(kept: KeptResult) -> KeptResult | None:
    """A result among what it reads that is itself behind."""
    reads = sources_of(kept)
    return next(
        (one for one in live(kept.territory) if one.dataset.slug in reads and behind(one)),
        None,
    )


def state_of(kept: KeptResult) -> str:
    """What decides the next computation, as a short text: asked twice for one state, it is one work."""
    read = [[s.pk, s.dataset.protects, s.dataset.unit] for s in _read_now(kept)]
    last = kept.dataset.current
    cut = last is not None and last.cut_at is not None
    told = json.dumps([read, kept.recipe.version, kept.asked_version, kept.asked_by_id, cut])
    return text_sha256(told)[:16]


def _read_now(kept: KeptResult) -> Iterator[Snapshot]:
    datasets = Dataset.objects.of(kept.territory).filter(slug__in=sources_of(kept))
    for dataset in datasets.order_by("pk"):
        if (current := dataset.current) is not None:
            yield current
