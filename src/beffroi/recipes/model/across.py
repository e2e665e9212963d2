"""Steps that read a source: where a recipe begins, and what it brings from elsewhere."""

from typing import Literal

from pydantic import Field

from beffroi.recipes.model.base import Name, Stored


class Source(Stored):
    """Start from a source. Always the first step, and only the first."""

    step: Literal["source"] = "source"
    source: Name


class Key(Stored):
    """A pair of columns that must be equal, values being compared as texts when their types differ."""

    left: Name
    right: Name


class Join(Stored):
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
