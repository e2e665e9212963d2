"""Steps that keep some rows, or put them in an order."""

from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import Name, Stored, Value


class Condition(Stored):
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


class Filter(Stored):
    """Keep the rows for which all (or any) of the conditions hold. A missing value fulfils only "missing" and "!="."""

    step: Literal["filter"] = "filter"
    conditions: tuple[Condition, ...] = Field(min_length=1)
    match: Literal["all", "any"] = "all"


class Order(Stored):
    column: Name
    descending: bool = False


class Sort(Stored):
    """Missing values come last."""

    step: Literal["sort"] = "sort"
    by: tuple[Order, ...] = Field(min_length=1)


class Top(Stored):
    """Keep the `count` rows with the largest (or smallest) values of `column`; ties are cut by the other columns."""

    step: Literal["top"] = "top"
    count: int = Field(ge=1, le=10_000)
    column: Name
    smallest: bool = False
