"""Steps that read a source: the first one, joins and unions."""

from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import FrozenModel, Name


class Source(FrozenModel):
    """Start from a source. Always the first step, and only the first."""

    step: Literal["source"] = "source"
    source: Name


class Key(FrozenModel):
    """A pair of columns that must be equal, values being compared as texts when their types differ."""

    left: Name
    right: Name


class Join(FrozenModel):
    """Bring the columns of another source to the rows whose keys are equal.

    `keep` "all" keeps the rows that found nothing, "matched" drops them. `columns`: which to bring (None: all but the
    keys). A name already taken gets the alias of the source behind it (`nom_ecoles`). `fold`: keys are compared as
    a person compares them, without capitals, accents, hyphens, apostrophes, repeated spaces and leading zeros of a number.
    """

    step: Literal["join"] = "join"
    source: Name
    on: tuple[Key, ...] = Field(min_length=1)
    keep: Literal["all", "matched"] = "all"
    columns: tuple[Name, ...] | None = None
    fold: bool = False


class Stack(FrozenModel):
    """The rows of other sources under these, columns being brought together by their names.

    `rename` gives, for a source, the name that some of its columns take here. A column that one side lacks is empty
    there; columns of one name hold one kind of values, as for "unpivot". `origin` names the column that says which
    dataset (its slug) each row comes from, the rows already here being the first source's; None: no such column.
    """

    step: Literal["stack"] = "stack"
    sources: tuple[Name, ...] = Field(min_length=1, max_length=50)
    rename: dict[Name, dict[Name, Name]] = {}
    origin: Name | None = "origine"

    @model_validator(mode="after")
    def _sources_differ(self) -> Self:
        if len(set(self.sources)) < len(self.sources):
            raise ValueError("Un jeu de données est ajouté deux fois sous les mêmes lignes.")
        strangers = sorted(set(self.rename) - set(self.sources))
        if strangers:
            raise ValueError(
                f"Des colonnes sont renommées dans un jeu qui n'est pas ajouté : {', '.join(strangers)}."
            )
        return self
