"""Banner of what runs badly (a crisis, an incident) on every page of a member, with the nearest legal deadline. Rooms above register it.

In: the rows that a room watches, what it says of them to a person. Out: one banner. Where nothing runs, one query a request.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from . import feature_switches, home_signals, scope
from .models import Person, Territory

MOST: Final = 3


@dataclass(frozen=True)
class Emergency:
    """What runs, and where it is conducted. `due`: its nearest legal deadline in words; `about`: the stored thing that it is about.

    Of two emergencies about the same thing, the one registered first is shown.
    """

    title: str
    url: str
    about: str = ""
    deadline: datetime | None = None
    due: str = ""


@dataclass(frozen=True)
class Banner:
    """One line: what runs, the nearest deadline, how many more run."""

    emergencies: list[Emergency]
    due: str
    more: int


type EmergencyMaker = Callable[[Person, Territory], Iterable[Emergency]]
"""What this person may know of what runs: nothing for who may know nothing."""

_makers: dict[str, tuple[int, EmergencyMaker]] = {}


def register(signal: str, order: int, maker: EmergencyMaker) -> None:
    """`signal`: the key of `home_signals` without whose rows `maker` is not called; `order`: the lowest is shown first."""
    _makers[signal] = (order, maker)


def banner_for(person: Person, territory: Territory) -> Banner | None:
    """The banner of this person's pages in a territory; None while nothing runs that they may know of."""
    here = {
        signal: (order, maker)
        for signal, (order, maker) in _makers.items()
        if feature_switches.card_is_open(territory, maker.__module__)
    }
    with scope.inside(territory):
        signals = home_signals.read_signals(territory, tuple(sorted(here)))
        running = [each for signal, each in here.items() if signals[signal]]
        found: dict[str, Emergency] = {}
        for _, maker in sorted(running, key=lambda each: each[0]):
            for each in maker(person, territory):
                found.setdefault(each.about or each.url, each)
    if not found:
        return None
    every = list(found.values())
    deadlines = [(each.deadline, each.due) for each in every if each.deadline is not None]
    return Banner(every[:MOST], min(deadlines)[1] if deadlines else "", max(0, len(every) - MOST))
