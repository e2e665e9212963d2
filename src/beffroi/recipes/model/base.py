"""What every part of a recipe shares: frozen, without unknown fields; the names and the values that it holds."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_NAME = 120

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
"""The name of a column, or the alias of a source."""

Value = bool | int | float | str
"""Dates are ISO 8601 texts: the type of the column decides what a text means."""

Aggregation = Literal["sum", "mean", "count", "count_distinct", "min", "max"]


class Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
