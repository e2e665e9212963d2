"""Dependency graph of materialized results: no cycle, and each waits for its stale sources.

In: stored analyses. Out: the results that a dataset feeds, the stale ones, or a refusal.
"""

import json
from collections.abc import Iterator

from beffroi.hashing import text_sha256
from beffroi.recipes.model import Recipe
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory

from ..answers import StudioError
from ..models import MaterializedResult, StoredRecipe


def active_results(territory: Territory) -> list[MaterializedResult]:
    """The results that are computed."""
    found = MaterializedResult.objects.of(territory).filter(ended_at=None)
    return list(
        found.select_related(
            "territory", "dataset__territory", "recipe__processing", "recipe__author", "requested_by"
        )
    )


def source_slugs(result: MaterializedResult) -> set[str]:
    return set(result.recipe.definition.get("sources", {}).values())


def dependents(dataset: Dataset) -> list[MaterializedResult]:
    """The results whose analysis reads this dataset."""
    return [result for result in active_results(dataset.territory) if dataset.slug in source_slugs(result)]


def refuse_cycle(territory: Territory, stored: StoredRecipe | None, recipe: Recipe) -> None:
    """Raises StudioError when the analysis would read, at once or through others, the dataset made of its own result."""
    if stored is None:
        return
    made = {result.dataset.slug: result for result in active_results(territory)}
    own = {slug for slug, result in made.items() if result.recipe_id == stored.pk}
    waiting, seen = [(slug, (slug,)) for slug in recipe.sources.values()], set()
    while waiting:
        slug, path = waiting.pop()
        if slug in own:
            chain = " → ".join(f"« {made[one].dataset.title} »" for one in reversed(path) if one in made)
            raise StudioError(
                f"Cette analyse lirait son propre résultat ({chain}) : elle ne pourrait jamais être calculée. Elle n'est pas "
                "enregistrée. Choisissez un autre jeu."
            )
        if slug in made and slug not in seen:
            seen.add(slug)
            waiting += [(one, (*path, one)) for one in source_slugs(made[slug])]


def is_stale(result: MaterializedResult) -> bool:
    """Whether its sources, or its analysis, changed since it was computed."""
    last = result.dataset.current
    if last is None or last.cut_at is not None:
        return True
    reads = list(result.reads.filter(snapshot=last).select_related("source__dataset"))
    then = sorted((r.source_id, r.protects, r.unit) for r in reads)
    now = sorted((s.pk, s.dataset.protects, s.dataset.unit) for s in _read_now(result))
    return then != now or any(read.recipe_version != result.recipe.version for read in reads)


def stale_dependency(result: MaterializedResult) -> MaterializedResult | None:
    """Stale materialized result among its sources."""
    reads = source_slugs(result)
    return next(
        (one for one in active_results(result.territory) if one.dataset.slug in reads and is_stale(one)),
        None,
    )


def state_digest(result: MaterializedResult) -> str:
    """Digest of what decides the next computation: two requests for one state are one job."""
    read = [[s.pk, s.dataset.protects, s.dataset.unit] for s in _read_now(result)]
    last = result.dataset.current
    cut = last is not None and last.cut_at is not None
    state = json.dumps([read, result.recipe.version, result.requested_version, result.requested_by_id, cut])
    return text_sha256(state)[:16]


def _read_now(result: MaterializedResult) -> Iterator[Snapshot]:
    datasets = Dataset.objects.of(result.territory).filter(slug__in=source_slugs(result))
    for dataset in datasets.order_by("pk"):
        if (current := dataset.current) is not None:
            yield current
