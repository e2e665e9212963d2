"""Where a dataset comes from and what it serves for, told on its page by the rooms that know.

A room registers a function; in: a dataset and its reader; out: a `Lineage`. Facts are told to every reader of the
dataset; a fact has an address only where its reader may follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from beffroi.web.platform.models import Person

from .models import Dataset


@dataclass(frozen=True)
class Fact:
    """One thing named in French, where it is seen (empty: not by this reader), and what is said beside it."""

    label: str
    url: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Lineage:
    """`comes_from` and `serves`; `trouble`: why the dataset is no longer up to date."""

    comes_from: tuple[Fact, ...] = ()
    serves: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    trouble: str = ""
    let_go: str = ""
    """The address to which its keeper posts to have it no longer computed."""


type Tells = Callable[[Dataset, Person], Lineage]
_tells: list[Tells] = []


def register(tells: Tells) -> None:
    _tells.append(tells)


def of(dataset: Dataset, person: Person) -> Lineage:
    """What all rooms say of it, together."""
    found = [tells(dataset, person) for tells in _tells]
    return Lineage(
        tuple(fact for one in found for fact in one.comes_from),
        tuple(fact for one in found for fact in one.serves),
        tuple(note for one in found for note in one.notes),
        next((one.trouble for one in found if one.trouble), ""),
        next((one.let_go for one in found if one.let_go), ""),
    )
