"""What every kind of guide has: an identifier, an edition, the day it applies from, and the sources of what it says."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from beffroi.hashing import text_sha256

ID = r"^[a-z][a-z0-9_-]{0,119}$"
KEY = r"^[a-z][a-z0-9_]{0,59}$"
CHOICE_KEY = r"^[a-z0-9][a-z0-9_-]{0,119}$"
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

    `listed`: proposed by itself; otherwise it is a part of a page of its own. `decided_by`: who decides on what is filled in,
    « L'élu qui porte le projet »; "" where nobody has to. `moved_to`: the guide that asks now for what this one asked: nothing
    new is begun here, what was written stays to be read.
    """

    id: str = Field(pattern=ID, max_length=60)
    title: str = Field(min_length=5)
    lead: str = ""
    domain: str = Field(default="general", pattern=KEY)
    edition: str = Field(min_length=1)
    valid_from: date
    status: Literal["in_force", "indicative"] = "in_force"
    listed: bool = True
    decided_by: str = ""
    moved_to: str = Field(default="", pattern=rf"^$|{ID}")
    sources: tuple[Source, ...] = Field(min_length=1)

    @cached_property
    def version(self) -> str:
        """Content hash: unchanged when a file is only reformatted, or when guides learn a field that it does not use."""
        return text_sha256(self.model_dump_json(by_alias=True, exclude_defaults=True))[:16]

    def read_after(self, day: date) -> list[str]:
        """Titles of the sources that would have been read after this day."""
        return [source.title for source in self.sources if source.read_on > day]

    def for_outside(self) -> Self:
        """The part of it that a third party may fill in."""
        return self

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        if faults := list(self.reference_faults()):
            raise ValueError("\n".join(faults))
        return self

    def reference_faults(self) -> list[str]:
        """What the content names and does not define, in French; each kind says its own."""
        return []


def doubled(items: Mapping[str, Iterable[Any]]) -> list[str]:
    """Things of one kind that share a key."""
    counts = {what: Counter(one.key for one in each) for what, each in items.items()}
    found = {what: sorted(key for key in keys if keys[key] > 1) for what, keys in counts.items()}
    return [f"{what} en double : {', '.join(keys)}" for what, keys in found.items() if keys]


def unknown(named: Iterable[tuple[str, str, str, Collection[str]]]) -> list[str]:
    """What is named and is not there. `named`: where, what kind of thing, its key ("" for none), the keys that there are."""
    return [
        f"« {where} » nomme {what} « {key} », qui n'existe pas"
        for where, what, key, known in named
        if key and key not in known
    ]
