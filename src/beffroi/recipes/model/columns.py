"""Steps that select columns or add one computed from its own row."""

from collections.abc import Mapping
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.formula import MAX_LENGTH
from beffroi.recipes.model.base import FrozenModel, Name


class Choose(FrozenModel):
    """Keep these columns, in this order; `rename` gives some of them another name."""

    step: Literal["choose"] = "choose"
    columns: tuple[Name, ...] = Field(min_length=1)
    rename: dict[Name, Name] = {}


class Derive(FrozenModel):
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


class Commune(FrozenModel):
    # An invented commune of a demonstration has a letter where no real code has one (99F01).
    code: str = Field(pattern=r"^[0-9][0-9AB][0-9A-Z][0-9]{2}$")
    name: str


class Place(FrozenModel):
    """Add the column `name`: the INSEE code of the commune in `column`, nothing when it is not recognised.

    by "code": a code that lost its leading zero gets it back. by "name": capitals, accents and hyphens do not
    count, « St » is « Saint »; the names are looked for among `communes` (frozen when the recipe is made), and a
    name that two communes bear finds none.
    """

    step: Literal["place"] = "place"
    column: Name
    by: Literal["code", "name"] = "code"
    communes: tuple[Commune, ...] = ()
    name: Name = "code_commune"

    @model_validator(mode="after")
    def _require_communes(self) -> Self:
        if self.by == "name" and not self.communes:
            raise ValueError("Pour reconnaître des communes par leur nom, indiquez lesquelles.")
        return self


type Division = Literal[
    "commune_code", "commune_name", "epci_code", "epci_name", "department_code", "department_name",
    "region_code", "region_name", "population",
]  # fmt: skip

DIVISIONS: Final[Mapping[Division, str]] = {
    "commune_code": "code_commune",
    "commune_name": "nom_commune",
    "epci_code": "code_epci",
    "epci_name": "nom_epci",
    "department_code": "code_departement",
    "department_name": "nom_departement",
    "region_code": "code_region",
    "region_name": "nom_region",
    "population": "population",
}
"""Columns of the packaged reference of communes, and their default names."""


class FromReference(FrozenModel):
    """Add columns of the packaged reference of communes, by the INSEE code in `column`; `bring` lists them.

    population: the legal municipal count. A code is read as by "place"; that of a former or delegated commune, or of a
    municipal district, gives the commune of today. What is not known, or has no EPCI, stays empty. `names` gives some
    of the columns another name.
    """

    step: Literal["reference"] = "reference"
    column: Name
    bring: tuple[Division, ...] = Field(min_length=1)
    names: dict[Division, Name] = {}

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if len(set(self.bring)) < len(self.bring):
            raise ValueError("Une information du découpage est demandée deux fois.")
        if strangers := sorted(set(self.names) - set(self.bring)):
            raise ValueError(f"Ces noms sont donnés à ce qui n'est pas apporté : {', '.join(strangers)}.")
        if len({name.casefold() for name in self.added.values()}) < len(self.bring):
            raise ValueError("Deux colonnes du découpage porteraient le même nom.")
        return self

    @property
    def added(self) -> dict[Division, str]:
        """Name of each column added."""
        return {one: self.names.get(one, DIVISIONS[one]) for one in self.bring}


class Compute(FrozenModel):
    """Add the column `name`, computed by a formula on each row (syntax: `beffroi.recipes.formula`)."""

    step: Literal["compute"] = "compute"
    name: Name
    formula: str = Field(min_length=1, max_length=MAX_LENGTH)
