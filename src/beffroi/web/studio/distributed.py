"""Distributed computation of an analysis too large for this machine, on Spark or Sail; its result is cached as usual.

In: a person, a stored recipe, a remote engine. Out: the released result, then read from the cache by whoever has the
same rights.
"""

from beffroi.lake.errors import LakeError
from beffroi.recipes.engines import distributed
from beffroi.recipes.engines.distributed import RemoteEngine
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.release import Released, refuse_points
from beffroi.recipes.requests import CaptionedRequest, Request
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from . import result_cache
from .answers import StudioError, earlier_disclosures, open_sources, read_definition
from .labelling import Row, caption_queries, first_row, label_figure
from .models import StoredRecipe
from .queries import MAX_ROWS, submit


def compute_distributed(person: Person, stored: StoredRecipe, engine: RemoteEngine) -> Released:
    """Compute the analysis on this engine, with the person's own rights, and cache its result.

    Raises PermissionDenied, NotGranted, StudioError.
    """
    require(person, "board.read", stored.territory)
    recipe = read_definition(stored.definition)
    opened = open_sources(person, stored.territory, recipe, stored.processing)
    earlier = earlier_disclosures(person, stored, opened)
    cache_key = result_cache.CacheKey(stored, opened.grants, tuple(opened.snapshots.values()), earlier)
    request = Request(recipe, opened.grants, limit=MAX_ROWS, earlier=earlier)

    def produce() -> result_cache.CachedResult:
        refuse_points(recipe, opened.grants)
        released = distributed.answer(request, engine)
        captioned = CaptionedRequest(request, caption_queries(recipe, opened.grants))
        figure = label_figure(recipe, opened.grants, map(_count, captioned.count_requests()))
        return result_cache.save(cache_key, released, figure.base, figure.year)

    try:
        return result_cache.single_flight(cache_key, produce).released
    except (LakeError, RecipeError, QueryRefused) as error:
        raise StudioError(str(error)) from error


def _count(request: Request) -> Row:
    """Row that a caption quotes, computed on this machine: a count is small."""
    try:
        return first_row(submit(request).table)
    except RecipeError:
        return {}
