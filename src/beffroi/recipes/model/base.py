"""What every part of a recipe shares: frozen, without unknown fields; the names and the values that it holds."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_NAME_LENGTH = 120

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
"""The name of a column, or the alias of a source."""

Value = bool | int | float | str
"""Dates are ISO 8601 texts: the type of the column decides what a text means."""

Aggregation = Literal["sum", "mean", "count", "count_distinct", "min", "max"]


class FrozenModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
