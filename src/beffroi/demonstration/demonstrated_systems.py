"""Systems that the demonstration shows: those of the house whose folder holds a `demonstration.toml`.

In come the installed systems; out go `DemonstratedSystem`s: where their data come from, and what the demonstration's members say of each.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from beffroi.systems import registry
from beffroi.systems.manifest import Manifest

FILE = "demonstration.toml"
HOUSE = "beffroi"  # the distribution whose systems are shown


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PurposeTexts(_Written):
    """The row of the register of processing under which the data are read."""

    key: str
    title: str
    purpose: str
    legal_basis: str


class LawTexts(_Written):
    """The question of annex III that makes the system high-risk, and the assessment of its impact, the same text at each point."""

    concerned: str
    assessment: str


class CommitteeTexts(_Written):
    """What the ethics committee noted, its favourable opinion and the reserves that go with it."""

    minutes: str
    opinion: str
    reserves: tuple[str, ...] = Field(min_length=1)


class DemonstrationTexts(_Written):
    """Content of `demonstration.toml`, in French; what a member says begins in lower case: « Exemple de la démonstration : … ».

    `data`: « gathered », the files of the town, invented or real; « sample », the tables of `make_sample` deposited as files, in
    the invented town only. `until_today`: those of the sample that stop at today; the others tell of days to come too.
    """

    data: Literal["gathered", "sample"]
    until_today: tuple[str, ...] = ()
    problem: str
    benefit: str
    losers: str
    without: tuple[str, ...] = Field(min_length=1)  # the first is the baseline
    worth: str
    volunteers: str
    stop_when: str
    purpose: PurposeTexts | None = None  # None: the purpose that the manifest declares
    law: LawTexts | None = None
    committee: CommitteeTexts | None = None


@dataclass(frozen=True)
class DemonstratedSystem:
    manifest: Manifest
    texts: DemonstrationTexts

    @property
    def id(self) -> str:
        return self.manifest.id


def demonstrated_systems(only: str | None = None) -> list[DemonstratedSystem]:
    """Those that serve on the gathered files first, then in the order of their ids. `only`: the one of this id, alone.

    Raises `ValueError` where a file is not valid.
    """
    found = [
        DemonstratedSystem(system.manifest, read_texts(file))
        for system in registry.all_systems()
        if system.distribution == HOUSE
        and only in (None, system.manifest.id)
        and (file := system.folder / FILE).exists()
    ]
    return sorted(found, key=lambda one: (one.texts.data != "gathered", one.id))


def read_texts(file: Path) -> DemonstrationTexts:
    return DemonstrationTexts.model_validate(tomllib.loads(file.read_text("utf-8")))
