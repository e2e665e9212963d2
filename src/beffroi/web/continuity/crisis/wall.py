"""What the wall of the crisis director shows on one screen: clocks, who is on duty, last decisions, services by state, next point.

Rooms and nouns that know how services are register a callable; an exercise never asks them, so that no real state is mixed in.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.utils import timezone

from beffroi.web.guides.models import answers_of
from beffroi.web.guides.presenting import RunningClock
from beffroi.web.platform.models import Territory

from ..models import Crisis
from . import journal, legal_clocks, roles

type State = Literal["stopped", "degraded", "works"]
STATES: Final[dict[State, str]] = {"stopped": "arrêté", "degraded": "dégradé", "works": "marche"}
FACTS_SOURCE: Final = "d'après les faits établis de la crise"
MOST_CLOCKS: Final = 4
MOST_DECISIONS: Final = 5
MOST_SERVICES: Final = 14


@dataclass(frozen=True)
class ServiceState:
    """How a service is for residents; `since`: None where nobody knows; `source`: where that is read, with its day."""

    name: str
    state: State
    since: datetime | None = None
    note: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        return STATES[self.state]


type ServiceStates = Callable[[Territory], Iterable[ServiceState]]
_services: list[ServiceStates] = []


def register_services(states: ServiceStates) -> None:
    """Have the wall and the points of situation show the services that this callable knows, as they really are now."""
    if states not in _services:
        _services.append(states)


def services(crisis: Crisis) -> list[ServiceState]:
    """Services, the stopped ones first; without a registered source, or in an exercise, as the facts of the crisis say."""
    found: dict[str, ServiceState] = {}
    if not crisis.is_exercise:
        for states in _services:
            found |= {each.name: each for each in states(crisis.territory)}
    if not found and crisis.facts is not None:
        facts = answers_of(crisis.facts)
        for key, state in (
            ("services_running", "works"),
            ("services_degraded", "degraded"),
            ("services_stopped", "stopped"),
        ):
            found |= {name: ServiceState(name, state, source=FACTS_SOURCE) for name in facts.get(key) or ()}  # type: ignore[arg-type]
    order = list(STATES)
    return sorted(found.values(), key=lambda each: (order.index(each.state), each.name))


def sources(states: Iterable[ServiceState]) -> str:
    """« D'après la page des habitants, publiée le … »."""
    found = " ; ".join(dict.fromkeys(each.source for each in states if each.source))
    return found[:1].upper() + found[1:]


@dataclass(frozen=True)
class WallContent:
    """One screen; what does not fit on it is counted."""

    clocks: list[RunningClock]
    roles: list[roles.RoleRow]
    decisions: list[journal.JournalEntry]
    services: list[ServiceState]
    more_services: int
    services_source: str
    counts: dict[str, int]
    next_point_at: datetime | None
    is_late: bool


def content(crisis: Crisis) -> WallContent:
    """What the wall shows now."""
    now, every = timezone.now(), services(crisis)
    counts: Counter[str] = Counter(each.words for each in every)
    return WallContent(
        legal_clocks.clocks(crisis)[:MOST_CLOCKS],
        roles.current_roles(crisis),
        journal.decisions(crisis, MOST_DECISIONS),
        every[:MOST_SERVICES],
        max(0, len(every) - MOST_SERVICES),
        sources(every),
        dict(counts),
        crisis.next_point_at,
        crisis.next_point_at is not None and crisis.next_point_at < now,
    )
