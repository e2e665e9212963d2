"""What the wall of the crisis director shows on one screen: clocks, who is on duty, last decisions, services by state, next point.

Rooms and nouns that know how services are register a callable; an exercise never asks them, so that no real state is mixed in.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from beffroi.text import fold_name
from beffroi.web.guides.presenting import RunningClock
from beffroi.web.platform.models import Territory

from ..models import Crisis
from . import journal, legal_clocks, roles, service_states
from .service_states import State

STATES: Final[dict[State, str]] = {"stopped": "arrêté", "degraded": "dégradé", "works": "marche"}
FACTS_SOURCE: Final = "d'après les faits établis de la crise"
MOST_CLOCKS: Final = 4
MOST_DECISIONS: Final = 5
MOST_SERVICES: Final = 14


@dataclass(frozen=True)
class ServiceState:
    """How a service is for residents; `since`: None where nobody knows; `source`: where that is read; `reported_at`: when it was said."""

    name: str
    state: State
    since: datetime | None = None
    note: str = ""
    source: str = ""
    reported_at: datetime | None = None

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
    """Services of which something is said, the stopped ones first; of each what was said last. An exercise asks no real source."""
    found: dict[str, ServiceState] = {}
    reported = [
        ServiceState(each.name, each.state, each.at, source=FACTS_SOURCE, reported_at=each.at)
        for each in service_states.reported_states(crisis)
    ]
    known = [] if crisis.is_exercise else [each for states in _services for each in states(crisis.territory)]
    for each in [*known, *reported]:
        before = found.get(fold_name(each.name))
        if (
            before is None
            or before.reported_at is None
            or (each.reported_at and each.reported_at >= before.reported_at)
        ):
            found[fold_name(each.name)] = each
    order = list(STATES)
    return sorted(found.values(), key=lambda each: (order.index(each.state), fold_name(each.name)))


def sources(states: Iterable[ServiceState]) -> str:
    """« D'après la page des habitants, publiée le … »."""
    found = " ; ".join(dict.fromkeys(each.source for each in states if each.source))
    return found[:1].upper() + found[1:]


@dataclass(frozen=True)
class WallContent:
    """One screen; what does not fit on it is counted. `unknown`: services of the register of which nothing is said."""

    clocks: list[RunningClock]
    roles: list[roles.RoleRow]
    decisions: list[journal.JournalEntry]
    services: list[ServiceState]
    more_services: int
    services_source: str
    unknown: list[str]
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
        _unknown(crisis, every),
        dict(counts),
        crisis.next_point_at,
        crisis.next_point_at is not None and crisis.next_point_at < now,
    )


def _unknown(crisis: Crisis, known: Iterable[ServiceState]) -> list[str]:
    reported = {fold_name(each.name) for each in known}
    return [name for name in service_states.names(crisis.territory) if fold_name(name) not in reported]
