"""What every kind of guide has: an identifier, an edition, the day it applies from, and the sources of what it says."""

from datetime import date
from functools import cached_property
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from beffroi.hashing import text_sha256

ID = r"^[a-z][a-z0-9_-]*$"
KEY = r"^[a-z][a-z0-9_]*$"
CHOICE_KEY = r"^[a-z0-9][a-z0-9_-]*$"
Origin = Literal["text", "public", "beffroi"]
"""Where content comes from: a text of law, content that others published, or our own (« proposé par Beffroi »)."""


class Data(BaseModel):
    """A frozen piece of content: unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(Data):
    """Where content was read. `licence`: the terms under which it is reused; `url`: "" for what is on paper only."""

    title: str = Field(min_length=5)
    url: str = Field(default="", pattern=r"^(https://.*)?$")
    licence: str = Field(min_length=3)
    read_on: date
    origin: Origin = "public"


class Guide(Data):
    """One guide in one edition. `domain`: the subject that says who may read and fill it; `status`: « indicatif » content waits for a text.

    `listed`: proposed by itself; otherwise it is a part of a page of its own.
    """

    id: str = Field(pattern=ID)
    title: str = Field(min_length=5)
    lead: str = ""
    domain: str = Field(default="general", pattern=KEY)
    edition: str = Field(min_length=1)
    valid_from: date
    status: Literal["in_force", "indicative"] = "in_force"
    listed: bool = True
    sources: tuple[Source, ...] = Field(min_length=1)

    @cached_property
    def version(self) -> str:
        """Content hash: unchanged when a file is only reformatted, or when guides learn a field that it does not use."""
        return text_sha256(self.model_dump_json(by_alias=True, exclude_defaults=True))[:16]

    @field_validator("sources")
    @classmethod
    def _check_days(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        if late := [source.title for source in sources if source.read_on > date.today()]:
            raise ValueError(f"source lue un jour à venir : {', '.join(late)}")
        return sources

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        if faults := list(self.reference_faults()):
            raise ValueError("\n".join(faults))
        return self

    def reference_faults(self) -> list[str]:
        """What the content names and does not define, in French; each kind says its own."""
        return []


def duplicates(names: list[str]) -> list[str]:
    """Names that appear more than once, sorted."""
    return sorted({name for name in names if names.count(name) > 1})
