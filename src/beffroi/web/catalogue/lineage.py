"""Lineage of a dataset, displayed on its page: what it comes from and what it serves, by the rooms that know.

A room registers a function; in: a dataset and its reader; out: a `Lineage`. Facts are told to every reader of the
dataset; a fact has an address only where its reader may follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from beffroi.web.platform.models import Person

from .models import Dataset


@dataclass(frozen=True)
class Fact:
    """One fact in French, its address (empty: not for this reader), and a detail displayed next to it."""

    label: str
    url: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Lineage:
    """`comes_from` and `serves`; `trouble`: why the dataset is no longer up to date."""

    comes_from: tuple[Fact, ...] = ()
    serves: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""
    detach_url: str = ""
    """The address to which its owner posts to stop computing it."""


type LineageProvider = Callable[[Dataset, Person], Lineage]
_providers: list[LineageProvider] = []


def register(provider: LineageProvider) -> None:
    _providers.append(provider)


def of(dataset: Dataset, person: Person) -> Lineage:
    """The lineage that all rooms provide, merged."""
    found = [provider(dataset, person) for provider in _providers]
    return Lineage(
        tuple(fact for one in found for fact in one.comes_from),
        tuple(fact for one in found for fact in one.serves),
        tuple(note for one in found for note in one.notes),
        next((one.trouble for one in found if one.trouble), ""),
        next((one.detach_url for one in found if one.detach_url), ""),
    )
