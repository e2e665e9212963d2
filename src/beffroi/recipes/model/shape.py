"""Steps that change what a row is: one for each group, columns made of values."""

from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import Aggregation, Name, Stored


class Measure(Stored):
    """A figure computed on each group; "count" without a column counts rows, with one the values present."""

    name: Name
    operation: Aggregation
    column: Name | None = None

    @model_validator(mode="after")
    def _column_given(self) -> Self:
        if self.operation != "count" and self.column is None:
            raise ValueError(f"La mesure « {self.name} » doit dire sur quelle colonne elle porte.")
        return self


class Group(Stored):
    """One row for each distinct combination of `by` (none: one row for everything)."""

    step: Literal["group"] = "group"
    by: tuple[Name, ...] = ()
    measures: tuple[Measure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*self.by, *(measure.name for measure in self.measures)]
        if len(set(names)) < len(names):
            raise ValueError("Deux colonnes d'un regroupement portent le même nom.")
        return self


class Pivot(Stored):
    """One row for each combination of `rows`, one column for each value of `column`, `operation` of `value` within.

    `values` names the columns to make, in order; without it they are those found, sorted, 60 at most.
    """

    step: Literal["pivot"] = "pivot"
    rows: tuple[Name, ...] = Field(min_length=1)
    column: Name
    value: Name
    operation: Aggregation = "sum"
    values: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=60)
