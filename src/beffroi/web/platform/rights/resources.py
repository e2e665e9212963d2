"""Resources that a role may be limited to, or that a person answers for: rooms above register their kinds.

In: for each noun (« dataset », « system ») a list of all, and of what a person answers for. Out: choices of a form,
labels on a page, and what must be handed over when somebody leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..models import Person, Territory


@dataclass(frozen=True)
class Resource:
    """One thing: its key (« dataset:12 »), its name, its page."""

    key: str
    label: str
    url: str


@dataclass(frozen=True)
class ResourceKind:
    """What a room has: `list_resources` lists all of a territory's, `left_by` those that a person answers for by name."""

    noun: str
    label: str
    list_resources: Callable[[Territory], list[Resource]]
    left_by: Callable[[Territory, Person], list[Resource]]


_nouns: dict[str, ResourceKind] = {}


def register(noun: ResourceKind) -> None:
    _nouns[noun.noun] = noun


def nouns() -> list[ResourceKind]:
    return list(_nouns.values())


def list_resources(territory: Territory, noun: str) -> list[Resource]:
    """All the things of this noun; none when no room has it."""
    return _nouns[noun].list_resources(territory) if noun in _nouns else []


def labels(territory: Territory) -> dict[str, str]:
    """The name of each thing by its key."""
    return {resource.key: resource.label for noun in _nouns for resource in list_resources(territory, noun)}


def left_by(territory: Territory, person: Person) -> list[tuple[str, Resource]]:
    """What this person answers for, with what it is: to be handed over."""
    return [
        (noun.label, resource) for noun in _nouns.values() for resource in noun.left_by(territory, person)
    ]
