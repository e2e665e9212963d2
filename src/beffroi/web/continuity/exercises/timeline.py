"""The clock of an exercise: minutes of its scenario from what the facilitator did, and where each inject stands.

In: a scenario and its events, oldest first (moments with their time zone). Out: minutes, moments, injects with their state.
Nothing ticks: a page that is closed, or a machine that stops, loses nothing and drifts by nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Literal

from beffroi.guides.runbook import Inject, Runbook

SPEEDS: Final = (1, 2, 5, 10, 60)
type Act = Literal[
    "start",
    "pause",
    "resume",
    "speed",
    "send",
    "postpone",
    "skip",
    "improvise",
    "reaction",
    "observation",
    "end",
]
type State = Literal["ready", "running", "paused", "ended"]


NEXT_STATE: Final[Mapping[str, State]] = {
    "start": "running",
    "resume": "running",
    "pause": "paused",
    "end": "ended",
}
"""The state that an act brings; the others change none."""


@dataclass(frozen=True)
class Event:
    """What somebody did: `data`: speed, key of an inject, minutes, text."""

    act: Act
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Segment:
    """From `begin` on, the scenario was at `minute` and went on `speed` times as fast as the clock on the wall; 0: paused."""

    begin: datetime
    minute: float
    speed: float


@dataclass(frozen=True)
class PlacedInject:
    """An inject where it stands: `minute`: of the scenario; `at`: when it was received, None where it was not."""

    inject: Inject
    minute: float
    state: Literal["coming", "delivered", "skipped"]
    at: datetime | None = None
    improvised: bool = False


class Timeline:
    """The course of one exercise."""

    def __init__(self, scenario: Runbook, events: Iterable[Event]) -> None:
        self.scenario = scenario
        self.events: Sequence[Event] = tuple(events)
        self.segments: Sequence[Segment] = tuple(_segments(self.events))

    @property
    def state(self) -> State:
        acts = (event.act for event in reversed(self.events) if event.act in NEXT_STATE)
        return NEXT_STATE.get(next(acts, ""), "ready")

    @property
    def speed(self) -> int:
        """How many times faster than the wall it goes, or will once it goes on."""
        return int(next((e.data["speed"] for e in reversed(self.events) if e.act == "speed"), 1))

    def minute_at(self, now: datetime) -> float:
        """Minutes of the scenario at a moment; 0 before it starts."""
        minute = 0.0
        for segment, after in pairwise((*self.segments, None)):
            if segment is None or segment.begin > now:
                break
            until = now if after is None else min(after.begin, now)
            minute = segment.minute + (until - segment.begin).total_seconds() / 60 * segment.speed
        return minute

    def moment_of(self, minute: float) -> datetime | None:
        """When the scenario reaches this minute, as its clock runs now; None while it does not run that far."""
        for segment, after in pairwise((*self.segments, None)):
            if segment is None or not segment.speed or minute < segment.minute:
                continue
            moment = segment.begin + timedelta(minutes=(minute - segment.minute) / segment.speed)
            if after is None or moment <= after.begin:
                return moment
        return None

    def injects(self, now: datetime) -> list[PlacedInject]:
        """Every inject, planned and improvised, in the order of the scenario."""
        placed = [self._placed(inject, now) for inject in self.scenario.injects]
        placed += [self._improvised(number, event) for number, event in enumerate(self._of("improvise"), 1)]
        return sorted(placed, key=lambda each: (each.minute, each.improvised))

    def delivered(self, now: datetime, role: str = "") -> list[PlacedInject]:
        """What players have received, the last first; of one role, with what is for everybody."""
        every = [each for each in self.injects(now) if each.state == "delivered"]
        own_rows = [each for each in every if not role or each.inject.role in ("", role)]
        return sorted(own_rows, key=lambda each: (each.at or now, each.minute), reverse=True)

    def _placed(self, inject: Inject, now: datetime) -> PlacedInject:
        minute = inject.minute
        for event in self.events:
            if event.data.get("inject") != inject.key:
                continue
            here = self.minute_at(event.at)
            if event.act == "send":
                return PlacedInject(inject, here, "delivered", event.at)
            if event.act == "skip":
                return PlacedInject(inject, minute, "skipped")
            if event.act == "postpone":
                minute = max(minute, here) + event.data["minutes"]
        at = self.moment_of(minute)
        received = at is not None and at <= now and (not self._end or at <= self._end)
        return PlacedInject(inject, minute, "delivered" if received else "coming", at if received else None)

    def _improvised(self, number: int, event: Event) -> PlacedInject:
        minute = self.minute_at(event.at)
        words = {
            key: event.data.get(key, "") for key in ("role", "medium", "sender", "title", "text", "expected")
        }
        inject = Inject(key=f"improvised_{number}", minute=minute, **words)
        return PlacedInject(inject, minute, "delivered", event.at, improvised=True)

    def _of(self, act: Act) -> list[Event]:
        return [event for event in self.events if event.act == act]

    @property
    def _end(self) -> datetime | None:
        return next((event.at for event in self.events if event.act == "end"), None)


def _segments(events: Iterable[Event]) -> Iterable[Segment]:
    last: Segment | None = None
    speed, running = 1.0, False
    for event in events:
        match event.act:
            case "start" | "resume":
                running = True
            case "pause" | "end":
                running = False
            case "speed":
                speed = float(event.data["speed"])
            case _:
                continue
        if last is None and not running:
            continue
        elapsed = (event.at - last.begin).total_seconds() / 60 * last.speed if last else 0.0
        last = Segment(event.at, last.minute + elapsed if last else 0.0, speed if running else 0.0)
        yield last
