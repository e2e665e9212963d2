"""What a recipe is: named sources, then steps in order, stored as data (its JSON Schema drives the pages).

Every model forbids unknown fields and is frozen. A recipe says what is wanted, never how: no field holds SQL.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from beffroi.recipes.figures import Figure
from beffroi.recipes.formula import LONGEST

Name = Annotated[str, Field(min_length=1, max_length=120)]
"""The name of a column, or the alias of a source."""

Value = bool | int | float | str
"""Dates are ISO 8601 texts: the type of the column decides what a text means."""

Aggregation = Literal["sum", "mean", "count", "count_distinct", "min", "max"]


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Stored):
    """Start from a source. Always the first step, and only the first."""

    step: Literal["source"] = "source"
    source: Name


class Choose(_Stored):
    """Keep these columns, in this order; `rename` gives some of them another name."""

    step: Literal["choose"] = "choose"
    columns: tuple[Name, ...] = Field(min_length=1)
    rename: dict[Name, Name] = {}


class Condition(_Stored):
    """One test on one column.

    `value` is a single value, except: "in" takes a list, "between" two bounds (both included), "last_days" a number
    of days counted back from today, and missing, present, this_year, last_year, this_month take none.
    """

    column: Name
    op: Literal[
        "=", "!=", "<", "<=", ">", ">=", "in", "between", "contains",
        "missing", "present", "last_days", "this_year", "last_year", "this_month",
    ]  # fmt: skip
    value: Value | tuple[Value, ...] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        several = isinstance(self.value, tuple)
        if self.op in ("missing", "present", "this_year", "last_year", "this_month"):
            good = self.value is None
        elif self.op == "in":
            good = several and len(self.value) > 0  # type: ignore[arg-type]
        elif self.op == "between":
            good = several and len(self.value) == 2  # type: ignore[arg-type]
        elif self.op == "last_days":
            good = (
                isinstance(self.value, int) and not isinstance(self.value, bool) and 0 < self.value < 40_000
            )
        else:
            good = self.value is not None and not several
        if not good:
            raise ValueError(
                f"La valeur donnée ne convient pas à la condition « {self.op} » sur « {self.column} »."
            )
        return self


class Filter(_Stored):
    """Keep the rows for which all (or any) of the conditions hold. A missing value fulfils only "missing" and "!="."""

    step: Literal["filter"] = "filter"
    conditions: tuple[Condition, ...] = Field(min_length=1)
    match: Literal["all", "any"] = "all"


class Derive(_Stored):
    """Add the column `name`, computed from `column` and, for two-column operations, `other`.

    Of a date: year (2024), month ("2024-03"), month_name ("mars"), week ("2024-S09", ISO 8601), weekday ("lundi"),
    school_year ("2023-2024", which begins on 1 September). Of two numbers: ratio (column ÷ other × `times`; nothing
    when other is 0), difference (column − other), sum. Of two texts: concatenation, with `separator` between.
    """

    step: Literal["derive"] = "derive"
    name: Name
    operation: Literal[
        "year",
        "month",
        "month_name",
        "week",
        "weekday",
        "school_year",
        "ratio",
        "difference",
        "sum",
        "concatenation",
    ]
    column: Name
    other: Name | None = None
    times: float = 1
    separator: str = " "

    @model_validator(mode="after")
    def _other_fits(self) -> Self:
        two = self.operation in ("ratio", "difference", "sum", "concatenation")
        if two != (self.other is not None):
            raise ValueError(
                f"L'opération « {self.operation} » demande {'deux colonnes' if two else 'une seule colonne'}."
            )
        return self


class Key(_Stored):
    """A pair of columns that must be equal, values being compared as texts when their types differ."""

    left: Name
    right: Name


class Join(_Stored):
    """Bring the columns of another source to the rows whose keys are equal.

    `keep` "all" keeps the rows that found nothing, "matched" drops them. `columns`: which to bring (None: all but the
    keys). A name already taken gets the alias of the source behind it (`nom_ecoles`). `fold`: keys are compared as
    a person compares names, without capitals, accents, hyphens, apostrophes and repeated spaces.
    """

    step: Literal["join"] = "join"
    source: Name
    on: tuple[Key, ...] = Field(min_length=1)
    keep: Literal["all", "matched"] = "all"
    columns: tuple[Name, ...] | None = None
    fold: bool = False


class Measure(_Stored):
    """A figure computed on each group; "count" without a column counts rows, with one the values present."""

    name: Name
    operation: Aggregation
    column: Name | None = None

    @model_validator(mode="after")
    def _column_given(self) -> Self:
        if self.operation != "count" and self.column is None:
            raise ValueError(f"La mesure « {self.name} » doit dire sur quelle colonne elle porte.")
        return self


class Group(_Stored):
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


class Order(_Stored):
    column: Name
    descending: bool = False


class Sort(_Stored):
    """Missing values come last."""

    step: Literal["sort"] = "sort"
    by: tuple[Order, ...] = Field(min_length=1)


class Top(_Stored):
    """Keep the `count` rows with the largest (or smallest) values of `column`; ties are cut by the other columns."""

    step: Literal["top"] = "top"
    count: int = Field(ge=1, le=10_000)
    column: Name
    smallest: bool = False


class Pivot(_Stored):
    """One row for each combination of `rows`, one column for each value of `column`, `operation` of `value` within.

    `values` names the columns to make, in order; without it they are those found, sorted, 60 at most.
    """

    step: Literal["pivot"] = "pivot"
    rows: tuple[Name, ...] = Field(min_length=1)
    column: Name
    value: Name
    operation: Aggregation = "sum"
    values: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=60)


class Commune(_Stored):
    # An invented commune of a demonstration has a letter where no real code has one (99F01).
    code: str = Field(pattern=r"^[0-9][0-9AB][0-9A-Z][0-9]{2}$")
    name: str


class Place(_Stored):
    """Add the column `name`: the INSEE code of the commune told by `column`, nothing when it is not recognised.

    by "code": a code that lost its leading zero finds it again. by "name": capitals, accents and hyphens do not
    count, « St » is « Saint »; the names are looked for among `communes` (frozen when the recipe is made), and a
    name that two communes bear finds none.
    """

    step: Literal["place"] = "place"
    column: Name
    by: Literal["code", "name"] = "code"
    communes: tuple[Commune, ...] = ()
    name: Name = "code_commune"

    @model_validator(mode="after")
    def _communes_given(self) -> Self:
        if self.by == "name" and not self.communes:
            raise ValueError("Pour reconnaître des communes par leur nom, indiquez lesquelles.")
        return self


class Compute(_Stored):
    """Add the column `name`, that a formula computes on each row (`beffroi.recipes.formula` says how it is written)."""

    step: Literal["compute"] = "compute"
    name: Name
    formula: str = Field(min_length=1, max_length=LONGEST)


Step = Annotated[
    Source | Choose | Filter | Derive | Join | Group | Sort | Top | Pivot | Place | Compute,
    Field(discriminator="step"),
]


class Recipe(_Stored):
    """`sources`: the dataset (its slug) behind each alias. The first step, and it alone, is a source."""

    title: str = Field(min_length=1, max_length=200)
    sources: dict[Name, str] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    figure: Figure | None = None

    @model_validator(mode="after")
    def _begins_with_a_source(self) -> Self:
        if not isinstance(self.steps[0], Source) or any(isinstance(step, Source) for step in self.steps[1:]):
            raise ValueError("Une analyse commence par un jeu de données, et par un seul.")
        for step in self.steps:
            if isinstance(step, Source | Join) and step.source not in self.sources:
                raise ValueError(f"Le jeu de données « {step.source} » n'est pas parmi ceux de l'analyse.")
        return self
