"""The things that a role may be held to and that a person may leave behind: rooms above say which they have.

In: for each noun (« dataset », « system ») a list of all, and of what a person answers for. Out: choices of a form,
labels on a page, and what must be handed over when somebody leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..models import Person, Territory


@dataclass(frozen=True)
class Thing:
    """One thing: its key (« dataset:12 »), its name, its page."""

    key: str
    label: str
    url: str


@dataclass(frozen=True)
class Noun:
    """What a room has: `every` lists all of a territory's, `left_by` those that a person answers for by name."""

    noun: str
    label: str
    every: Callable[[Territory], list[Thing]]
    left_by: Callable[[Territory, Person], list[Thing]]


_nouns: dict[str, Noun] = {}


def register(noun: Noun) -> None:
    _nouns[noun.noun] = noun


def nouns() -> list[Noun]:
    return list(_nouns.values())


def every(territory: Territory, noun: str) -> list[Thing]:
    """All the things of this noun; none when no room has it."""
    return _nouns[noun].every(territory) if noun in _nouns else []


def labels(territory: Territory) -> dict[str, str]:
    """The name of each thing by its key."""
    return {thing.key: thing.label for noun in _nouns for thing in every(territory, noun)}


def left_by(territory: Territory, person: Person) -> list[tuple[str, Thing]]:
    """What this person answers for, with what it is: to be handed over."""
    return [(noun.label, thing) for noun in _nouns.values() for thing in noun.left_by(territory, person)]
