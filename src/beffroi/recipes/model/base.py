"""Base of the recipe models: frozen, without unknown fields; shared names and values."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_NAME_LENGTH = 120

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
"""Name of a column, or alias of a source."""

Value = bool | int | float | str
"""Dates are ISO 8601 texts: the type of the column decides what a text means."""

Aggregation = Literal["sum", "mean", "count", "count_distinct", "min", "max"]


class FrozenModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
