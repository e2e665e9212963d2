"""Recipe: its title, its sources, its steps in order, its figure and its examples."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.recipes.figures import Figure
from beffroi.recipes.model.base import FrozenModel, Name
from beffroi.recipes.model.columns import Choose, Compute, Derive, FromReference, Place
from beffroi.recipes.model.examples import MAX_EXAMPLES, Example
from beffroi.recipes.model.rows import Check, Filter, Sort, Top
from beffroi.recipes.model.shape import Group, Pivot, Unpivot
from beffroi.recipes.model.sources import Join, Source, Stack
from beffroi.recipes.model.spatial import AreaShare, Around, Located, Nearest, Within
from beffroi.recipes.model.windows import Periods, Ranking, Window

Step = Annotated[
    Source
    | Choose
    | Filter
    | Derive
    | Compute
    | Join
    | Group
    | Sort
    | Top
    | Pivot
    | Place
    | FromReference
    | Window
    | Periods
    | Ranking
    | Unpivot
    | Stack
    | Check
    | Within
    | Nearest
    | Around
    | AreaShare,
    Field(discriminator="step"),
]


class Recipe(FrozenModel):
    """`sources`: the dataset (its slug) behind each alias. The first step, and it alone, is a source.

    `examples`: rows on which the recipe is tried (`recipes.examples`); they decide nothing of its result.
    """

    title: str = Field(min_length=1, max_length=200)
    sources: dict[Name, str] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    figure: Figure | None = None
    examples: tuple[Example, ...] = Field(default=(), max_length=MAX_EXAMPLES)

    @model_validator(mode="after")
    def _begins_with_a_source(self) -> Self:
        if not isinstance(self.steps[0], Source) or any(isinstance(step, Source) for step in self.steps[1:]):
            raise ValueError("Une analyse commence par un jeu de données, et par un seul.")
        for alias in (alias for step in self.steps for alias in reads(step)):
            if alias not in self.sources:
                raise ValueError(f"Le jeu de données « {alias} » n'est pas parmi ceux de l'analyse.")
        return self


def reads(step: Step) -> tuple[str, ...]:
    """Aliases of the sources that a step reads."""
    if isinstance(step, Stack):
        return step.sources
    return (step.source,) if isinstance(step, Source | Join | Located) else ()


def compares(step: Step) -> bool:
    """Whether a step reads other rows than its own to fill a row, or adds rows, without making groups."""
    if isinstance(step, Check):
        return any(rule.rule == "unique" for rule in step.rules)
    return isinstance(step, Window | Periods | Ranking | Stack)


def sources_of(recipe: Recipe) -> set[str]:
    """Aliases of the sources that a recipe reads; it may name others."""
    return {alias for step in recipe.steps for alias in reads(step)}
