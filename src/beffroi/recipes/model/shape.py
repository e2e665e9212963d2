"""Steps that reshape a table: groups, pivots, unpivots."""

from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import Aggregation, FrozenModel, Name


class Measure(FrozenModel):
    """A figure computed on each group; "count" without a column counts rows, with one the values present."""

    name: Name
    operation: Aggregation
    column: Name | None = None

    @model_validator(mode="after")
    def _require_column(self) -> Self:
        if self.operation != "count" and self.column is None:
            raise ValueError(f"La mesure « {self.name} » doit dire sur quelle colonne elle porte.")
        return self


class Group(FrozenModel):
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


class Pivot(FrozenModel):
    """One row for each combination of `rows`, one column for each value of `column`, `operation` of `value` within.

    `values` names the columns to make, in order; without it they are those found, sorted, 60 at most.
    """

    step: Literal["pivot"] = "pivot"
    rows: tuple[Name, ...] = Field(min_length=1)
    column: Name
    value: Name
    operation: Aggregation = "sum"
    values: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=60)


class Unpivot(FrozenModel):
    """One row for each of `columns` instead of one column each: its name goes to `name`, its value to `value`.

    The other columns are repeated. Columns hold one kind of values: texts, dates, yes or no, or numbers (whole numbers
    and decimals become decimals, anything with approximate numbers becomes approximate). `drop_missing` leaves out
    the rows without a value.
    """

    step: Literal["unpivot"] = "unpivot"
    columns: tuple[Name, ...] = Field(min_length=1, max_length=500)
    name: Name = "nom"
    value: Name = "valeur"
    drop_missing: bool = False

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("Une colonne est mise en lignes deux fois.")
        if self.name.casefold() == self.value.casefold():
            raise ValueError("Le nom et la valeur demandent deux colonnes de noms différents.")
        return self
