"""Input tables that a manifest declares: columns, each with its purpose, bound by a territory to its own datasets."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from beffroi.systems import shared_inputs


class Declared(BaseModel):
    """A part of a manifest: read once, no unknown field."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnNeed(Declared):
    """One input column and its purpose: an undeclared column is never passed to the system."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = ""  # display name
    # `geometry`: the text of a GeoJSON geometry, in longitude and latitude (WGS 84)
    type: Literal["text", "code", "integer", "number", "boolean", "date", "datetime", "geometry"]
    why: str = Field(min_length=10)
    required: bool = True
    hints: tuple[str, ...] = ()  # usual names in towns' files, to propose a binding
    identifies_person: bool = (
        False  # a name, a file's number, an address: then `legal.personal_data` must be true
    )
    # « attendance.site »: the same things are named there. Names that differ are matched on the binding's page and
    # confirmed by a person; the system receives the names of the other table.
    same_as: str = ""
    shared: str = ""  # of a shared input: its column there

    @property
    def display_name(self) -> str:
        return self.label or self.name


class InputSchema(Declared):
    """One table that a binding must map to a dataset of the territory."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    columns: tuple[ColumnNeed, ...]
    required: bool = True
    main: bool = False  # the table that teaches; where no input says so, the first required one
    why_worth: str = ""  # what would be lost without this table
    one_of: tuple[str, ...] = ()  # of these columns, none is required and one must be there
    recorded: str = (
        ""  # people also write its rows down one by one, on a page called so: « Noter une visite »
    )
    use: str = (
        ""  # « kit.weather »: bound once a territory for all systems; columns and words are `shared_inputs`'
    )

    @model_validator(mode="before")
    @classmethod
    def _of_a_shared_input(cls, data: Any) -> Any:
        return shared_inputs.resolve(data) if isinstance(data, dict) and data.get("use") else data

    @model_validator(mode="after")
    def _one_of_its_columns(self) -> "InputSchema":
        unknown = set(self.one_of) - {need.name for need in self.columns}
        if unknown:
            raise ValueError(
                f"« one_of » de « {self.name} » nomme une colonne inconnue : {', '.join(sorted(unknown))}"
            )
        return self
