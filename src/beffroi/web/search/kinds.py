"""Kinds of things that may be found: each room registers its own.

In: for a kind, what is indexed of its things, and where each leads for somebody who may see it. A kind also says which models
it is made from: a row saved or deleted refreshes the entries of the things that it concerns, in the same transaction.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from beffroi.language.search import Document
from beffroi.web.platform.models import Territory

EVERYWHERE: Final = 0
"""The scope of the documents that territories share."""


@dataclass(frozen=True)
class Target:
    """Where a result leads, as the thing is now; `note`: one or two words beside its title."""

    title: str
    address: str
    note: str = ""


@dataclass(frozen=True)
class Origin:
    """A model of which a kind is made: the territory and the keys of the things that one of its rows concerns.

    `fields`: those that count, when a row is saved in part (none: all of them).
    """

    model: type[Any]
    resources: Callable[[Any], tuple[Territory, Collection[str]]]
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Kind:
    """`act`: what one needs to see them; `noun`: how a role names one when it is held to it (« dataset » in « dataset:12 »).

    `documents(territory, keys)`: what is indexed, of all when `keys` is None. `targets(territory, keys, public)`: those of
    these keys that are there and open (for `public`: published), by key; the right is asked by who calls. `shared()`: what
    every territory has alike (systems installed, guides), indexed in memory; the targets tell whether it is open in one.
    `act_of(key)`: what one needs to see this one, where each thing has its own act.
    """

    name: str
    label: str
    act: str
    targets: Callable[[Territory, Collection[str], bool], Mapping[str, Target]]
    documents: Callable[[Territory, Collection[str] | None], Iterable[Document]] = lambda territory, keys: ()
    origins: tuple[Origin, ...] = ()
    shared: Callable[[], Iterable[Document]] = tuple
    noun: str = ""
    order: int = 100
    act_of: Callable[[str], str] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    from . import indexing

    _kinds[kind.name] = kind
    indexing.follow(kind)


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.order)


def acts() -> list[str]:
    """The acts that let one find something."""
    return list(dict.fromkeys(kind.act for kind in _kinds.values()))
