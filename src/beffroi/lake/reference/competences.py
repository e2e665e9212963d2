"""Legal competences of each kind of local authority: dated data with the article of each line (`competences.toml`).

In: a kind (`kinds.py`). Out: competences with their source. They initialise a territory, whose people then correct the list.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Law:
    """Provision of one text on one competence for some kinds. `loaded`: written in a territory when it is founded."""

    kinds: tuple[str, ...]
    obligatory: bool
    loaded: bool
    source: str
    note: str = ""


@dataclass(frozen=True)
class Competence:
    """Competence and every text that gives it to someone."""

    key: str
    title: str
    laws: tuple[Law, ...]

    def for_kind(self, kind: str) -> Law | None:
        return next((law for law in self.laws if kind in law.kinds), None)


@dataclass(frozen=True)
class Competences:
    """Content of the file: consultation date, source, competences by key, and statutes of the kinds that the law does not describe."""

    consulted: date
    source: str
    competences: dict[str, Competence]
    statutes: dict[str, tuple[str, str]]


@cache
def load_competences() -> Competences:
    read = tomllib.loads((Path(__file__).parent / "competences.toml").read_text("utf-8"))
    competences = {
        item["key"]: Competence(
            item["key"],
            item["title"],
            tuple(Law(**(line | {"kinds": tuple(line["kinds"])})) for line in item["law"]),
        )
        for item in read["competence"]
    }
    statutes = {kind: (item["source"], item["says"]) for item in read["statute"] for kind in item["kinds"]}
    return Competences(read["consulted"], read["source"], competences, statutes)


def founding_competences(kind: str) -> list[tuple[Competence, Law]]:
    """Competences of a newly founded territory of this kind, in the file's order."""
    return [pair for pair in possible_competences(kind) if pair[1].loaded]


def possible_competences(kind: str) -> list[tuple[Competence, Law]]:
    """Competences that this kind may exercise by law."""
    return [
        (c, law) for c in load_competences().competences.values() if (law := c.for_kind(kind)) is not None
    ]


def title(key: str) -> str:
    """Title of a competence; an unknown key is returned as is."""
    found = load_competences().competences.get(key)
    return found.title if found else key
