"""Sections of the guides, which every member of a territory may find.

In: `register(sections)`, by whoever serves the guides. Out: a kind of results like the others.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from beffroi.language.search import Document
from beffroi.web.platform.models import Territory
from beffroi.web.ui import help as site_help

from .kinds import EVERYWHERE, Kind, Target


@dataclass(frozen=True)
class HelpSection:
    """A part of a guide: its title, its text without markup, its address on the site."""

    title: str
    text: str
    address: str


type Sections = Callable[[], Iterable[HelpSection]]
_sources: list[Sections] = []


def register(sections: Sections) -> None:
    """Have these sections found. They are asked for at each search: return the same objects as long as nothing changed."""
    if sections not in _sources:
        _sources.append(sections)


@cache
def sections_of_guides() -> tuple[HelpSection, ...]:
    """The guides that this installation serves, by section."""
    return tuple(
        HelpSection(" – ".join(filter(None, (part.title, part.section))), part.text, part.address)
        for part in site_help.sections()
    )


def _all_sections() -> dict[str, HelpSection]:
    return {section.address: section for sections in _sources for section in sections()}


def _documents() -> Iterable[Document]:
    for address, section in _all_sections().items():
        yield Document(EVERYWHERE, "help", address, section.title, card=(section.text,))


def _targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    if public:
        return {}
    return {key: Target(section.title, key) for key, section in _all_sections().items() if key in keys}


HELP = Kind(name="help", label="Aide", act="territory.enter", targets=_targets, shared=_documents, order=900)
