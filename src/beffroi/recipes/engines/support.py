"""Engine support of each step. In: a recipe and an engine. Out: nothing, or the reason why the recipe does not run there.

A new step declares its engines here, in one line; the shared suite (`tests/recipes/engines`) runs it on each of them.
"""

from collections.abc import Mapping
from typing import Final, Literal

from beffroi.recipes import model
from beffroi.recipes.context import STEP_TITLES
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.french import join_words

type EngineName = Literal["duckdb", "sail", "spark"]

TITLES: Final[Mapping[str, str]] = {"duckdb": "DuckDB", "sail": "Sail", "spark": "Spark"}
EVERYWHERE: Final = frozenset(TITLES)
DUCKDB_ONLY: Final = frozenset({"duckdb"})

ENGINES: Final[Mapping[type[model.Step], frozenset[str]]] = {
    model.Source: EVERYWHERE,
    model.Choose: EVERYWHERE,
    model.Filter: EVERYWHERE,
    model.Derive: EVERYWHERE,
    model.Compute: EVERYWHERE,
    model.Join: EVERYWHERE,
    model.Group: EVERYWHERE,
    model.Sort: EVERYWHERE,
    model.Top: EVERYWHERE,
    model.Pivot: EVERYWHERE,
    model.Place: EVERYWHERE,
    model.FromReference: EVERYWHERE,
    model.Window: EVERYWHERE,
    model.Periods: EVERYWHERE,
    model.Ranking: EVERYWHERE,
    model.Unpivot: EVERYWHERE,
    model.Stack: EVERYWHERE,
    model.Check: EVERYWHERE,
    model.Within: DUCKDB_ONLY,
    model.Nearest: DUCKDB_ONLY,
    model.Around: DUCKDB_ONLY,
    model.AreaShare: DUCKDB_ONLY,
}


def require_supported(recipe: model.Recipe, engine: str) -> None:
    """Raises RecipeError at the first step that does not support this engine; an undeclared step runs on DuckDB only."""
    for number, step in enumerate(recipe.steps, start=1):
        declared = ENGINES.get(type(step), DUCKDB_ONLY)
        if engine not in declared:
            others = join_words(TITLES[name] for name in TITLES if name in declared)
            raise RecipeError(
                f"Étape {number} « {STEP_TITLES[step.step]} » : elle ne se calcule pas sur {TITLES[engine]}, mais sur {others}. "
                f"Rien n'a été lu. Lancez l'analyse sur {others}, ou retirez cette étape."
            )
