"""First steps of a new territory: what its home page ticks by itself until all is done. Rooms above register them.

In: the person who runs the place. Out: each step with whether it is done, and the page where it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from . import feature_switches
from .models import Person, Territory
from .rights import may


@dataclass(frozen=True)
class FirstStep:
    """One tick: `done` is read from what the territory holds, never from a box that somebody ticked."""

    title: str
    text: str
    url: str
    done: bool
    order: int


type StepMaker = Callable[[Territory], FirstStep]

_makers: list[StepMaker] = []


def register(maker: StepMaker) -> None:
    if maker not in _makers:
        _makers.append(maker)


def concern(person: Person, territory: Territory) -> bool:
    """Whether the first steps are this person's: who settles a real territory."""
    return not territory.is_fictional and may(person, "territory.settings", territory)


def steps_of(territory: Territory) -> list[FirstStep]:
    """The steps in their order, without those of rooms that are closed here; none once all are done."""
    here = [maker for maker in _makers if feature_switches.card_is_open(territory, maker.__module__)]
    steps = sorted((maker(territory) for maker in here), key=lambda step: step.order)
    return [] if all(step.done for step in steps) else steps
