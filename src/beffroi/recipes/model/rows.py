"""Steps that select or order rows."""

from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import FrozenModel, Name, Value


class Condition(FrozenModel):
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


class Filter(FrozenModel):
    """Keep the rows for which all (or any) of the conditions hold. A missing value fulfils only "missing" and "!="."""

    step: Literal["filter"] = "filter"
    conditions: tuple[Condition, ...] = Field(min_length=1)
    match: Literal["all", "any"] = "all"


class Order(FrozenModel):
    column: Name
    descending: bool = False


class Sort(FrozenModel):
    """Missing values come last."""

    step: Literal["sort"] = "sort"
    by: tuple[Order, ...] = Field(min_length=1)


class Top(FrozenModel):
    """Keep the `count` rows with the largest (or smallest) values of `column`; ties are cut by the other columns."""

    step: Literal["top"] = "top"
    count: int = Field(ge=1, le=10_000)
    column: Name
    smallest: bool = False


class Rule(FrozenModel):
    """What a column must hold. A missing value fails only "present".

    present: a value, and not a blank text. unique: a value that no other row has (with `also`: together with these
    columns). between: from `minimum` to `maximum`, both included, one of them at least. one_of: one of `values`.
    length: a text of `minimum` to `maximum` characters. prefix: a text that begins with one of `values`.
    """

    column: Name
    rule: Literal["present", "unique", "between", "one_of", "length", "prefix"]
    minimum: Value | None = None
    maximum: Value | None = None
    values: tuple[Value, ...] = ()
    also: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _require_operands(self) -> Self:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        good = not self.also or self.rule == "unique"
        if self.rule in ("between", "length"):
            good = good and bool(bounds) and not self.values
        else:
            good = good and not bounds and bool(self.values) == (self.rule in ("one_of", "prefix"))
        if self.rule == "length":
            good = good and all(type(bound) is int and bound >= 0 for bound in bounds)
        if self.rule == "prefix":
            good = good and all(isinstance(value, str) and value for value in self.values)
        if not good:
            raise ValueError(f"La règle « {self.rule} » sur « {self.column} » n'a pas ce qu'il lui faut.")
        return self


class Check(FrozenModel):
    """Test each row by these rules.

    `keep` "all" keeps every row, "failing" those that break a rule; both add `name`, how many rules the row breaks,
    and `why`, which ones in French (nothing when none). "passing" keeps the rows that break none, and adds nothing:
    how many were left out is told with the analysis.
    """

    step: Literal["check"] = "check"
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=50)
    keep: Literal["all", "failing", "passing"] = "all"
    name: Name = "défauts"
    why: Name = "motifs"

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if self.name.casefold() == self.why.casefold():
            raise ValueError(
                "Le nombre des défauts et leurs motifs demandent deux colonnes de noms différents."
            )
        return self
