"""Examples of a recipe: a small table for each source, and the expected result."""

from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import FrozenModel, Name

MAX_EXAMPLES = 20
MAX_EXAMPLE_ROWS = 200

Cell = bool | int | float | str | None
"""Dates are ISO 8601 texts, as everywhere in a recipe."""


class Sample(FrozenModel):
    """The rows given for one source: `columns` are their names and types, in the order of the cells.

    `order`: that of the columns once more, as a database may not keep the order of an object's keys.
    """

    columns: dict[
        Name, Literal["text", "code", "integer", "decimal", "number", "boolean", "date", "datetime"]
    ] = Field(min_length=1, max_length=60)
    rows: tuple[tuple[Cell, ...], ...] = Field(max_length=MAX_EXAMPLE_ROWS)
    order: tuple[Name, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _columns_in_order(cls, data: Any) -> Any:
        columns = data.get("columns") if isinstance(data, dict) else None
        if not isinstance(columns, dict):
            return data
        order = data.get("order") or tuple(columns)
        if set(order) != set(columns):
            raise ValueError("« order » nomme chaque colonne de cet exemple une fois, et aucune autre.")
        return {**data, "columns": {name: columns[name] for name in order}, "order": order}

    @model_validator(mode="after")
    def _has_a_cell_a_column(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"Chaque ligne de cet exemple a {len(self.columns)} cases, une par colonne.")
        return self


class Expected(FrozenModel):
    """Rows expected in the result, on these columns; its other columns are not compared."""

    columns: tuple[Name, ...] = Field(min_length=1, max_length=60)
    rows: tuple[tuple[Cell, ...], ...] = Field(max_length=MAX_EXAMPLE_ROWS)

    @model_validator(mode="after")
    def _has_a_cell_a_column(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"Chaque ligne attendue a {len(self.columns)} cases, une par colonne.")
        return self


class Example(FrozenModel):
    """`given`: the rows of each source (its alias); `today`: the day on which the recipe is then run."""

    title: str = Field(min_length=1, max_length=200)
    given: dict[Name, Sample] = Field(min_length=1)
    expect: Expected
    today: date | None = None
