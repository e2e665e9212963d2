"""Display options of a figure, and the reference of a large number.

Stored with the figure in its recipe: plain data with a JSON Schema. Unset options are chosen from the data.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Direction = Literal["auto", "standing", "lying"]
Series = Literal["grouped", "stacked", "share"]
Sorting = Literal["data", "largest", "smallest", "name"]


class Reference(BaseModel):
    """A line across the chart, with its name: a target, a threshold, last year's mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    name: str = Field(min_length=1, max_length=60)


class Look(BaseModel):
    """`direction` of bars; `series`: side by side, stacked, or as shares of 100 %; `sort`: as the analysis gives, by value
    or by name; `zero`: whether a line starts at zero (a bar always does); `values`: numbers written on the marks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    direction: Direction = "auto"
    series: Series = "grouped"
    sort: Sorting = "data"
    zero: bool = False
    decimals: int | None = Field(default=None, ge=0, le=6)
    legend: bool = True
    values: bool = False
    reference: Reference | None = None
    classes: int | None = Field(default=None, ge=3, le=40)


class Comparison(BaseModel):
    """What a large number is compared to: the period before, the same one a year before, a column, a target.

    `name`: how it is said (« l'objectif »); `better`: whether more is better or worse; not said, neither is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Literal["previous", "year", "column", "target"]
    column: str | None = None
    value: float | None = None
    name: str = Field(default="", max_length=60)
    better: Literal["up", "down"] | None = None

    @model_validator(mode="after")
    def _has_its_other_side(self) -> Self:
        if self.to == "column" and not self.column:
            raise ValueError("Choisissez la colonne à laquelle le chiffre se compare.")
        if self.to == "target" and self.value is None:
            raise ValueError("Donnez l'objectif auquel le chiffre se compare : un nombre.")
        return self
