"""An analysis too large for this machine, answered by Spark or Sail and kept as if it had been answered here.

In: a person, a stored recipe, where. Out: the answer; the site then shows what is kept, to whom has the same rights.
"""

from beffroi.lake.errors import LakeError
from beffroi.recipes.engines import distributed
from beffroi.recipes.engines.distributed import RemoteEngine
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.release import Released, refuse_points
from beffroi.recipes.requests import GrantedRecipe, Request
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from . import result_cache
from .answers import StudioError, earlier_disclosures, open_sources, read_definition
from .labelling import label_figure
from .models import StoredRecipe
from .queries import MAX_ROWS


def compute_distributed(person: Person, stored: StoredRecipe, engine: RemoteEngine) -> Released:
    """Compute the analysis there, through the person's own rights, and keep its answer.

    Raises PermissionDenied, NotGranted, StudioError.
    """
    require(person, "board.read", stored.territory)
    recipe = read_definition(stored.definition)
    opened = open_sources(person, stored.territory, recipe, stored.processing)
    earlier = earlier_disclosures(person, stored, opened)
    question = result_cache.CacheKey(stored, opened.grants, tuple(opened.snapshots.values()), earlier)
    request = Request(recipe, opened.grants, limit=MAX_ROWS, earlier=earlier)
    with result_cache.single_flight(question):
        try:
            refuse_points(recipe, opened.grants)
            released = distributed.answer(request, engine)
            if any(grant.protected for grant in opened.grants.values()):
                # What is said of the figure comes after what it shows.
                earlier = (*earlier, GrantedRecipe(recipe, opened.grants))
            figure = label_figure(recipe, opened.grants, earlier)
        except (LakeError, RecipeError, QueryRefused) as error:
            raise StudioError(str(error)) from error
        result_cache.save(question, released, figure.base, figure.year)
    return released
